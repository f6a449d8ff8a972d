import { withCodec } from "./codec/coded-store.js";
import type { RunChannelBackend } from "./core/channel.js";
import type { ReplicatedChannel } from "./core/channel-replica.js";
import type { CheckpointStore } from "./core/checkpoint.js";
import type { Host } from "./core/clock.js";
import { InvalidOptionError } from "./core/errors.js";
import { quoted } from "./core/ids.js";
import type { ResumeStrategy } from "./core/resume-strategy.js";
import type { StoreCodec } from "./core/store-codec.js";
import { type RunChannel, StoredChannel } from "./core/stored-channel.js";
import type { TaskRunner } from "./core/task-runner.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { ChannelMirror } from "./engine/channel-mirror.js";
import { CheckpointHistory } from "./engine/checkpoint-history.js";
import type { CheckpointPolicyOptions, RunOptions } from "./engine/options.js";
import type { RunWiring } from "./engine/run-wiring.js";
import { systemHost } from "./host/system-host.js";
import { MemoryChannel, MemoryChannelBackend } from "./memory/memory-channel.js";
import { type CheckpointLocation, storeAt } from "./open-store.js";

/** Where and when checkpoints are stored. */
export interface CheckpointOptions extends CheckpointPolicyOptions {
  readonly store: CheckpointLocation;
  /** How stored bytes are compressed or encrypted; not at all unless given. Several are applied in order. */
  readonly codec?: StoreCodec | readonly StoreCodec[];
  /** Signals of the process at which a run stops in good order: it drains and stores a checkpoint. A second one ends the process. */
  readonly onSignal?: readonly StopSignal[];
}

export type StopSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

/** How a run is wired. */
export interface ExecutionOptions extends RunOptions {
  /** The id of the run; a fresh one unless given. */
  readonly runId?: string;
  /** The task to start with, in a graph that has several. */
  readonly start?: string;
  /** What `ctx.random` and `ctx.uuid` are derived from; a fresh id unless given. */
  readonly seed?: string | number;
  /** The run's state; a `MemoryChannel` unless given. */
  readonly channel?: RunChannel | ReplicatedChannel;
  /** A folder, `memory:`, or where and when checkpoints are stored. */
  readonly checkpoints?: CheckpointLocation | CheckpointOptions;
  /** Where the bodies of tasks run; in this thread unless given. */
  readonly runner?: TaskRunner;
  /** Makes ids of runs and checkpoints; nanoid unless given. */
  readonly newId?: () => string;
}

/** Which checkpoint a run is resumed from, and how it is wired from there on. */
export interface ResumeOptions extends Omit<ExecutionOptions, "runId" | "start" | "seed"> {
  /** Where the checkpoints are. Unless `checkpoints` says otherwise, new ones go there too. */
  readonly from: CheckpointLocation;
  readonly runId: string;
  /** The id or name of a checkpoint; the newest unless given. */
  readonly at?: string;
  /** What is done with failed, interrupted and completed tasks, and with damage. */
  readonly strategy?: ResumeStrategy;
  /** Takes the run over even if its owner seems to be alive; that owner cannot commit any more. */
  readonly takeOver?: boolean;
}

/** Which checkpoint a new run goes on from, with which edits, and how it is wired. */
export interface ForkOptions extends Omit<ResumeOptions, "channel" | "takeOver"> {
  /** Values to set in the channel of the new run, by key; `undefined` removes one. */
  readonly channel?: Readonly<Record<string, unknown>>;
  /** The id of the new run; a fresh one unless given. */
  readonly newRunId?: string;
  /** The channel of the new run; a `MemoryChannel` unless given. */
  readonly newChannel?: RunChannel | ReplicatedChannel;
}

/** The options that a run and a resume have in common. */
export const RUN_OPTIONS: readonly string[] = [
  ...["maxSteps", "defaultMaxCycles", "defaultRetry", "concurrency", "graceMs", "durability", "handlers", "runner", "clock", "random"],
  ...["events", "logger", "telemetry", "signal", "channel", "checkpoints", "newId"],
];

export function hostOf({ clock, newId }: ExecutionOptions): Host {
  return systemHost(clock, newId);
}

/** The stores of a run, and which of them were opened for it alone: those named by a text. */
export interface RunStores {
  readonly store: CheckpointStore | null;
  readonly ownStores: readonly CheckpointStore[];
}

