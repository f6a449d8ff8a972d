/** Task bodies and whole runs on other machines: jobs of BullMQ, done by workers and engines. Needs the packages `bullmq` and `ioredis`. */
import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import { BullmqWorker } from "./bullmq/bullmq-worker.js";
import type { RunHandle } from "./bullmq/run-handle.js";
import { type InputOf, type OutputOf, RunQueue, type SubmitArguments, type Submittable } from "./bullmq/run-queue.js";
import { checkedRunQueueOptions, type RunQueueOptions, type SubmitOptions, splitSubmitOptions } from "./bullmq/run-queue-options.js";
import type { WorkerSetup } from "./bullmq/worker-options.js";
import { redisChannelAt, redisChannelOf } from "./channel-for-workers.js";
import type { RedisChannel } from "./redis/redis-channel.js";

export type { BullmqEngine } from "./bullmq/bullmq-engine.js";
export { type BullmqRunner, bullmqRunner } from "./bullmq/bullmq-runner.js";
export type { BullmqWorker, CloseOptions } from "./bullmq/bullmq-worker.js";
export type { RedisConnection, RedisPlace, RedisToCopy } from "./bullmq/connection.js";
export type { EngineSetup, RunLimit } from "./bullmq/engine-options.js";
export type { BullmqEngineStats } from "./bullmq/engine-stats.js";
export type { ResultOptions, RunHandle } from "./bullmq/run-handle.js";
export type { InputOf, OutputOf, RunQueue, SubmitArguments, Submittable } from "./bullmq/run-queue.js";
export type { RunQueueOptions, SubmitOptions } from "./bullmq/run-queue-options.js";
export type { QueuedRunState, RunCounts } from "./bullmq/run-states.js";
export type { BullmqRunnerOptions } from "./bullmq/runner-options.js";
export type { BullmqRunnerStats } from "./bullmq/runner-stats.js";
export type { WorkerSetup } from "./bullmq/worker-options.js";
export type { BullmqWorkerStats } from "./bullmq/worker-stats.js";
export { createEngine, type EngineOptions } from "./create-engine.js";

/** How a worker is set up. */
export interface WorkerOptions extends WorkerSetup {
  /** The workflows whose tasks it runs: what `workflow()` gave, or classes with `@task` methods. */
  readonly workflows: readonly Runnable[];
  /** The channel that the runs have, with the same server and prefix: bodies read it. Made of `connection` unless given, if that is an address. */
  readonly channel?: RedisChannel;
}

/**
 * Starts a worker: it runs the bodies of tasks that runs with a `bullmqRunner` send to its queue.
 *
 * ```ts
 * const worker = await createWorker({ connection: "redis://127.0.0.1:6379", queue: "training", workflows: [training], concurrency: 50 });
 * process.once("SIGTERM", () => worker.close());
 * ```
 *
 * Throws `DefinitionError`s for options that do not fit, `StoreUnavailableError` if there is no Redis, `UnsafeRedisConfigError`,
 * `MissingPackageError`.
 */
export async function createWorker({ workflows, channel, ...setup }: WorkerOptions): Promise<BullmqWorker> {
  const own = channel === undefined ? redisChannelAt(setup.connection, "createWorker") : null;
  const read = own ?? redisChannelOf(channel, "createWorker");
  const options = {
    ...setup,
    workflows: Array.isArray(workflows) ? workflows.map((one: Runnable) => definitionOf(one)) : [],
    channelOf: (runId: string) => read.reader(runId),
    onClosed: async () => void (await own?.close()),
  };
  try {
    return await BullmqWorker.start(options);
  } catch (error) {
    await own?.close();
    throw error;
  }
}

/**
 * Where runs are submitted for engines to run, and asked after. It connects when it is first used, and keeps the process alive until it is closed.
 *
 * ```ts
 * const runs = runQueue({ connection: "redis://127.0.0.1:6379", queue: "orders" });
 * const handle = await runs.submit(training, "iris.csv", { runId: "r1" });
 * console.log((await handle.result()).output);
 * await runs.close();
 * ```
 *
 * Throws `InvalidOptionError`. Its methods throw `StoreUnavailableError` if there is no Redis, `UnsafeRedisConfigError` and `MissingPackageError`.
 */
export const runQueue = (options: RunQueueOptions): RunQueue => new RunQueue(checkedRunQueueOptions(options));

/**
 * Submits one run, as `runQueue().submit` does, and closes the connection. The handle connects again for as long as it is used.
 *
 * ```ts
 * const handle = await submit(training, "iris.csv", { connection: "redis://127.0.0.1:6379", queue: "orders", runId: "r1" });
 * ```
 */
export async function submit<Target extends Submittable>(
  target: Target,
  input: InputOf<Target>,
  options: RunQueueOptions & SubmitOptions,
): Promise<RunHandle<OutputOf<Target>>> {
  const { place, submit } = splitSubmitOptions(options);
  const runs = new RunQueue(checkedRunQueueOptions(place, "submit"), false);
  return runs.submit(target, ...([input, submit] as SubmitArguments<InputOf<Target>, SubmitOptions>));
}
