import type { CheckpointHandle } from "../core/checkpoint.js";
import { CycleLimitError, RunCancelledError, StepLimitError, TaskTimeoutError } from "../core/errors.js";
import type { TaskNode } from "../core/graph-plan.js";
import type { CheckpointRequest, TaskOutcome } from "../core/outcome.js";
import { applyChange } from "../core/run-change.js";
import type { AnyTask } from "../core/task.js";
import type { TaskSpec } from "../core/task-spec.js";
import { Committer, factsOf } from "./commit.js";
import { executeTask } from "./execute-task.js";
import type { Failures } from "./failures.js";
import { inlineOf } from "./inline-task.js";
import { LiveTaskContext } from "./live-task-context.js";
import type { StatsBook } from "./run-stats.js";
import type { EngineDoor, RunningTask, RunWiring } from "./run-wiring.js";

/** How long tasks may follow each other before the host gets a turn, so that timers and signals are heard. */
const TURN_MS = 8;

/** Why an engine came to rest. */
export type Rest = "over" | "paused" | "stopped";

/**
 * Takes ready specs, runs their bodies, commits what they give one by one, until the run is over. The only writer
 * of its state. Driven by the ends of bodies and by timers; between them it holds no promise of its own.
 */
export class Engine {
  readonly #live = new Map<number, LiveTaskContext>();
  readonly #committer: Committer;
  readonly #door: EngineDoor;
  readonly #beforeSaved = new Set<number>();
  #ended: LiveTaskContext[] = [];
  #saves: CheckpointRequest[] = [];
  /** Commits that may still be made before it pauses. */
  #allowance = 0;
  #pumping = false;
  #blocked = false;
  #stopping = false;
  #turnBegan = 0;
  #alarm: { readonly at: number; readonly callOff: () => void } | null = null;
  #lastCall: (() => void) | null = null;
  #resting: { readonly resolve: (rest: Rest) => void; readonly reject: (error: unknown) => void } | null = null;

  constructor(
    readonly run: RunWiring,
    readonly failures: Failures,
    readonly stats: StatsBook,
  ) {
    this.#committer = new Committer(run, failures, stats);
    this.#door = { ...run, checkpointNow: (ctx, request) => this.#checkpointNow(ctx, request) };
  }

  /** Works until the run is over or `commits` more steps have been committed. */
  work(commits: number): Promise<Rest> {
    return new Promise((resolve, reject) => {
      this.#allowance = commits;
      this.#resting = { resolve, reject };
      this.#turnBegan = this.run.host.clock.monotonic();
      this.#pump();
    });
  }

