import type { CheckpointInfo, CheckpointStore } from "../core/checkpoint.js";
import { DuplicateIdError, type StaleOwnerError, UsageError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import type { CheckpointRequest } from "../core/outcome.js";
import { isRunner, type TaskRunner } from "../core/task-runner.js";
import type { ChannelMirror } from "./channel-mirror.js";
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
    const { checkpointer, state, channel } = this.run;
    for (const runner of this.#runners()) await runner.begin({ runId: state.runId, channelKind: channel.backend.kind });
    if (checkpointer === null) return;
    const { ownership } = checkpointer;
    // A run that is resumed where it is stored was acquired to be read.
    if (!ownership.isHeld) {
      await checkpointer.open();
      await ownership.acquire();
    }
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
    const { journal, checkpointer, state, mirror } = this.run;
    if (state.status !== "running") return;
    if (mirror !== null) await this.#beginMirror(mirror);
    if (checkpointer === null) return;
    if (journal === null && !checkpointer.isUnstoredFork) return;
    const request = checkpointer.ownRequest("auto", null);
    const { committed } = checkpointer.handle(request, () => false);
    await checkpointer.save(request);
    // Whatever `onFailure` says: without this checkpoint there is nothing that could be gone on from.
    await committed;
  }

  /** Whoever takes the run over does so before claiming the copy: if the run is still ours after we have, theirs is the later claim. */
  async #beginMirror(mirror: ChannelMirror): Promise<void> {
    const { checkpointer, state, events } = this.run;
    const { runId, steps } = state;
    const found = await mirror.claim();
    if (checkpointer?.ownership.isHeld) await checkpointer.ownership.writer.renew();
    await mirror.begin(steps);
    if (found === null || found <= steps) return;
    const message = `the channel of run ${runId} at ${mirror.location} was at step ${found}, and the run goes on from step ${steps}: it was set back to that; what came after is done again.`;
    events.emit("warning", { runId, code: "CHANNEL_SET_BACK", message });
  }

  /** What is left elsewhere is no part of how the run ended, as long as it has all that the run wrote. */
  async #endMirror(): Promise<void> {
    const { mirror, state, events } = this.run;
    if (mirror === null) return;
    await mirror.flush(state.steps);
    await mirror.end().catch((error) => {
      const message = `the channel of run ${state.runId} stays at ${mirror.location}, as it could not be told that the run has ended: ${error.message}`;
      events.emit("warning", { runId: state.runId, code: "CHANNEL_STAYS", message });
    });
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
    await this.#endMirror();
  }

  /** Lets go of the journal, the run and the stores that were opened for it. What was not stored by now is not. */
  async letGo(): Promise<void> {
    await this.run.journal?.close().catch(() => {});
    for (const runner of this.#runners()) await runner.end(this.run.state.runId).catch(() => {});
    await this.run.checkpointer?.ownership.release();
    for (const store of this.run.ownStores) await store.close().catch(() => {});
  }

  #runners(): readonly TaskRunner[] {
    const { runner, handlers } = this.run;
    return [...new Set([...(runner === null ? [] : [runner]), ...[...handlers.values()].filter(isRunner)])];
  }
}
