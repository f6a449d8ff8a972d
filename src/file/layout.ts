import { join } from "node:path";
import type { CheckpointKey } from "../core/checkpoint.js";
import { InvalidIdError } from "../core/errors.js";
import { checkedId, isId } from "../core/ids.js";
import { isSeq } from "../core/store-checks.js";

const SEQ_DIGITS = 8;
const CHECKPOINT = /^(\d{8,16})-(.+)$/;
const JOURNAL = /^\d{8,16}\.log$/;

/** The folders of a run. */
export interface RunPaths {
  /** The folder of all runs. */
  readonly root: string;
  readonly run: string;
  readonly checkpoints: string;
  readonly blobs: string;
  /** Holds one folder, which bears the name of whoever owns the run. */
  readonly owner: string;
  /** Where things go that are being removed. */
  readonly tmp: string;
  readonly journal: string;
  readonly pins: string;
}

export function runPaths(root: string, runId: string): RunPaths {
  const run = join(root, checkedId(runId, "run id"));
  const within = (name: string): string => join(run, name);
  return {
    root,
    run,
    checkpoints: within("checkpoints"),
    blobs: within("blobs"),
    owner: within("owner"),
    tmp: within("tmp"),
    journal: within("journal"),
    pins: within("pins"),
  };
}

const padded = (seq: number): string => String(seq).padStart(SEQ_DIGITS, "0");

/** The folder of a checkpoint: its seq comes first and is padded, so that names sort. */
export const checkpointName = (key: CheckpointKey): string => `${padded(key.seq)}-${key.id}`;

/** Returns the seq if it may become a name on disk. */
export function checkedSeq(seq: number): number {
  if (isSeq(seq)) return seq;
  throw new InvalidIdError(`seq ${String(seq)} is not valid: expected a whole number from 1 to 2^53 - 1; count checkpoints from 1.`);
}

/** The journal of the steps after a checkpoint. */
export const journalName = (seq: number): string => `${padded(seq)}.log`;

export const isJournalName = (name: string): boolean => JOURNAL.test(name);

/** The key that a folder's name stands for; `null` for a name that no store has given. */
export function parseCheckpointName(runId: string, name: string): CheckpointKey | null {
  const [, digits, id] = CHECKPOINT.exec(name) ?? [];
  const seq = Number(digits);
  return isId(id) && isSeq(seq) && padded(seq) === digits ? { runId, seq, id } : null;
}
