import type { CairnError } from "../core/errors.js";
import type { CheckpointRequest } from "../core/outcome.js";
import type { AnyTask } from "../core/task.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { LiveTaskContext } from "./live-task-context.js";
import type { RunWiring } from "./run-wiring.js";

interface Save {
  readonly request: CheckpointRequest;
  /** The serial of a running task that is saved as pending. */
  readonly asPending: number | null;
}

/** The checkpoints that are to be taken before anything else happens. */
export class SaveQueue {
  #saves: Save[] = [];
  /** Specs before whose start a checkpoint was taken. */
  readonly #before = new Set<number>();

  constructor(private readonly run: RunWiring) {}

  get size(): number {
    return this.#saves.length;
  }

  add(request: CheckpointRequest, asPending: number | null = null): void {
    this.#saves.push({ request, asPending });
  }

  /** A task has committed: adds what it asked for, or what is due by the policy. */
  afterStep({ book, task, spec }: LiveTaskContext): void {
    if (book !== null) for (const request of book.checkpoints) this.add(request);
    const { checkpointer, state } = this.run;
    if (checkpointer === null || this.#saves.length > 0) return;
    const reason = checkpointer.due(task, state.steps);
    if (reason !== null) this.add(checkpointer.ownRequest(reason, spec));
  }

  /** Whether a task may start only after a checkpoint, which is then added. */
  beforeStart(spec: TaskSpec, task: AnyTask): boolean {
    const { checkpointer } = this.run;
    if (task.settings.checkpoint !== "before" || checkpointer === null) return false;
    if (this.#before.delete(spec.serial)) return false;
    this.#before.add(spec.serial);
    this.add(checkpointer.ownRequest("auto", spec));
    return true;
  }

  /** Takes all of them, one after the other; `fail` hears of those whose failure fails the run. */
  async takeAll(fail: (error: CairnError) => void): Promise<void> {
    const saves = this.#saves;
    this.#saves = [];
    for (const { request, asPending } of saves) {
      const error = (await this.run.checkpointer?.save(request, asPending)) ?? null;
      if (error !== null) fail(error);
    }
  }
}
