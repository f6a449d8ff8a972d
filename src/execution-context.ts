import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import type { ChannelState, RunChannelBackend } from "./core/channel.js";
import type { CheckpointInfo, CheckpointStore } from "./core/checkpoint.js";
import type { Host } from "./core/clock.js";
import { InvalidOptionError } from "./core/errors.js";
import { assertRunnable, singleStart } from "./core/graph-problem.js";
import { hash128 } from "./core/hash.js";
import { checkedId, quoted } from "./core/ids.js";
import type { JournalStore } from "./core/journal.js";
import { RunState } from "./core/run-state.js";
import { readRunState } from "./core/state-read.js";
import { Step } from "./core/step.js";
import { StoredChannel } from "./core/stored-channel.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { CheckpointHistory } from "./engine/checkpoint-history.js";
import { Checkpointer, type CheckpointOrigin } from "./engine/checkpointer.js";
import { RunEventHub } from "./engine/events.js";
import { type CheckpointPolicyOptions, checkedCheckpointPolicy, checkedRunSettings, type RunOptions } from "./engine/options.js";
import { channelEntries, findCheckpoint, loadForResume, namesOf, replayJournal, setGoing } from "./engine/resume-run.js";
import { RunContext, type RunResult } from "./engine/run-context.js";
import { RunJournal } from "./engine/run-journal.js";
import type { RunWiring } from "./engine/run-wiring.js";
import { silentLogger } from "./engine/task-logger.js";
import { onProcessSignals } from "./host/process-signals.js";
import { systemHost } from "./host/system-host.js";
import { MemoryChannel } from "./memory/memory-channel.js";
import { type CheckpointLocation, storeAt } from "./open-store.js";

/** Where and when checkpoints are stored. */
export interface CheckpointOptions extends CheckpointPolicyOptions {
  readonly store: CheckpointLocation;
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
  /** What `ctx.random` and `ctx.uuid` are derived from; the run's id unless given. */
  readonly seed?: string | number;
  /** The run's state; a `MemoryChannel` unless given. */
  readonly channel?: StoredChannel<never, RunChannelBackend>;
  /** A folder, `memory:`, or where and when checkpoints are stored. */
  readonly checkpoints?: CheckpointLocation | CheckpointOptions;
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
}

/**
 * What one run is wired to: graph, channel, limits, checkpoints, events; runs it.
 *
 * ```ts
 * const context = ExecutionContext.create(training, { checkpoints: "./checkpoints" });
 * const { output } = await context.run("iris.csv");
 * ```
 */
export class ExecutionContext<Output = unknown> extends RunContext<Output> {
  /** Wires a run of a workflow, a graph, or a class with `@task` methods. Throws `DefinitionError`s. */
  static create<Output>(target: Runnable<never, Output>, options: ExecutionOptions = {}): ExecutionContext<Output> {
    const definition = startingWith(definitionOf(target), options.start);
    const host = hostOf(options);
    const runId = options.runId === undefined ? host.newId() : checkedId(options.runId, "run id");
    const state = new RunState(runId, singleStart(definition.plan, options.start), seedText(options.seed) ?? hash128(runId));
    const store = storeOf(options, null);
    const wiring = wire(definition, state, host, options, store, null);
    return new ExecutionContext<Output>(wiring, null, options);
  }

  readonly #signals: readonly StopSignal[];

  private constructor(wiring: Wired, resumedFrom: CheckpointInfo | null, options: ExecutionOptions) {
    super(wiring, resumedFrom, options.signal ?? null);
    this.#signals = signalsOf(options);
  }

