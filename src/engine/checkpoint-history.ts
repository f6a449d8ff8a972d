import type { CheckpointInfo, CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { type CheckpointDifference, type DiffOptions, diffCheckpoints } from "../core/checkpoint-diff.js";
import { checkedKeep, type KeepOptions } from "../core/checkpoint-policy.js";
import type { CheckpointView } from "../core/checkpoint-view.js";
import type { Host } from "../core/clock.js";
import { CairnError, CheckpointCorruptError, CheckpointNotFoundError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { runOwned } from "../core/store-checks.js";
import { type LoadedCheckpoint, loadCheckpoint, loadMeta } from "./load-checkpoint.js";
import { pruneRun } from "./prune-run.js";
import { viewAt, viewOf } from "./view-checkpoint.js";

/** What `verify` says of one checkpoint. */
export interface VerifiedCheckpoint {
  readonly id: string;
  readonly seq: number;
  /** What is wrong with it, or `null` if it is whole. */
  readonly damage: string | null;
}

/** A checkpoint as a list shows it. */
export interface ListedCheckpoint extends CheckpointInfo {
  /** Whether it is kept whatever a policy says. */
  readonly pinned: boolean;
}

/** The value that a metric had in one checkpoint. */
export interface MetricPoint {
  readonly seq: number;
  readonly steps: number;
  readonly value: number;
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
  async list(runId: string): Promise<readonly ListedCheckpoint[]> {
    const infos = await this.#infos(runId);
    const pins = new Set(await this.store.pins(runId));
    return infos.map((info) => ({ ...info, pinned: pins.has(info.id) }));
  }

  /** A checkpoint by its id. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`. */
  async load(id: string): Promise<CheckpointView> {
    return this.#view(await this.#find(id));
  }

  /** The newest checkpoint of a run, with the steps that its journal holds, or `null`. Throws `CheckpointCorruptError`. */
  async latest(runId: string): Promise<CheckpointView | null> {
    const key = (await this.#keys(runId)).at(-1);
    if (key === undefined) return null;
    return viewOf(await this.#load(key), await this.store.readJournal(runId, key.seq));
  }

  /**
   * What a run was after a task had ended its cycle, or any of its cycles unless one is given: as its journal has it, else as the
   * newest checkpoint taken then; `null` if there is none.
   */
  async at(runId: string, place: { readonly task: string; readonly cycle?: number }): Promise<CheckpointView | null> {
    const { task, cycle } = place;
    const newest = (await this.#keys(runId)).at(-1);
    const journal = newest === undefined ? [] : await this.store.readJournal(runId, newest.seq);
    const step = newest === undefined || journal.length === 0 ? null : await viewAt(() => this.#load(newest), journal, place);
    if (step !== null) return step;
    for (const info of await this.#infos(runId)) {
      if (info.taskId !== task || (cycle !== undefined && info.cycle !== cycle)) continue;
      const view = await this.#view(info);
      // It may have been taken before the task, or in the middle of it.
      if ((view.completedTasks.get(task) ?? 0) >= (info.cycle ?? 1)) return view;
    }
    return null;
  }

  /** The values of a metric over the checkpoints of a run that have one, oldest first. */
  async series(runId: string, metric: string): Promise<readonly MetricPoint[]> {
    const infos = (await this.#infos(runId)).reverse();
    return infos.flatMap(({ seq, steps, metrics }) =>
      Object.hasOwn(metrics, metric) ? [{ seq, steps, value: metrics[metric] as number }] : [],
    );
  }

  /**
   * What differs from one checkpoint to another, path by path. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`.
   *
   * ```ts
   * for (const { path, before, after } of await history.diff(a, b, { tolerance: 1e-9 })) console.log(path, before, after);
   * ```
   */
  async diff(a: string, b: string, options: DiffOptions = {}): Promise<readonly CheckpointDifference[]> {
    return diffCheckpoints(await this.load(a), await this.load(b), options);
  }

  /** Keeps a checkpoint whatever a policy says. Throws `CheckpointNotFoundError`. */
  pin(id: string): Promise<void> {
    return this.#mark(id, true);
  }

  /** Leaves a checkpoint to the policy again. Throws `CheckpointNotFoundError`. */
  unpin(id: string): Promise<void> {
    return this.#mark(id, false);
  }

  /**
   * Removes the checkpoints of a run that are not to be kept, and the blobs that none of the others needs; resolves to how many
   * checkpoints that were. The newest and the pinned ones stay. The run may be going on. Throws `InvalidOptionError`.
   */
  async prune(runId: string, keep: KeepOptions): Promise<number> {
    const policy = checkedKeep(keep, "keep");
    await this.#open();
    return pruneRun(this.store, checkedId(runId, "run id"), policy, this.host.sha256);
  }

  /** Removes a run with all its checkpoints; resolves to whether there was one. Throws `RunOwnedError` while it is under way. */
  async delete(runId: string): Promise<boolean> {
    await this.#open();
    const owner = await this.store.owner(checkedId(runId, "run id"));
    if (owner?.isAlive) throw runOwned(runId, owner.description);
    return this.store.deleteRun(checkedId(runId, "run id"));
  }

  /** Reads every checkpoint of a run to the last byte, newest first. */
  async verify(runId: string): Promise<readonly VerifiedCheckpoint[]> {
    const verified: VerifiedCheckpoint[] = [];
    for (const key of [...(await this.#keys(runId))].reverse()) {
      const damage = await this.#damage(key);
      if (damage !== "gone") verified.push({ id: key.id, seq: key.seq, damage: damage?.message ?? null });
    }
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

  /** Newest first, without those that are deleted meanwhile. */
  async #infos(runId: string): Promise<CheckpointInfo[]> {
    const infos: CheckpointInfo[] = [];
    for (const key of [...(await this.#keys(runId))].reverse()) {
      try {
        infos.push((await loadMeta(this.store, key, this.host.sha256)).info);
      } catch (error) {
        if (!(error instanceof CheckpointNotFoundError)) throw error;
      }
    }
    return infos;
  }

  async #find(id: string): Promise<CheckpointKey> {
    await this.#open();
    const key = await this.store.find(checkedId(id, "checkpoint id"));
    if (key === null) throw this.#notFound(id);
    return key;
  }

  async #mark(id: string, pinned: boolean): Promise<void> {
    if (!(await this.store.pin(await this.#find(id), pinned))) throw this.#notFound(id);
  }

  #notFound(id: string): CheckpointNotFoundError {
    const message = `there is no checkpoint ${quoted(id)} in ${this.store.location}; list a run to see which there are.`;
    return new CheckpointNotFoundError(message, { checkpointId: id });
  }

  async #damage(key: CheckpointKey): Promise<CairnError | "gone" | null> {
    try {
      await this.#view(key);
      return null;
    } catch (error) {
      if (error instanceof CheckpointNotFoundError) return "gone";
      if (error instanceof CairnError) return error;
      throw error;
    }
  }

  async #view(key: CheckpointKey): Promise<CheckpointView> {
    return viewOf(await this.#load(key), []);
  }

  /** What is missing of a checkpoint that was deleted meanwhile is no damage. */
  async #load(key: CheckpointKey): Promise<LoadedCheckpoint> {
    try {
      return await loadCheckpoint(this.store, key, this.host.sha256);
    } catch (error) {
      if (!(error instanceof CheckpointCorruptError) || (await this.store.read(key)) !== null) throw error;
      throw this.#notFound(key.id);
    }
  }

  #open(): Promise<void> {
    this.#opened ??= this.store.open();
    return this.#opened;
  }
}