/** The store new checkpoints go to: the one in `checkpoints`, or none. */
export function storesOf(options: ExecutionOptions): RunStores;
/** The store resumed from, and the one new checkpoints go to: the one in `checkpoints`, else the same. */
export function storesOf(options: ExecutionOptions, from: CheckpointLocation): RunStores & { readonly source: CheckpointStore };
export function storesOf(
  { checkpoints }: ExecutionOptions,
  from?: CheckpointLocation,
): RunStores & { readonly source: CheckpointStore | null } {
  const source = from === undefined ? null : storeAt(from);
  const { store: to, codec } = checkpoints === undefined || isPolicy(checkpoints) ? (checkpoints ?? {}) : { store: checkpoints };
  const other = to === undefined ? source : storeAt(to);
  const isSame =
    source !== null && other !== null && other.kind === source.kind && other.kind !== "memory" && other.location === source.location;
  if (isSame && codec !== undefined) throw codecInPlace(source);
  const store = isSame ? source : other !== null && codec !== undefined ? withCodec(other, codec) : other;
  const opened = [...(typeof from === "string" ? [source] : []), ...(typeof to === "string" && !isSame ? [other] : [])];
  return { source, store, ownStores: opened.filter((one) => one !== null) };
}

/** One run, half of it encoded, could not be read with any one option. */
const codecInPlace = ({ location }: CheckpointStore): InvalidOptionError =>
  new InvalidOptionError(
    `option checkpoints.codec is given for ${location}, which the run is resumed from: to go on with a codec there, give from: openCheckpointStore(${JSON.stringify(location)}, { codec }) and leave checkpoints.codec out.`,
  );

export const policyOf = ({ checkpoints }: ExecutionOptions): CheckpointPolicyOptions =>
  checkpoints !== undefined && isPolicy(checkpoints) ? checkpoints : {};

/** Whether this says more than where checkpoints are. */
export const isPolicy = (checkpoints: CheckpointLocation | CheckpointOptions): checkpoints is CheckpointOptions =>
  typeof checkpoints === "object" &&
  checkpoints !== null &&
  !("acquire" in checkpoints) &&
  "store" in checkpoints &&
  !(checkpoints instanceof CheckpointHistory);

const STOP_SIGNALS: readonly unknown[] = ["SIGTERM", "SIGINT", "SIGHUP"] satisfies StopSignal[];

export function signalsOf({ checkpoints }: ExecutionOptions): readonly StopSignal[] {
  const signals: unknown = checkpoints !== undefined && isPolicy(checkpoints) ? (checkpoints.onSignal ?? []) : [];
  if (Array.isArray(signals) && signals.every((signal) => STOP_SIGNALS.includes(signal))) return signals as StopSignal[];
  throw new InvalidOptionError(
    `option checkpoints.onSignal is not a list of signals to stop at: expected some of ${STOP_SIGNALS.join(", ")}.`,
  );
}

export function seedText(seed: string | number | undefined): string | null {
  if (seed === undefined) return null;
  if (typeof seed === "string" || Number.isFinite(seed)) return String(seed);
  throw new InvalidOptionError(`option seed is ${quoted(seed)}: expected a text or a finite number.`);
}

/** The channel of a run. One that is repeated elsewhere is kept here as in a memory channel. */
export function channelOf({ channel }: ExecutionOptions, runId: string): Pick<RunWiring, "channel" | "mirror"> {
  if (channel === undefined) return { channel: new MemoryChannel<object>(), mirror: null };
  if (isReplicated(channel)) {
    const mirror = new ChannelMirror(new MemoryChannelBackend(), channel.kind, channel.forRun(runId));
    return { channel: new StoredChannel<object, RunChannelBackend>(mirror, channel.schemas), mirror };
  }
  if (channel instanceof StoredChannel) return { channel: channel as RunWiring["channel"], mirror: null };
  throw new InvalidOptionError("option channel is not a channel: expected a MemoryChannel or another channel of this library.");
}

const isReplicated = (channel: RunChannel | ReplicatedChannel): channel is ReplicatedChannel =>
  typeof channel === "object" && channel !== null && "forRun" in channel;

export function runnerOf({ runner }: ExecutionOptions): TaskRunner | null {
  if (runner === undefined) return null;
  if (typeof runner?.run === "function") return runner;
  throw new InvalidOptionError("option runner is not a runner: expected one of this library, as bullmqRunner or threadRunner make them.");
}

export function handlersOf(definition: WorkflowDefinition, { handlers = {} }: ExecutionOptions): RunWiring["handlers"] {
  const known = new Map(Object.entries(handlers));
  for (const { task } of definition.registry.entries()) {
    const { handler } = task.settings;
    if (handler === "inline" || known.has(handler) || definition.rehearsal?.bodies.has(task)) continue;
    const named = [...known.keys(), "inline"].map(quoted).join(", ");
    throw new InvalidOptionError(
      `task ${quoted(task.name)} names the handler ${quoted(handler)}, which the run does not have (it has ${named}): pass it as handlers: { ${JSON.stringify(handler)}: ... }.`,
    );
  }
  return known;
}
