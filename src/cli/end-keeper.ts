import type { TaskRunner } from "../core/task-runner.js";
import type { ExecutionContext } from "../execution-context.js";
import type { Say } from "./terminal.js";

/**
 * Stores how a run has ended, so that it can be looked at afterwards. It is wired as a runner that no task names: a run waits for
 * the `end` of each of its runners before it lets go of its store.
 */
export class EndKeeper implements TaskRunner {
  readonly kind = "cairn";
  readonly fallsBack = false;
  #save: (() => Promise<void>) | null = null;
  /** The id of the checkpoint it has stored, or `null`. */
  stored: string | null = null;

  /** Keeps the end of a run, if it makes any steps. */
  watch(context: ExecutionContext, say: Say): void {
    let begunAt = -1;
    context.events.on("runResumed", ({ steps }) => {
      begunAt = steps;
    });
    context.events.on("runCompleted", ({ steps }) => {
      if (steps === begunAt) return;
      this.#save = async () => {
        try {
          this.stored = (await context.checkpoint()).id;
        } catch (error) {
          say(`cairn: the end of run ${context.runId} is not stored: ${(error as Error).message}`);
        }
      };
    });
  }

  async begin(): Promise<void> {}

  async run(): Promise<never> {
    throw new RangeError("no task names this runner");
  }

  async end(): Promise<void> {
    await this.#save?.();
  }
}
