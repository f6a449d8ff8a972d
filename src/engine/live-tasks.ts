import type { Clock } from "../core/clock.js";
import { RunCancelledError } from "../core/errors.js";
import type { LiveTaskContext } from "./live-task-context.js";

/** The tasks whose bodies are under way. */
export class LiveTasks {
  readonly #tasks = new Map<number, LiveTaskContext>();
  #lastCall: (() => void) | null = null;

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#tasks.size;
  }

  add(ctx: LiveTaskContext): void {
    this.#tasks.set(ctx.spec.serial, ctx);
  }

  remove(ctx: LiveTaskContext): void {
    this.#tasks.delete(ctx.spec.serial);
  }

  /** Tells all tasks to give up, because the run is ending. */
  abort(why: string): void {
    for (const ctx of this.#tasks.values()) {
      if (!ctx.aborted) ctx.abort(new RunCancelledError(`the run is ending: ${why}`, { runId: ctx.runId }));
    }
  }

  /** Tasks that have not ended after the grace period are left to themselves: saved as running, their results discarded. */
  giveUpAfter(graceMs: number, why: string, then: () => void): void {
    this.#lastCall ??= this.clock.after(graceMs, () => {
      for (const ctx of this.#tasks.values()) {
        ctx.abort(new RunCancelledError(`${why}, and the grace period of ${graceMs} ms is over`, { runId: ctx.runId }));
        for (const { id } of ctx.book?.checkpoints ?? []) ctx.run.checkpointer?.drop(id, ctx.taskId);
        ctx.close();
      }
      this.#tasks.clear();
      then();
    });
  }

  /** Calls off the end of the grace period. */
  rest(): void {
    this.#lastCall?.();
    this.#lastCall = null;
  }
}
