import type { CheckpointHandle } from "../core/checkpoint.js";
import { CairnError, CheckpointWriteError, RunCancelledError, RunnerError, StaleOwnerError } from "../core/errors.js";
import { instanceKey } from "../core/instance-key.js";
import type { CheckpointRequest, TaskOutcome } from "../core/outcome.js";
import { applyChange, type RunChange } from "../core/run-change.js";
import type { StoredValue } from "../core/serialize/index.js";
import { Alarm } from "./alarm.js";
import { Committer } from "./commit.js";
import type { Failures } from "./failures.js";
import { Launcher } from "./launcher.js";
import type { LiveTaskContext } from "./live-task-context.js";
import { LiveTasks } from "./live-tasks.js";
import type { StatsBook } from "./run-stats.js";
import type { CheckpointDesk, RunningTask, RunWiring } from "./run-wiring.js";
import { SaveQueue } from "./save-queue.js";
import type { TaskDoor } from "./task-door.js";

/** Why an engine came to rest. */
export type Rest = "over" | "paused" | "stopped";

/**
 * Takes ready specs, runs their bodies, commits what they give one by one, until the run is over. The only writer
 * of its state. Driven by the ends of bodies and by timers; between them it holds no promise of its own.
 */
export class Engine {
  readonly #live: LiveTasks;
  readonly #saves: SaveQueue;
  readonly #alarm: Alarm;
  readonly #committer: Committer;
  readonly #launcher: Launcher;
  #ended: LiveTaskContext[] = [];
  /** Commits that may still be made before it pauses. */
  #allowance = 0;
  #pumping = false;
  #blocked = false;
  #stopping = false;
  #resting: { readonly resolve: (rest: Rest) => void; readonly reject: (error: unknown) => void } | null = null;

  constructor(
    readonly run: RunWiring,
    readonly failures: Failures,
    readonly stats: StatsBook,
  ) {
    this.#live = new LiveTasks(run.host.clock);
    this.#saves = new SaveQueue(run);
    this.#alarm = new Alarm(run.host.clock, () => this.#pump());
    this.#committer = new Committer(run, failures, stats);
    run.mirror?.onNoted(() => queueMicrotask(() => this.#pump()));
    const door: RunWiring & TaskDoor = {
      ...run,
      takesInline: run.settings.durability === "none" && run.checkpointer === null && run.runner === null,
      instanceOf: (spec) => instanceKey(run.state, spec),
      checkpointNow: (task, request) => this.#checkpointNow(task, request),
      remember: (task, key, value) => this.#remember(task, key, value),
    };
    this.#launcher = new Launcher(door, this.#live, this.#saves, {
      isOver: () => this.#over,
      fail: (error) => this.#fail(error),
      lost: (ctx, error) => this.#lost(ctx, error),
      ended: (ctx, outcome) => this.#onEnded(ctx, outcome),
    });
  }

  /** Works until the run is over or `commits` more steps have been committed. */
  work(commits: number): Promise<Rest> {
    return new Promise((resolve, reject) => {
      this.#allowance = commits;
      this.#resting = { resolve, reject };
      this.#launcher.beginTurn();
      this.#pump();
    });
  }

