/** Task bodies on other machines: jobs of BullMQ, run by workers. Needs the packages `bullmq` and `ioredis`. */
import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import { BullmqWorker } from "./bullmq/bullmq-worker.js";
import type { WorkerSetup } from "./bullmq/worker-options.js";
import { InvalidOptionError } from "./core/errors.js";
import { RedisChannel } from "./redis/redis-channel.js";

export { type BullmqRunner, bullmqRunner } from "./bullmq/bullmq-runner.js";
export type { BullmqWorker, CloseOptions } from "./bullmq/bullmq-worker.js";
export type { RedisConnection, RedisPlace, RedisToCopy } from "./bullmq/connection.js";
export type { BullmqRunnerOptions } from "./bullmq/runner-options.js";
export type { BullmqRunnerStats } from "./bullmq/runner-stats.js";
export type { WorkerSetup } from "./bullmq/worker-options.js";
export type { BullmqWorkerStats } from "./bullmq/worker-stats.js";

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
  const own = channel === undefined ? channelAt(setup.connection) : null;
  const read = own ?? channelOf(channel);
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

function channelOf(channel: unknown): RedisChannel {
  if (channel instanceof RedisChannel) return channel;
  throw new InvalidOptionError(
    'option channel of createWorker is no RedisChannel: expected one of "cairnflow/redis", as the runs have it.',
  );
}

function channelAt(connection: unknown): RedisChannel {
  if (typeof connection === "string") return new RedisChannel({ url: connection });
  throw new InvalidOptionError(
    'option channel of createWorker is missing, and connection is no address to make one of: pass channel: new RedisChannel({ url }) of "cairnflow/redis".',
  );
}
