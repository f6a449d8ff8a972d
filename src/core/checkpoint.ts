import type { CheckpointFile, CheckpointKey } from "./checkpoint-record.js";
import type { AcquireOptions, RunOwner, RunWriter } from "./run-writer.js";

export { CHECKPOINT_FILES, type CheckpointFile, type CheckpointKey, type CheckpointRecord } from "./checkpoint-record.js";

/**
 * Where checkpoints are kept. A store moves bytes and judges nothing: encoding, digests and versions are
 * checked by its callers, so that every store answers alike.
 */
export interface CheckpointStore {
  /** A word for messages and checkpoints: `memory`, `file`. */
  readonly kind: string;
  /** Where it is, for messages: a path or an address without credentials. */
  readonly location: string;
  /** Makes the place ready and proves that it can be written. Throws `CheckpointStorageError`. */
  open(): Promise<void>;
  /**
   * Makes the caller the owner of a run, the only one who can write it; there need not be anything stored of it. An owner that is
   * known to be dead, or whose lease has run out, is replaced. Throws `RunOwnedError` while there is another.
   */
  acquire(runId: string, options?: AcquireOptions): Promise<RunWriter>;
  /** Who has acquired a run and not let go of it, or `null`. */
  owner(runId: string): Promise<RunOwner | null>;
  /** The checkpoints of a run, oldest first. */
  list(runId: string): Promise<readonly CheckpointKey[]>;
  /** The key of a checkpoint by its id alone, or `null`. */
  find(id: string): Promise<CheckpointKey | null>;
  /** The documents of a checkpoint, `null` for one that is missing; `null` as a whole if there is no such checkpoint. */
  read(key: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null>;
  /** A blob by its digest, or `null`. The content is not checked. */
  readBlob(runId: string, digest: string): Promise<Uint8Array | null>;
  /**
   * Removes a checkpoint that is not pinned; resolves to whether it did. Whatever interrupts it, the checkpoint is there whole or
   * not at all. Its blobs stay.
   */
  delete(key: CheckpointKey): Promise<boolean>;
  /** The digests of all blobs of a run, sorted. */
  blobs(runId: string): Promise<readonly string[]>;
  /**
   * Removes a blob; resolves to whether it did. `isUnused` is asked when readers and writers do not find the blob any more: if
   * it says no, as a new checkpoint names it, the blob is put back.
   */
  deleteBlob(runId: string, digest: string, isUnused?: () => Promise<boolean>): Promise<boolean>;
  /** Marks a checkpoint as one that must not be deleted, or takes the mark away; resolves to whether there is such a checkpoint. */
  pin(key: CheckpointKey, pinned: boolean): Promise<boolean>;
  /** The ids of the pinned checkpoints of a run, sorted. */
  pins(runId: string): Promise<readonly string[]>;
  /** The ids of all runs with at least one checkpoint, sorted. */
  runs(): Promise<readonly string[]>;
  /** Removes a run with all it has stored, whoever owns it; resolves to whether there was a checkpoint of it. */
  deleteRun(runId: string): Promise<boolean>;
  /**
   * The records of the journal that follows checkpoint `seq`, in order; none if there is no such journal. A last record that was
   * not written to its end is left out: nobody was told that it was stored. Throws `CheckpointCorruptError` for any other damage.
   */
  readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]>;
  /** Lets go of connections and handles. */
  close(): Promise<void>;
}

/** Why a checkpoint was taken. */
export type CheckpointReason = "requested" | "auto" | "periodic" | "error" | "signal";

/** What is known of a checkpoint without loading its state. */
export interface CheckpointInfo extends CheckpointKey {
  readonly name: string | null;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly reason: CheckpointReason;
  readonly steps: number;
  /** The task and cycle that asked for it or that it was taken after, or `null`. */
  readonly taskId: string | null;
  readonly cycle: number | null;
  /** The id of the checkpoint of this run that it goes on from, or `null` for the first. */
  readonly parent: string | null;
  /** The checkpoint of another run that this run was forked from, or `null`. */
  readonly forkedFrom: ForkOrigin | null;
  /** Tasks completed, and those known of in all (completed, pending, running, failed). */
  readonly progress: { readonly completed: number; readonly total: number };
  /** The latest value of each metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The size of its documents and of the blobs it names, which it may share with others. */
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The checkpoint that a run was forked from. */
export interface ForkOrigin {
  readonly runId: string;
  readonly checkpointId: string;
}

/** How a task asks for a checkpoint. */
export interface CheckpointRequestOptions {
  /** A name to find it by, unique in the run if it is to be resumed by name. */
  readonly name?: string;
  /** `deferred` (default): after the task's step. `immediate`: now, with what the task wrote so far and the task pending. */
  readonly mode?: "deferred" | "immediate";
}

/** A checkpoint that was asked for. */
export interface CheckpointHandle {
  readonly id: string;
  /**
   * Settles when the checkpoint is stored or has failed. In deferred mode that is after the task, so that awaiting
   * it inside the task is refused with `CheckpointAwaitedError`.
   */
  readonly committed: Promise<CheckpointInfo>;
}
