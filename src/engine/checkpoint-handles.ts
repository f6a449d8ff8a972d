import type { CheckpointHandle, CheckpointInfo } from "../core/checkpoint.js";
import { CheckpointAwaitedError, CheckpointDroppedError } from "../core/errors.js";
import type { CheckpointRequest } from "../core/outcome.js";
import { Deferred, silenced } from "./deferred.js";

/** The handles of checkpoints that were asked for and are not stored yet. */
export class CheckpointHandles {
  readonly #awaited = new Map<string, Deferred<CheckpointInfo>>();

  /** The handle of a request. While `isOpen`, `committed` cannot be awaited: the checkpoint comes after the task. */
  make(request: CheckpointRequest, isOpen: () => boolean): CheckpointHandle {
    const deferred = new Deferred<CheckpointInfo>();
    this.#awaited.set(request.id, deferred);
    return {
      id: request.id,
      get committed() {
        if (!isOpen()) return deferred.promise;
        const message =
          `the checkpoint that task "${request.taskId}" asked for is taken after the task, so that the task cannot wait for it: ` +
          `return without awaiting "committed", or ask with { mode: "immediate" }.`;
        return silenced(Promise.reject(new CheckpointAwaitedError(message, { checkpointId: request.id })));
      },
    };
  }

  /** Forgets the request of a task that failed. */
  drop(id: string, taskId: string): void {
    const message = `checkpoint ${id} was not taken: task "${taskId}", which had asked for it, failed.`;
    this.settle(id, new CheckpointDroppedError(message, { checkpointId: id, taskId }));
  }

  /** A checkpoint is stored, or has failed. */
  settle(id: string, end: CheckpointInfo | Error): void {
    const deferred = this.#awaited.get(id);
    this.#awaited.delete(id);
    if (end instanceof Error) deferred?.reject(end);
    else deferred?.resolve(end);
  }
}
