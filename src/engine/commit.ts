import type { ChannelOp } from "../core/channel.js";
import { checkReturned } from "../core/check-step.js";
import { toErrorRecord } from "../core/error-record.js";
import { RunCancelledError } from "../core/errors.js";
import { instanceKey } from "../core/instance-key.js";
import type { TaskOutcome } from "../core/outcome.js";
import { UpdateConflict } from "../core/outcome-text.js";
import { RandomStream } from "../core/random.js";
import type { Settlement } from "../core/rehearsal.js";
import { resultKey } from "../core/result-key.js";
import { isRetriable, type RetryPolicy, waitBefore } from "../core/retry.js";
import { settleFailed, settleReleased, settleRetry, settleReturned } from "../core/settle.js";
import { Step } from "../core/step.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { Failures } from "./failures.js";
import type { LiveTaskContext } from "./live-task-context.js";
import type { StatsBook } from "./run-stats.js";
import type { RunWiring } from "./run-wiring.js";

/** Turns the outcome of an attempt into a step of the run: the one place where local and remote attempts end. */
export class Committer {
  readonly #step: Step;

  constructor(
    private readonly run: RunWiring,
    private readonly failures: Failures,
    private readonly stats: StatsBook,
  ) {
    this.#step = new Step(run.state, run.settings.defaultRetry?.maxRetries ?? 0, run.journal !== null);
  }

  /** Commits an outcome. `interrupted`: the attempt was told to give up, so that what it threw is not its own failure. */
  commit(ctx: LiveTaskContext, outcome: TaskOutcome, interrupted: boolean): Settlement {
    const { host } = this.run;
    const durationMs = host.clock.monotonic() - ctx.startedAt;
    this.stats.ended(ctx.task.name, durationMs);
    const step = this.step();
    if (outcome.kind === "threw") return this.#threw(step, ctx, outcome.error, interrupted, outcome.retriable);
    if (outcome.requests?.cancel) return this.#cancelled(step, ctx, outcome.requests.cancel.message);
    let ops: readonly ChannelOp[];
    try {
      checkReturned(this.run.state, this.run.definition.plan, ctx.spec, outcome);
      ops = this.#withResult(ctx.spec, outcome);
      this.run.channel.backend.commit(ops);
    } catch (error) {
      ctx.outcome = { kind: "threw", error };
      return this.#threw(step, ctx, error, error instanceof UpdateConflict);
    }
    settleReturned(step, this.run.definition.plan, ctx.spec, outcome);
    this.#finish(step, ops);
    this.#completed(ctx, durationMs, step);
    return "completed";
  }

  /** Commits writes that a task makes before it has ended. */
  commitEarly(ops: readonly ChannelOp[]): void {
    this.run.channel.backend.commit(ops);
    this.run.journal?.note([], ops);
    this.run.mirror?.endStep(this.run.state.steps);
  }

  /** Results that groups gave go into the channel, and the step into the journal. */
  #finish(step: Step, ops: readonly ChannelOp[]): void {
    const { results, changes } = step;
    if (results.length > 0) this.run.channel.backend.commit(results);
    if (changes !== null) this.run.journal?.note(changes, results.length > 0 ? [...ops, ...results] : ops);
    this.run.mirror?.endStep(this.run.state.steps);
  }

  /** A step of this run that starts now. */
  step(): Step {
    const { events, host } = this.run;
    const step = this.#step.begin(host.clock.now());
    if (events.wants("taskCompleted") || events.wants("taskFailed")) step.walked = [];
    return step;
  }

  #completed(ctx: LiveTaskContext, durationMs: number, { walked }: Step): void {
    this.stats.succeeded();
    const { events, state } = this.run;
    if (!events.wants("taskCompleted")) return;
    const metrics = Object.fromEntries(ctx.book?.metrics ?? []);
    events.emit("taskCompleted", { ...factsOf(ctx), durationMs, steps: state.steps, metrics, walked: walked ?? [] });
  }

  /** The task's own writes, and its result; inside `each` results are kept by the group and not by name. */
  #withResult(spec: TaskSpec, { ops, value }: Extract<TaskOutcome, { kind: "returned" }>): readonly ChannelOp[] {
    const named = spec.scope === null || spec.taskId !== spec.ref.name || this.run.state.groups.get(spec.scope.group)?.anonymous !== true;
    if (!named) return ops;
    const key = resultKey(spec.taskId);
    const result: ChannelOp = value.isUndefined ? { kind: "delete", key } : { kind: "set", key, value, expiresAt: null };
    return ops.length === 0 ? [result] : [...ops, result];
  }

  #cancelled(step: Step, ctx: LiveTaskContext, message: string | null): Settlement {
    const { runId } = this.run.state;
    this.#dropCheckpoints(ctx);
    const text = `task "${ctx.taskId}" cancelled the run${message === null ? "" : `: ${message}`}`;
    const error = this.failures.record(new RunCancelledError(text, { runId, taskId: ctx.taskId }));
    settleReleased(step, ctx.spec, ctx.memo);
    if (this.run.state.status === "running") step.apply({ kind: "status", status: "cancelled", message: text, error });
    this.#finish(step, []);
    return "cancelled";
  }

  #threw(step: Step, ctx: LiveTaskContext, error: unknown, interrupted: boolean, verdict?: boolean): Settlement {
    const { spec } = ctx;
    this.#dropCheckpoints(ctx);
    if (interrupted) {
      settleReleased(step, spec, ctx.memo);
      this.#finish(step, []);
      return "released";
    }
    const policy = ctx.task.settings.retry ?? this.run.settings.defaultRetry;
    if (policy !== null && spec.failures < policy.maxRetries && (verdict ?? isRetriable(policy, error))) {
      this.#retry(step, ctx, error, policy);
      return "retrying";
    }
    this.stats.failed();
    const record = this.failures.ofTask(spec, error);
    settleFailed(step, this.run.definition.plan, spec, record, ctx.memo);
    this.#finish(step, []);
    this.run.events.emit("taskFailed", { ...factsOf(ctx), error: record, attempts: spec.failures + 1, walked: step.walked ?? [] });
    return "failed";
  }

  /** Whoever waits for a checkpoint that this attempt asked for is told that it will not be taken. */
  #dropCheckpoints(ctx: LiveTaskContext): void {
    for (const { id } of ctx.book?.checkpoints ?? []) this.run.checkpointer?.drop(id, ctx.taskId);
  }

  #retry(step: Step, ctx: LiveTaskContext, error: unknown, policy: RetryPolicy): void {
    const { spec } = ctx;
    const { state, events } = this.run;
    const chance = new RandomStream(`${state.seed} retry ${instanceKey(state, spec)} ${spec.cycle} ${spec.failures}`).next();
    const waitMs = waitBefore(policy, spec.failures + 1, chance);
    const record = toErrorRecord(error);
    settleRetry(step, spec, record, waitMs, ctx.memo);
    this.#finish(step, []);
    this.stats.retrying(spec.failures);
    events.emit("taskRetrying", { ...factsOf(ctx), error: record, waitMs });
    try {
      policy.onRetry?.(error, { attempt: spec.failures + 1, waitMs });
    } catch (thrown) {
      const { name } = toErrorRecord(thrown);
      events.emit("warning", {
        runId: state.runId,
        code: "ON_RETRY_THREW",
        message: `onRetry of "${spec.taskId}" threw ${name}; mend it.`,
      });
    }
  }
}

/** What every event of a task says. */
export const factsOf = ({ runId, taskId, specId, cycle, attempt }: LiveTaskContext) => ({ runId, taskId, specId, cycle, attempt });