  /** Takes nothing new; lets running tasks end within `graceMs`, then leaves them. */
  stop(graceMs: number): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#live.giveUpAfter(graceMs, "the run was stopped", () => this.#pump());
    this.#pump();
  }

  /** Ends the run with `RunCancelledError`. */
  cancel(reason: unknown): void {
    const { runId } = this.run.state;
    const message = "the run was cancelled by its signal; resume it to go on.";
    const error = this.failures.record(new RunCancelledError(message, { cause: reason, runId }));
    if (this.run.state.status === "running") {
      this.#committer.step().apply({ kind: "status", status: "cancelled", message: error.message, error });
    }
    this.#pump();
  }

  /** Ends the run, as it belongs to another owner now. */
  lose(error: StaleOwnerError): void {
    if (this.run.state.status === "running") this.#fail(error);
    this.#pump();
  }

  /** Has a checkpoint taken between two steps. */
  request(request: CheckpointRequest): void {
    this.#saves.add(request);
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
        // A task that asked for an immediate checkpoint commits only after it, even if it has ended by now.
        if (this.#saves.size === 0) this.#commitEnded();
        if (this.run.journal?.isBehind || this.run.mirror?.isBehind || this.#saves.size > 0) return this.#block(this.#store());
        this.#launch();
      } while ((this.#ended.length > 0 || this.#saves.size > 0) && !this.#blocked);
      if (!this.#blocked) this.#settleDown();
    } catch (error) {
      this.#rest("over", error);
    } finally {
      this.#pumping = false;
    }
  }

  /** Stores the steps so far, then takes the checkpoints that were asked for. */
  async #store(): Promise<void> {
    try {
      await this.run.journal?.flush();
    } catch (cause) {
      const { runId } = this.run.state;
      const message = `a step of run ${runId} could not be stored in its journal; mend the store and resume the run.`;
      this.#fail(cause instanceof StaleOwnerError ? cause : new CheckpointWriteError(message, { cause, outcome: "unknown", runId }));
    }
    await this.run.mirror?.flush(this.run.state.steps).catch((error) => this.#fail(error));
    await this.#saves.takeAll((error) => this.#fail(error));
  }

  /** Keeps what a task remembers in the run's data and in its journal. */
  async #remember({ spec }: RunningTask, key: string, value: StoredValue): Promise<void> {
    const { journal, state } = this.run;
    if (journal === null) return;
    const change: RunChange = { kind: "remembered", serial: spec.serial, key, value };
    applyChange(state, change);
    journal.note([change], []);
    await journal.flush();
  }

  /** Nothing is committed or started until `done`. */
  #block(done: Promise<void>): void {
    this.#blocked = true;
    const unblock = (): void => {
      this.#blocked = false;
      this.#launcher.beginTurn();
    };
    done.then(
      () => {
        unblock();
        this.#pump();
      },
      (error) => {
        unblock();
        this.#rest("over", error);
      },
    );
  }

  #launch(): void {
    const { settings, host } = this.run;
    const mustYield = this.#launcher.launch(Math.min(settings.concurrency, this.#allowance));
    if (mustYield) this.#block(new Promise((resolve) => host.yieldTo(resolve)));
  }

  #fail(error: Error): void {
    this.#committer.step().failRun(this.failures.record(error));
  }

  #onEnded(ctx: LiveTaskContext, outcome: TaskOutcome): void {
    if (ctx.closed) return;
    ctx.close();
    ctx.outcome = outcome;
    this.#ended.push(ctx);
    this.#pump();
  }

  /** The attempt is given back, and the run ends: somebody may resume it. */
  #lost(ctx: LiveTaskContext, error: unknown): void {
    if (ctx.closed) return;
    const { runId } = this.run.state;
    const message = `nobody can say how task "${ctx.taskId}" of run ${runId} has ended elsewhere; mend what it was sent by, and resume the run.`;
    if (this.run.state.status === "running") {
      this.#fail(error instanceof CairnError ? error : new RunnerError(message, { cause: error, runId, taskId: ctx.taskId }));
    }
    ctx.abort(error);
    this.#onEnded(ctx, { kind: "threw", error });
  }

  #commitEnded(): void {
    if (this.#ended.length === 0) return;
    for (let next = 0; next < this.#ended.length; next++) {
      const ctx = this.#ended[next] as LiveTaskContext;
      this.#live.remove(ctx);
      const became = this.#committer.commit(ctx, ctx.outcome as TaskOutcome, ctx.aborted && this.#over);
      this.run.watch?.settled(ctx, became);
      this.run.definition.rehearsal?.settled?.({ spec: ctx.spec, outcome: ctx.outcome as TaskOutcome, became });
      if (became !== "completed") continue;
      this.#allowance--;
      this.#saves.afterStep(ctx);
    }
    this.#ended = [];
  }

  /** The task's writes so far are committed, and nothing else happens until the checkpoint is stored. */
  #checkpointNow(task: RunningTask, request: CheckpointRequest): CheckpointHandle {
    this.#committer.commitEarly(task.takeOps());
    this.#saves.add(request, task.spec.serial);
    queueMicrotask(() => this.#pump());
    return (this.run.checkpointer as CheckpointDesk).handle(request, () => false);
  }

  /** Nothing can be started now: waits, pauses, or ends. */
  #settleDown(): void {
    const { state, settings } = this.run;
    if (state.status === "failed" || state.status === "cancelled") {
      this.#live.abort(state.message ?? state.status);
      if (this.#live.size > 0) this.#live.giveUpAfter(settings.graceMs, "the run is ending", () => this.#pump());
    }
    const next = state.delayed.peek();
    if (!this.#over && this.#allowance > 0 && next !== undefined) return this.#alarm.set(next.availableAt);
    if (this.#live.size > 0) return;
    if (!this.#over) {
      if (this.#allowance <= 0) return this.#rest("paused");
      if (state.root.live > 0) throw new RangeError(`run ${state.runId} has ${state.root.live} tasks under way and none to start`);
      this.#committer.step().apply({ kind: "status", status: "completed", message: null, error: null });
    }
    this.#rest(state.status === "running" ? "stopped" : "over");
  }

  #rest(rest: Rest, error?: unknown): void {
    const resting = this.#resting;
    if (resting === null) return;
    this.#resting = null;
    this.#alarm.callOff();
    this.#live.rest();
    if (error === undefined) resting.resolve(rest);
    else resting.reject(error);
  }
}
