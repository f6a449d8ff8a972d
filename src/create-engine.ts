import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import { checkedOptions, optionError } from "./authoring/option-checks.js";
import { BullmqEngine } from "./bullmq/bullmq-engine.js";
import { checkedEngineOptions, ENGINE_OPTIONS, type EngineSetup } from "./bullmq/engine-options.js";
import { type EngineRunOptions, type RunShelf, runCarrier } from "./carry-out-run.js";
import { redisChannelAt, redisChannelOf } from "./channel-for-workers.js";
import { InvalidOptionError } from "./core/errors.js";
import { assertRunnable } from "./core/graph-problem.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { checkedCheckpointPolicy, checkedRunSettings } from "./engine/options.js";
import { type CheckpointOptions, type ExecutionOptions, handlersOf, policyOf, runnerOf, storesOf } from "./execution-options.js";
import type { CheckpointLocation } from "./open-store.js";
import type { RedisChannel } from "./redis/redis-channel.js";

const RUN_OPTIONS = ["maxSteps", "defaultMaxCycles", "defaultRetry", "handlers", "runner", "events", "logger"] as const;
const WHO = "createEngine";

/** How an engine is set up. */
export interface EngineOptions extends EngineSetup, Pick<ExecutionOptions, Exclude<(typeof RUN_OPTIONS)[number], "logger">> {
  /** The workflows whose runs it takes: what `workflow()` gave, or classes with `@task` methods. */
  readonly workflows: readonly Runnable[];
  /** Where its runs are stored, the same for all engines of the queue: `redis://`, `s3://`, `postgres://`, or a folder for engines of one machine. */
  readonly checkpoints: CheckpointLocation | Omit<CheckpointOptions, "onSignal">;
  /** When a run's data is stored: each step before it counts (the default), or with each checkpoint. */
  readonly durability?: "step" | "checkpoint";
  /** How many tasks of one run may run at once; no limit unless given. */
  readonly taskConcurrency?: number;
  /** The state of the runs. With a `bullmqRunner` it is made of `connection` unless given, if that is an address; else runs have it in their memory. */
  readonly channel?: RedisChannel;
}

/**
 * Starts an engine: it runs what is submitted to its queue, and goes on with runs of engines that died, from their last step.
 *
 * ```ts
 * const connection = "redis://127.0.0.1:6379";
 * const engine = await createEngine({ connection, queue: "orders", workflows: [training], checkpoints: connection });
 * process.once("SIGTERM", () => engine.close({ graceMs: 30_000 }));
 * ```
 *
 * Throws `DefinitionError`s for options that do not fit, `StoreUnavailableError` if there is no Redis, `CheckpointStorageError`,
 * `UnsafeRedisConfigError`, `MissingPackageError`.
 */
export async function createEngine(options: EngineOptions): Promise<BullmqEngine> {
  const own = [...ENGINE_OPTIONS, ...RUN_OPTIONS, "checkpoints", "durability", "taskConcurrency", "channel"];
  const { workflows, checkpoints, channel, ...others } = checkedOptions<EngineOptions>(options, own, WHO);
  const definitions = Array.isArray(workflows) ? workflows.map((one: Runnable) => definitionOf(one)) : [];
  const run = runOptionsOf(others);
  for (const definition of definitions) checkRuns(definition, run);
  const { shelf, ownStores } = shelfOf(checkpoints);
  const made = channel === undefined && run.runner?.kind === "bullmq" ? redisChannelAt(others.connection, WHO) : null;
  const used = made ?? (channel === undefined ? null : redisChannelOf(channel, WHO));
  const onClosed = async (): Promise<void> => {
    await made?.close();
    for (const store of ownStores) await store.close();
  };
  const carryOut = runCarrier(shelf, { ...run, ...(used === null ? {} : { channel: used }) });
  const settings = checkedEngineOptions({ ...others, workflows: definitions, carryOut, onClosed });
  try {
    await shelf.store.open();
    return await BullmqEngine.start(settings);
  } catch (error) {
    await onClosed().catch(() => {});
    throw error;
  }
}

/** The options that each run gets, checked now rather than by the first run. */
function runOptionsOf(options: Omit<EngineOptions, "workflows" | "checkpoints" | "channel">): EngineRunOptions {
  const { durability = "step", taskConcurrency } = options;
  if (durability !== "step" && durability !== "checkpoint")
    throw optionError(`option durability of ${WHO}`, durability, '"step" or "checkpoint"');
  const given = RUN_OPTIONS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  const run: EngineRunOptions = {
    ...Object.fromEntries(given),
    durability,
    ...(taskConcurrency === undefined ? {} : { concurrency: taskConcurrency }),
  };
  checkedRunSettings(run);
  runnerOf(run);
  return run;
}

function checkRuns(definition: WorkflowDefinition, run: EngineRunOptions): void {
  assertRunnable(definition.graph, undefined);
  handlersOf(definition, run);
}

function shelfOf(checkpoints: EngineOptions["checkpoints"]): {
  readonly shelf: RunShelf;
  readonly ownStores: ReturnType<typeof storesOf>["ownStores"];
} {
  const { store, ownStores } = storesOf(checkpoints === undefined ? {} : { checkpoints });
  if (store === null || store.kind === "memory") {
    const found = store === null ? "missing" : "a memory store";
    throw new InvalidOptionError(
      `option checkpoints of ${WHO} is ${found}: expected a store that other engines reach, to go on with its runs; give "redis://", "s3://" or "postgres://" and an address, or a folder for engines of one machine.`,
    );
  }
  const { store: _, codec: __, onSignal, ...policy } = { store: null, codec: null, onSignal: undefined, ...policyOf({ checkpoints }) };
  if (onSignal !== undefined) {
    throw new InvalidOptionError(
      `option checkpoints.onSignal is none of ${WHO}: a signal would stop runs which the engine takes again; call engine.close() at the signal.`,
    );
  }
  checkedCheckpointPolicy(policy);
  return { shelf: { store, policy }, ownStores };
}
