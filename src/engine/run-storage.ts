import type { CheckpointInfo, CheckpointStore } from "../core/checkpoint.js";
import { DuplicateIdError, type StaleOwnerError, UsageError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import type { CheckpointRequest } from "../core/outcome.js";
import type { Checkpointer } from "./checkpointer.js";
import { noStore } from "./requests.js";
import type { RunWiring } from "./run-wiring.js";

/** What one run is wired to, and the stores that were opened for it alone. */
export interface StoredRunWiring extends RunWiring {
  readonly checkpointer: Checkpointer | null;
  readonly ownStores: readonly CheckpointStore[];
}

/** What is stored of a run at its beginning, at its end, and when somebody outside the tasks asks for it. */
export class RunStorage {
  constructor(private readonly run: StoredRunWiring) {}

  /** Readies the store and makes the run ours. A new run must not mix its checkpoints with those of another. */
  async open(isNew: boolean, onLost: (error: StaleOwnerError) => void): Promise<void> {
    const { checkpointer, state } = this.run;
    if (checkpointer === null) return;
    await checkpointer.open();
    const { ownership } = checkpointer;
    await ownership.acquire();
    ownership.keepUp(onLost);
    if (!isNew && !checkpointer.isUnstoredFork) return;
    const newest = (await ownership.store.list(state.runId)).at(-1);
    if (newest === undefined) return;
    throw new DuplicateIdError(
      `run id "${state.runId}" has checkpoints already (the newest is ${newest.seq}): resume that run, or choose another id.`,
      { runId: state.runId },
    );
  }

  /** A journal holds steps that follow a checkpoint: it begins with one. So does a fork, which is stored nowhere else. */
  async begin(): Promise<void> {
    const { journal, checkpointer, state } = this.run;
    if (checkpointer === null || state.status !== "running") return;
    if (journal === null && !checkpointer.isUnstoredFork) return;
    const error = await checkpointer.save(checkpointer.ownRequest("auto", null));
    if (error !== null) throw error;
  }

  /** Stores a checkpoint: at once, or by way of the engine that is at work. */
  async checkpoint(
    metadata: object,
    name: string | undefined,
    queue: ((request: CheckpointRequest) => void) | null,
  ): Promise<CheckpointInfo> {
    const { checkpointer, settings, state } = this.run;
    if (checkpointer === null) throw noStore("context.checkpoint()", settings.durability);
    if (!checkpointer.ownership.isHeld) {
      const message = `run ${state.runId} is not under way on this context, so that it cannot be saved: resume it, or ask for the checkpoint before it ends.`;
      throw new UsageError(message, { runId: state.runId });
    }
    const checkedName = name === undefined ? null : checkedId(name, "checkpoint name");
    const request = checkpointer.ownRequest("requested", null, metadata, checkedName);
    const { committed } = checkpointer.handle(request, () => false);
    if (queue === null) await checkpointer.save(request);
    else queue(request);
    return committed;
  }

  /** A run that failed or was stopped leaves a checkpoint, if it has a store and is still ours. */
  async end(stopped: boolean): Promise<void> {
    const { checkpointer, journal, state } = this.run;
    if (state.error?.code === "STALE_OWNER") return;
    const failed = state.status === "failed" || state.status === "cancelled";
    if (checkpointer !== null && (failed ? checkpointer.policy.onError : stopped)) {
      const error = await checkpointer.save(checkpointer.ownRequest(failed ? "error" : "signal", null));
      if (error !== null && !failed) throw error;
    }
    await journal?.close();
  }

  /** Lets go of the journal, the run and the stores that were opened for it. What was not stored by now is not. */
  async letGo(): Promise<void> {
    await this.run.journal?.close().catch(() => {});
    await this.run.checkpointer?.ownership.release();
    for (const store of this.run.ownStores) await store.close().catch(() => {});
  }
}
