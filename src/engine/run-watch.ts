import type { Host } from "../core/clock.js";
import { toErrorRecord } from "../core/error-record.js";
import type { CheckpointRequest, TaskOutcome } from "../core/outcome.js";
import type { Settlement } from "../core/rehearsal.js";
import type { RunState } from "../core/run-state.js";
import type { AttemptBeginning, CheckpointSpan, RunBeginning, RunEnding, RunSpan, TaskSpan, Telemetry } from "../core/telemetry.js";
import type { RunTrace } from "../core/trace-context.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";

/** The run that is told of. */
interface ToldRun {
  readonly definition: WorkflowDefinition;
  readonly state: RunState;
  readonly host: Host;
}

/** An attempt that is told of. */
interface ToldAttempt extends Omit<AttemptBeginning, "task" | "runner"> {
  readonly task: { readonly name: string };
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly outcome: TaskOutcome | null;
  span: TaskSpan | null;
}

/** Tells telemetry what becomes of one run in this process. */
export class RunWatch {
  #span: RunSpan | null = null;
  /** Monotonic milliseconds. */
  #begunAt = 0;

  constructor(
    private readonly telemetry: Telemetry,
    private readonly run: ToldRun,
    /** The trace of the run that this one was forked from. */
    private readonly forkedFrom: { readonly trace: RunTrace | null } | null,
  ) {}

  /** The run begins, or goes on; from now on its trace is saved with it. */
  begin(isNew: boolean): void {
    const { definition, state, host } = this.run;
    this.#begunAt = host.clock.monotonic();
    const origin: RunBeginning["origin"] = isNew ? "started" : this.forkedFrom === null ? "resumed" : "forked";
    this.#span = this.telemetry.run({
      runId: state.runId,
      workflow: definition.name,
      version: definition.version,
      origin,
      trace: this.forkedFrom === null ? state.trace : this.forkedFrom.trace,
      steps: state.steps,
      pending: () => state.ready.size + state.delayed.size,
    });
    state.trace = this.#span.trace ?? state.trace;
  }

  /** An attempt begins; `runner` is the kind of what its body is sent to, or `null`. */
  attempt(ctx: ToldAttempt, runner: string | null): void {
    const { task, taskId, specId, cycle, attempt } = ctx;
    ctx.span = this.#span?.attempt({ task: task.name, taskId, specId, cycle, attempt, runner }) ?? null;
  }

  /** What came of an attempt has been committed. */
  settled(ctx: ToldAttempt, became: Settlement): void {
    const { outcome, span, startedAt } = ctx;
    const failed = became === "retrying" || became === "failed";
    const error = failed && outcome?.kind === "threw" ? toErrorRecord(outcome.error) : null;
    span?.end(became, error, this.run.host.clock.monotonic() - startedAt);
  }

  /** A checkpoint is about to be taken. */
  checkpoint({ id: checkpointId, name, reason, taskId, cycle }: CheckpointRequest): CheckpointSpan | null {
    return this.#span?.checkpoint({ checkpointId, name, reason, taskId, cycle }) ?? null;
  }

  /** The run has ended here; only the first end counts. */
  end(status: RunEnding["status"]): void {
    this.#end(status, null);
  }

  /** The run has ended here by an error. */
  fail(error: unknown): void {
    this.#end(this.run.state.status === "cancelled" ? "cancelled" : "failed", error);
  }

  #end(status: RunEnding["status"], error: unknown): void {
    const { state, host } = this.run;
    const durationMs = host.clock.monotonic() - this.#begunAt;
    this.#span?.end({ status, steps: state.steps, durationMs, error: error === null ? null : toErrorRecord(error) });
    this.#span = null;
  }
}
