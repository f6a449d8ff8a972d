import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import { checkedOptions } from "./authoring/option-checks.js";
import type { RunChannelBackend } from "./core/channel.js";
import type { CheckpointInfo, CheckpointKey, CheckpointStore } from "./core/checkpoint.js";
import type { Host } from "./core/clock.js";
import { InvalidOptionError } from "./core/errors.js";
import { assertRunnable, singleStart } from "./core/graph-problem.js";
import { checkedId } from "./core/ids.js";
import { RunState } from "./core/run-state.js";
import { checkPlaces } from "./core/state-check.js";
import { readRunState } from "./core/state-read.js";
import { Step } from "./core/step.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { Checkpointer, type CheckpointOrigin } from "./engine/checkpointer.js";
import { RunEventHub } from "./engine/events.js";
import type { LoadedCheckpoint } from "./engine/load-checkpoint.js";
import { checkedCheckpointPolicy, checkedRunSettings } from "./engine/options.js";
import { replayJournal } from "./engine/replay-journal.js";
import { channelEntries, findCheckpoint, loadForResume, namesOf, savedLimits, setGoing } from "./engine/resume-run.js";
import { RunContext } from "./engine/run-context.js";
import { RunJournal } from "./engine/run-journal.js";
import type { RunResult } from "./engine/run-result.js";
import type { RunWiring } from "./engine/run-wiring.js";
import { silentLogger } from "./engine/task-logger.js";
import {
  checkedChannel,
  type ExecutionOptions,
  handlersOf,
  hostOf,
  journalsOf,
  policyOf,
  type ResumeOptions,
  RUN_OPTIONS,
  type StopSignal,
  seedText,
  signalsOf,
  storeOf,
} from "./execution-options.js";
import { onProcessSignals } from "./host/process-signals.js";
import { storeAt } from "./open-store.js";

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
    checkedOptions(options, [...RUN_OPTIONS, "runId", "start", "seed"], "a run");
    const definition = startingWith(definitionOf(target), options.start);
    const host = hostOf(options);
    const runId = options.runId === undefined ? host.newId() : checkedId(options.runId, "run id");
    const state = new RunState(runId, singleStart(definition.plan, options.start), seedText(options.seed) ?? host.newId());
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
    checkedOptions(options, [...RUN_OPTIONS, "from", "runId", "at"], "a resume");
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
    const origin = store === source ? originOf(loaded, key, newest) : null;
    const wiring = wire(definition, state, host, { ...savedLimits(loaded), ...options }, store, origin, (channel) =>
      channel.restore(channelEntries(loaded.channel, names)),
    );
    // The journal holds the steps after the newest checkpoint; whoever goes back to an older one goes back behind them.
    const steps = key.seq === newest ? ((await source.journals?.read(key.runId, key.seq)) ?? []) : [];
    replayJournal(steps, state, wiring.channel.backend, names);
    checkPlaces(state, definition.plan);
    setGoing(new Step(state, wiring.settings.defaultRetry?.maxRetries ?? 0).begin(host.clock.now()), definition);
    return new ExecutionContext<Output>(wiring, loaded.meta.info, options);
  }
}

const originOf = ({ channel, tasks, context }: LoadedCheckpoint, { id }: CheckpointKey, seq: number): CheckpointOrigin => ({
  seq,
  id,
  graphHash: context.workflow.graphHash,
  channel,
  state: tasks,
});

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
  if (store === null && settings.durability === "step") {
    throw new InvalidOptionError(
      'option durability is "step", but the run has no store: pass { checkpoints: "./checkpoints" } (a folder) or "memory:".',
    );
  }
  if (store === null || settings.durability === "none") return { ...wiring, journal: null, checkpointer: null };
  const journal = settings.durability === "step" ? new RunJournal(journalsOf(store), state.runId, channel.backend) : null;
  return { ...wiring, journal, checkpointer: new Checkpointer({ ...wiring, journal }, store, policy, origin) };
}

/** The definition as a run from `start` sees it. Throws `InvalidGraphError` for a graph that cannot be run. */
function startingWith(definition: WorkflowDefinition, start: string | undefined): WorkflowDefinition {
  assertRunnable(definition.graph, start);
  return { ...definition, plan: definition.graph.plan(start) };
}
