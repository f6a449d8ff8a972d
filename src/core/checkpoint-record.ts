/** The three documents of a checkpoint. */
export const CHECKPOINT_FILES = ["context", "state", "meta"] as const;
export type CheckpointFile = (typeof CHECKPOINT_FILES)[number];

/** Names one checkpoint of one run. */
export interface CheckpointKey {
  readonly runId: string;
  /** Grows by one with each checkpoint of the run, starting at 1. */
  readonly seq: number;
  readonly id: string;
}

/** A checkpoint as it is written: exact bytes, and the blobs its documents name that are not stored yet. */
export interface CheckpointRecord extends CheckpointKey {
  readonly files: Readonly<Record<CheckpointFile, Uint8Array>>;
  /** By SHA-256 in hex of the content. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}
