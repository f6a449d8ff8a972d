import type { CheckpointInfo } from "../core/checkpoint.js";
import { DuplicateIdError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import type { CheckpointRequest } from "../core/outcome.js";
import type { Checkpointer } from "./checkpointer.js";
import { noStore } from "./requests.js";
import type { RunWiring } from "./run-wiring.js";

/** What is stored of a run at its beginning, at its end, and when somebody outside the tasks asks for it. */
export class RunStorage {
  constructor(private readonly run: RunWiring & { readonly checkpointer: Checkpointer | null }) {}

  /** Readies the store. A new run must not mix its checkpoints with those of another. */
  async open(isNew: boolean): Promise<void> {
    const { checkpointer, state } = this.run;
    await checkpointer?.open();
    if (!isNew) return;
    const newest = (await checkpointer?.store.list(state.runId))?.at(-1);
    if (newest === undefined) return;
    throw new DuplicateIdError(
      `run id "${state.runId}" has checkpoints already (the newest is ${newest.seq}): resume that run, or choose another id.`,
      { runId: state.runId },
    );
  }

  /** A journal holds steps that follow a checkpoint: it begins with one. */
  async beginJournal(): Promise<void> {
    const { journal, checkpointer, state } = this.run;
    if (journal === null || checkpointer === null || state.status !== "running") return;
    const error = await checkpointer.save(checkpointer.ownRequest("auto", null));
    if (error !== null) throw error;
  }

  /** Stores a checkpoint: at once, or by way of the engine that is at work. */
  async checkpoint(
    metadata: object,
    name: string | undefined,
    queue: ((request: CheckpointRequest) => void) | null,
  ): Promise<CheckpointInfo> {
    const { checkpointer, settings } = this.run;
    if (checkpointer === null) throw noStore("context.checkpoint()", settings.durability);
    const checkedName = name === undefined ? null : checkedId(name, "checkpoint name");
    const request = checkpointer.ownRequest("requested", null, metadata, checkedName);
    const { committed } = checkpointer.handle(request, () => false);
    if (queue === null) await checkpointer.save(request);
    else queue(request);
    return committed;
  }

  /** A run that failed or was stopped leaves a checkpoint, if it has a store. */
  async end(stopped: boolean): Promise<void> {
    const { checkpointer, journal, state } = this.run;
    const failed = state.status === "failed" || state.status === "cancelled";
    if (checkpointer !== null && (failed ? checkpointer.policy.onError : stopped)) {
      const error = await checkpointer.save(checkpointer.ownRequest(failed ? "error" : "signal", null));
      if (error !== null && !failed) throw error;
    }
    await journal?.close();
  }

  /** Lets go of the journal and the store. */
  async close(): Promise<void> {
    await this.run.journal?.close();
    await this.run.checkpointer?.store.close();
  }
}
