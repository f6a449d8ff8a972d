import type { CheckpointInfo, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { type CheckpointView, checkpointView } from "../core/checkpoint-view.js";
import type { Host } from "../core/clock.js";
import { CairnError, CheckpointNotFoundError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { namesAsSaved } from "../core/spec-read.js";
import { readRunState } from "../core/state-read.js";
import { loadCheckpoint, loadMeta } from "./load-checkpoint.js";

/** What `verify` says of one checkpoint. */
export interface VerifiedCheckpoint {
  readonly id: string;
  readonly seq: number;
  /** What is wrong with it, or `null` if it is whole. */
  readonly damage: string | null;
}

/** The checkpoints of a store, for people, tools and tests. */
export class CheckpointHistory {
  #opened: Promise<void> | null = null;

  constructor(
    /** The port behind it. */
    readonly store: CheckpointStore,
    private readonly host: Host,
  ) {}

  /** The ids of all runs that have checkpoints, sorted. */
  async runs(): Promise<readonly string[]> {
    await this.#open();
    return this.store.runs();
  }

  /** The checkpoints of a run, newest first. Throws `CheckpointCorruptError` if one of them cannot be told. */
  async list(runId: string): Promise<readonly CheckpointInfo[]> {
    const keys = await this.#keys(runId);
    const infos: CheckpointInfo[] = [];
    for (const key of [...keys].reverse()) infos.push((await loadMeta(this.store, key, this.host.sha256)).info);
    return infos;
  }

  /** A checkpoint by its id. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`. */
  async load(id: string): Promise<CheckpointView> {
    await this.#open();
    const key = await this.store.find(checkedId(id, "checkpoint id"));
    if (key === null) {
      throw new CheckpointNotFoundError(
        `there is no checkpoint ${quoted(id)} in ${this.store.location}; list a run to see which there are.`,
        { checkpointId: id },
      );
    }
    return this.#view(key);
  }

  /** The newest checkpoint of a run, or `null`. Throws `CheckpointCorruptError`. */
  async latest(runId: string): Promise<CheckpointView | null> {
    const key = (await this.#keys(runId)).at(-1);
    return key === undefined ? null : this.#view(key);
  }

  /** Removes a run with all its checkpoints; resolves to whether there was one. */
  async delete(runId: string): Promise<boolean> {
    await this.#open();
    return this.store.deleteRun(checkedId(runId, "run id"));
  }

  /** Reads every checkpoint of a run to the last byte, newest first. */
  async verify(runId: string): Promise<readonly VerifiedCheckpoint[]> {
    const verified: VerifiedCheckpoint[] = [];
    for (const key of [...(await this.#keys(runId))].reverse())
      verified.push({ id: key.id, seq: key.seq, damage: await this.#damage(key) });
    return verified;
  }

  /** Lets go of connections and handles. */
  close(): Promise<void> {
    return this.store.close();
  }

  async #keys(runId: string): Promise<readonly CheckpointKey[]> {
    await this.#open();
    return this.store.list(checkedId(runId, "run id"));
  }

  async #damage(key: CheckpointKey): Promise<string | null> {
    try {
      await this.#view(key);
      return null;
    } catch (error) {
      if (error instanceof CairnError) return error.message;
      throw error;
    }
  }

  async #view(key: CheckpointKey): Promise<CheckpointView> {
    const { meta, context, state, tasks, channel } = await loadCheckpoint(this.store, key, this.host.sha256);
    const run = readRunState(state.head, tasks, namesAsSaved);
    return checkpointView(meta.info, context.workflow, run, channel);
  }

  #open(): Promise<void> {
    this.#opened ??= this.store.open();
    return this.#opened;
  }
}
