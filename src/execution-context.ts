import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import { checkedOptions } from "./authoring/option-checks.js";
import type { CheckpointInfo } from "./core/checkpoint.js";
import { singleStart } from "./core/graph-problem.js";
import { checkedId } from "./core/ids.js";
import { RunState } from "./core/run-state.js";
import { RunContext } from "./engine/run-context.js";
import type { RunResult } from "./engine/run-result.js";
import type { StoredRunWiring } from "./engine/run-storage.js";
import {
  type ExecutionOptions,
  type ForkOptions,
  hostOf,
  type ResumeOptions,
  RUN_OPTIONS,
  type StopSignal,
  seedText,
  signalsOf,
  storesOf,
} from "./execution-options.js";
import { onProcessSignals } from "./host/process-signals.js";
import { forkRun, resumeRun } from "./restore-run.js";
import { startingWith, wireRun } from "./wire-run.js";

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
    return new ExecutionContext<Output>(wireRun(definition, state, host, options, storesOf(options)), null, options);
  }

  readonly #signals: readonly StopSignal[];

  private constructor(
    wiring: StoredRunWiring,
    resumedFrom: CheckpointInfo | null,
    options: Pick<ExecutionOptions, "signal" | "checkpoints">,
  ) {
    super(wiring, resumedFrom, options.signal ?? null);
    this.#signals = signalsOf(options);
  }

  override async run(input?: unknown): Promise<RunResult<Output>> {
    const off = onProcessSignals(this.#signals, (signal) => this.stop(`the process got ${signal}`));
    return super.run(input).finally(off);
  }

  /**
   * Wires a run as a checkpoint has it, and makes it ours. Everything is checked before anything runs: throws `RunOwnedError`,
   * `CheckpointNotFoundError`, `CheckpointCorruptError`, `IncompatibleCheckpointError`, `PoisonTaskError`.
   */
  static async resume<Output>(target: Runnable<never, Output>, options: ResumeOptions): Promise<ExecutionContext<Output>> {
    checkedOptions(options, [...RUN_OPTIONS, "from", "runId", "at", "strategy", "takeOver"], "a resume");
    const { wiring, info } = await resumeRun(definitionOf(target), options);
    return new ExecutionContext<Output>(wiring, info, options);
  }

  /**
   * Wires a new run that goes on from a checkpoint of another, with edits to its channel. The other run is left as it is, and may
   * be under way. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`, `IncompatibleCheckpointError`.
   */
  static async fork<Output>(target: Runnable<never, Output>, options: ForkOptions): Promise<ExecutionContext<Output>> {
    checkedOptions(options, [...RUN_OPTIONS, "from", "runId", "at", "strategy", "newRunId", "newChannel"], "a fork");
    const { wiring, info } = await forkRun(definitionOf(target), options);
    return new ExecutionContext<Output>(wiring, info, options);
  }
}
