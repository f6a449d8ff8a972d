import { join } from "node:path";
import type { CheckpointKey } from "../core/checkpoint.js";
import { InvalidIdError } from "../core/errors.js";
import { checkedId, isId, quoted } from "../core/ids.js";

const SEQ_DIGITS = 8;
const NAME = /^(\d{8,16})-(.+)$/;
const DIGEST = /^[0-9a-f]{64}$/;

/** The folders of a run. */
export interface RunPaths {
  readonly run: string;
  readonly checkpoints: string;
  readonly blobs: string;
  readonly tmp: string;
  readonly journal: string;
  readonly pins: string;
  /** Its size says how many checkpoints were removed one by one. */
  readonly removals: string;
}

export function runPaths(root: string, runId: string): RunPaths {
  const run = join(root, checkedId(runId, "run id"));
  const within = (name: string): string => join(run, name);
  return {
    run,
    checkpoints: within("checkpoints"),
    blobs: within("blobs"),
    tmp: within("tmp"),
    journal: within("journal"),
    pins: within("pins"),
    removals: within("removals"),
  };
}

const padded = (seq: number): string => String(seq).padStart(SEQ_DIGITS, "0");

/** The folder of a checkpoint: its seq comes first and is padded, so that names sort. */
export const checkpointName = (key: CheckpointKey): string => `${padded(key.seq)}-${key.id}`;

/** The journal of the steps after a checkpoint. */
export const journalName = (seq: number): string => `${padded(seq)}.log`;

/** The folder that whoever writes a seq holds. */
export const claimName = (seq: number): string => `claim-${padded(seq)}`;

export const isClaimName = (name: string): boolean => /^claim-\d{8,16}$/.test(name);

/** The key that a folder's name stands for; `null` for a name that no store has given. */
export function parseCheckpointName(runId: string, name: string): CheckpointKey | null {
  const [, digits, id] = NAME.exec(name) ?? [];
  const seq = Number(digits);
  return isId(id) && isSeq(seq) && padded(seq) === digits ? { runId, seq, id } : null;
}

/** Returns the key if its parts may become names on disk. */
export function checkedKey(key: CheckpointKey): CheckpointKey {
  checkedId(key.runId, "run id");
  checkedId(key.id, "checkpoint id");
  if (isSeq(key.seq)) return key;
  throw new InvalidIdError(
    `seq ${String(key.seq)} of checkpoint ${key.id} is not valid: expected a whole number from 1 to 2^53 - 1; count checkpoints from 1.`,
  );
}

export const isDigest = (name: string): boolean => DIGEST.test(name);

/** Returns the digest if it may become a name on disk. */
export function checkedDigest(digest: string): string {
  if (isDigest(digest)) return digest;
  throw new InvalidIdError(`blob digest ${quoted(digest)} is not valid: expected 64 of 0-9 a-f; give the SHA-256 of the content in hex.`);
}

const isSeq = (seq: unknown): seq is number => Number.isSafeInteger(seq) && (seq as number) >= 1;