  /** Takes nothing new; lets running tasks end within `graceMs`, then leaves them. */
  stop(graceMs: number): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#giveUpAfter(graceMs, "the run was stopped");
    this.#pump();
  }

  /** Ends the run with `RunCancelledError`. */
  cancel(reason: unknown): void {
    const { runId } = this.run.state;
    const error = this.failures.record(
      new RunCancelledError("the run was cancelled by its signal; resume it to go on.", { cause: reason, runId }),
    );
    if (this.run.state.status === "running") {
      this.#committer.step().apply({ kind: "status", status: "cancelled", message: error.message, error });
    }
    this.#pump();
  }

  /** Has a checkpoint taken between two steps. */
  request(request: CheckpointRequest): void {
    this.#saves.push(request);
    this.#pump();
  }

  get #over(): boolean {
    return this.run.state.status !== "running" || this.#stopping;
  }

  #pump(): void {
    if (this.#pumping || this.#blocked || this.#resting === null) return;
    this.#pumping = true;
    try {
      do {
        this.#commitEnded();
        if (this.#saves.length > 0) return this.#block(this.#save());
        this.#launch();
      } while (this.#ended.length > 0 && !this.#blocked);
    } catch (error) {
      return this.#rest("over", error);
    } finally {
      this.#pumping = false;
    }
    if (!this.#blocked) this.#settleDown();
  }

  /** Nothing is committed or started until `done`. */
  #block(done: Promise<void>): void {
    this.#blocked = true;
    const go = (): void => {
      this.#blocked = false;
      this.#pump();
    };
    done.then(go, (error) => {
      this.#blocked = false;
      this.#rest("over", error);
    });
  }

  #launch(): void {
    const { state, settings } = this.run;
    this.#moveDue();
    while (!this.#over && state.ready.size > 0 && this.#live.size < Math.min(settings.concurrency, this.#allowance)) {
      const spec = state.ready.peek() as TaskSpec;
      const task = this.#taskOf(spec);
      if (!this.#withinLimits(spec, task) || this.#savesBefore(spec, task)) return;
      const startedAt = this.run.host.clock.monotonic();
      if (startedAt - this.#turnBegan > TURN_MS) return this.#yield();
      state.ready.shift();
      this.#start(spec, task, startedAt);
    }
  }

  #taskOf(spec: TaskSpec): AnyTask {
    const { plan, registry } = this.run.definition;
    if (spec.node !== null) return (plan.nodes.get(spec.node) as TaskNode).task;
    const task = inlineOf(spec.ref) ?? registry.resolve(spec.ref)?.task;
    if (task === undefined) throw new RangeError(`no task for ${spec.ref.module}#${spec.ref.name}`);
    return task;
  }

  /** Fails the run when a limit is reached; the spec stays in the queue, for a resume with a higher one. */
  #withinLimits(spec: TaskSpec, task: AnyTask): boolean {
    const { state, settings } = this.run;
    if (state.steps + this.#live.size >= settings.maxSteps) {
      if (this.#live.size > 0) return false;
      const { runId, steps } = state;
      const message = `run ${runId} has committed ${steps} steps and has more to do, but maxSteps is ${settings.maxSteps}; resume it with a higher maxSteps.`;
      this.#fail(new StepLimitError(message, settings.maxSteps, { runId }));
      return false;
    }
    const limit = task.settings.maxCycles ?? settings.defaultMaxCycles;
    if (spec.cycle <= limit) return true;
    const message = `task "${spec.taskId}" would start its cycle ${spec.cycle}, but its maxCycles is ${limit}; ask ctx.canIterate() first, or resume with a higher limit.`;
    this.#fail(new CycleLimitError(message, limit, { runId: state.runId, taskId: spec.taskId }));
    return false;
  }

  #fail(error: Error): void {
    this.#committer.step().failRun(this.failures.record(error));
  }

  /** Tasks with `checkpoint: "before"` start only after one. */
  #savesBefore(spec: TaskSpec, task: AnyTask): boolean {
    const { checkpointer } = this.run;
    if (task.settings.checkpoint !== "before" || checkpointer === null || this.#beforeSaved.has(spec.serial)) return false;
    this.#beforeSaved.add(spec.serial);
    this.#saves.push(checkpointer.ownRequest("auto", spec));
    this.#block(this.#save());
    return true;
  }

  #start(spec: TaskSpec, task: AnyTask, startedAt: number): void {
    const { state, host, events } = this.run;
    const ctx = new LiveTaskContext(this.#door, spec, task, startedAt);
    applyChange(state, { kind: "started", spec });
    this.#live.set(spec.serial, ctx);
    if (this.#beforeSaved.size > 0) this.#beforeSaved.delete(spec.serial);
    if (events.wants("taskStarted")) events.emit("taskStarted", factsOf(ctx));
    const { timeoutMs } = task.settings;
    if (timeoutMs !== null) ctx.disarm = host.clock.after(timeoutMs, () => this.#timedOut(ctx, timeoutMs));
    executeTask(ctx, this.#onEnded);
  }

  readonly #onEnded = (ctx: LiveTaskContext, outcome: TaskOutcome): void => {
    if (ctx.closed) return;
    ctx.close();
    ctx.outcome = outcome;
    this.#ended.push(ctx);
    this.#pump();
  };

  #timedOut(ctx: LiveTaskContext, timeoutMs: number): void {
    const message = `task "${ctx.taskId}" ran longer than its timeout of ${timeoutMs} ms; its late result is discarded.`;
    const error = new TaskTimeoutError(message, timeoutMs, { runId: ctx.runId, taskId: ctx.taskId });
    ctx.abort(error);
    this.#onEnded(ctx, { kind: "threw", error });
  }

  #commitEnded(): void {
    for (let next = 0; next < this.#ended.length; next++) {
      const ctx = this.#ended[next] as LiveTaskContext;
      this.#live.delete(ctx.spec.serial);
      const interrupted = ctx.aborted && this.#over;
      const committed = this.#committer.commit(ctx, ctx.outcome as TaskOutcome, interrupted);
      if (committed === "completed") {
        this.#allowance--;
        this.#noteCheckpoints(ctx);
      }
    }
    if (this.#ended.length > 0) this.#ended = [];
  }

  #noteCheckpoints(ctx: LiveTaskContext): void {
    if (ctx.book !== null) for (const request of ctx.book.checkpoints) this.#saves.push(request);
    const { checkpointer, state } = this.run;
    if (checkpointer === null || this.#saves.length > 0) return;
    const reason = checkpointer.due(ctx.task, state.steps);
    if (reason !== null) this.#saves.push(checkpointer.ownRequest(reason, ctx.spec));
  }

  async #save(): Promise<void> {
    const { checkpointer } = this.run;
    const requests = this.#saves;
    this.#saves = [];
    for (const request of requests) {
      const error = await checkpointer?.save(request);
      if (error) this.#fail(error);
    }
    this.#turnBegan = this.run.host.clock.monotonic();
  }

  #checkpointNow(ctx: RunningTask, request: CheckpointRequest): CheckpointHandle {
    this.run.channel.backend.commit(ctx.takeOps());
    const { checkpointer } = this.run;
    if (checkpointer === null) return { id: request.id, committed: Promise.reject(new RangeError("no store")) };
    const handle = checkpointer.handle(request, () => false);
    void checkpointer.save(request, ctx.spec.serial).then((error) => {
      if (error === null) return;
      this.#fail(error);
      this.#pump();
    });
    return handle;
  }

  #abortLive(): void {
    if (this.#live.size === 0) return;
    const { message } = this.run.state;
    for (const ctx of this.#live.values())
      if (!ctx.aborted) ctx.abort(new RunCancelledError(`the run is ending: ${message}`, { runId: ctx.runId }));
    this.#giveUpAfter(this.run.settings.graceMs, "the run is ending");
  }

  /** Tasks that have not ended by then are left to themselves: saved as running, their results discarded. */
  #giveUpAfter(graceMs: number, why: string): void {
    this.#lastCall ??= this.run.host.clock.after(graceMs, () => {
      for (const ctx of this.#live.values()) {
        ctx.abort(new RunCancelledError(`${why}, and the grace period of ${graceMs} ms is over`, { runId: ctx.runId }));
        ctx.close();
      }
      this.#live.clear();
      this.#pump();
    });
  }

  /** Nothing can be started now: waits, pauses, or ends. */
  #settleDown(): void {
    const { state } = this.run;
    if (state.status === "failed" || state.status === "cancelled") this.#abortLive();
    if (!this.#over && this.#allowance > 0 && state.delayed.size > 0) return this.#wait();
    if (this.#live.size > 0) return;
    if (!this.#over) {
      if (this.#allowance <= 0) return this.#rest("paused");
      if (state.root.live > 0) throw new RangeError(`run ${state.runId} has ${state.root.live} tasks under way and none to start`);
      this.#committer.step().apply({ kind: "status", status: "completed", message: null, error: null });
    }
    this.#rest(state.status === "running" ? "stopped" : "over");
  }

  #moveDue(): void {
    const { state, host } = this.run;
    if (state.delayed.size === 0) return;
    const now = host.clock.now();
    for (let spec = state.delayed.peek(); spec !== undefined && spec.availableAt <= now; spec = state.delayed.peek()) {
      state.delayed.shift();
      state.ready.push(spec);
    }
  }

  /** Wakes up when the next delayed spec is due. */
  #wait(): void {
    const { state, host } = this.run;
    const dueAt = state.delayed.peek()?.availableAt ?? Number.POSITIVE_INFINITY;
    if (this.#alarm !== null && this.#alarm.at <= dueAt) return;
    this.#alarm?.callOff();
    const callOff = host.clock.after(Math.max(0, dueAt - host.clock.now()), () => {
      this.#alarm = null;
      this.#pump();
    });
    this.#alarm = { at: dueAt, callOff };
  }

  #yield(): void {
    this.#blocked = true;
    this.run.host.yieldTo(() => {
      this.#blocked = false;
      this.#turnBegan = this.run.host.clock.monotonic();
      this.#pump();
    });
  }

  #rest(rest: Rest, error?: unknown): void {
    const resting = this.#resting;
    if (resting === null) return;
    this.#resting = null;
    this.#alarm?.callOff();
    this.#lastCall?.();
    this.#alarm = null;
    this.#lastCall = null;
    if (error === undefined) resting.resolve(rest);
    else resting.reject(error);
  }
}