  override async run(input?: unknown): Promise<RunResult<Output>> {
    const off = onProcessSignals(this.#signals, (signal) => this.stop(`the process got ${signal}`));
    return super.run(input).finally(off);
  }

  /**
   * Wires a run as a checkpoint has it. Everything is checked before anything runs: throws `CheckpointNotFoundError`,
   * `CheckpointCorruptError`, `IncompatibleCheckpointError`.
   */
  static async resume<Output>(target: Runnable<never, Output>, options: ResumeOptions): Promise<ExecutionContext<Output>> {
    const host = hostOf(options);
    const source = storeAt(options.from);
    await source.open();
    const key = await findCheckpoint(source, checkedId(options.runId, "run id"), options.at, host);
    const loaded = await loadForResume(source, key, host);
    const base = definitionOf(target);
    const names = namesOf(base, loaded);
    const state = readRunState(loaded.state.head, loaded.tasks, names);
    const definition = startingWith(base, state.start);
    const store = storeOf(options, source);
    const newest = (await source.list(key.runId)).at(-1)?.seq ?? key.seq;
    const origin = store === source ? { seq: newest, id: key.id, channel: loaded.channel, state: loaded.tasks } : null;
    const saved = loaded.context.options;
    const limits = { maxSteps: saved.at("maxSteps").count(1), defaultMaxCycles: saved.at("defaultMaxCycles").count(1) };
    const wiring = wire(definition, state, host, { ...limits, ...options }, store, origin, (channel) =>
      channel.restore(channelEntries(loaded.channel, names)),
    );
    // The journal holds the steps after the newest checkpoint; whoever goes back to an older one goes back behind them.
    const steps = key.seq === newest ? ((await source.journals?.read(key.runId, key.seq)) ?? []) : [];
    replayJournal(steps, state, wiring.channel.backend, names);
    setGoing(new Step(state, wiring.settings.defaultRetry?.maxRetries ?? 0).begin(host.clock.now()), definition);
    return new ExecutionContext<Output>(wiring, loaded.meta.info, options);
  }
}

type Wired = RunWiring & { readonly checkpointer: Checkpointer | null };

function wire(
  definition: WorkflowDefinition,
  state: RunState,
  host: Host,
  options: ExecutionOptions,
  store: CheckpointStore | null,
  origin: CheckpointOrigin | null,
  fill: (channel: RunChannelBackend) => void = () => {},
): Wired {
  const settings = checkedRunSettings(options);
  const channel = checkedChannel(options.channel);
  channel.backend.useClock(host.clock);
  fill(channel.backend);
  const wiring = {
    definition,
    settings,
    state,
    channel,
    host,
    random: options.random ?? null,
    events: new RunEventHub(state.runId, options.events),
    logger: options.logger ?? silentLogger,
    handlers: handlersOf(definition, options),
  };
  const policy = checkedCheckpointPolicy(policyOf(options));
  if (store === null || settings.durability === "none") return { ...wiring, journal: null, checkpointer: null };
  const journal = settings.durability === "step" ? new RunJournal(journalsOf(store), state.runId, channel.backend) : null;
  return { ...wiring, journal, checkpointer: new Checkpointer({ ...wiring, journal }, store, policy, origin) };
}

/** The definition as a run from `start` sees it. Throws `InvalidGraphError` for a graph that cannot be run. */
function startingWith(definition: WorkflowDefinition, start: string | undefined): WorkflowDefinition {
  assertRunnable(definition.graph, start);
  return { ...definition, plan: definition.graph.plan(start) };
}

function hostOf({ clock, newId }: ExecutionOptions): Host {
  return systemHost(clock, newId);
}

/** The store new checkpoints go to: the one in `checkpoints`, else the one resumed from, else none. */
function storeOf({ checkpoints }: ExecutionOptions, source: CheckpointStore | null): CheckpointStore | null {
  if (checkpoints === undefined) return source;
  const location = isPolicy(checkpoints) ? checkpoints.store : checkpoints;
  const store = storeAt(location);
  const same = store.kind === "file" && source?.kind === "file" && store.location === source.location;
  return same ? source : store;
}

const policyOf = ({ checkpoints }: ExecutionOptions): CheckpointPolicyOptions =>
  checkpoints !== undefined && isPolicy(checkpoints) ? checkpoints : {};

const isPolicy = (checkpoints: CheckpointLocation | CheckpointOptions): checkpoints is CheckpointOptions =>
  typeof checkpoints === "object" && checkpoints !== null && "store" in checkpoints && !(checkpoints instanceof CheckpointHistory);

const STOP_SIGNALS: readonly unknown[] = ["SIGTERM", "SIGINT", "SIGHUP"] satisfies StopSignal[];

function signalsOf({ checkpoints }: ExecutionOptions): readonly StopSignal[] {
  const signals: unknown = checkpoints !== undefined && isPolicy(checkpoints) ? (checkpoints.onSignal ?? []) : [];
  if (Array.isArray(signals) && signals.every((signal) => STOP_SIGNALS.includes(signal))) return signals as StopSignal[];
  throw new InvalidOptionError(
    `option checkpoints.onSignal is not a list of signals to stop at: expected some of ${STOP_SIGNALS.join(", ")}.`,
  );
}

function journalsOf(store: CheckpointStore): JournalStore {
  if (store.journals) return store.journals;
  throw new InvalidOptionError(
    `option durability is "step", but the ${store.kind} store at ${store.location} keeps no journal: use a folder, or durability "checkpoint".`,
  );
}

function seedText(seed: string | number | undefined): string | null {
  if (seed === undefined) return null;
  if (typeof seed === "string" || Number.isFinite(seed)) return String(seed);
  throw new InvalidOptionError(`option seed is ${quoted(seed)}: expected a text or a finite number.`);
}

function checkedChannel(channel: ExecutionOptions["channel"]): RunWiring["channel"] {
  if (channel === undefined) return new MemoryChannel<ChannelState>() as unknown as RunWiring["channel"];
  if (channel instanceof StoredChannel) return channel as unknown as RunWiring["channel"];
  throw new InvalidOptionError("option channel is not a channel: expected a MemoryChannel or another channel of this library.");
}

function handlersOf(definition: WorkflowDefinition, { handlers = {} }: ExecutionOptions): RunWiring["handlers"] {
  const known = new Map(Object.entries(handlers));
  for (const { task } of definition.registry.entries()) {
    const { handler } = task.settings;
    if (handler === "inline" || known.has(handler)) continue;
    const named = [...known.keys(), "inline"].map(quoted).join(", ");
    throw new InvalidOptionError(
      `task ${quoted(task.name)} names the handler ${quoted(handler)}, which the run does not have (it has ${named}): pass it as handlers: { ${JSON.stringify(handler)}: ... }.`,
    );
  }
  return known;
}
