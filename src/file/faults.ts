import type { CheckpointKey } from "../core/checkpoint.js";
import { CairnError, CheckpointStorageError, CheckpointWriteError, type Outcome } from "../core/errors.js";
import { errorCode } from "./durable-fs.js";

const REMEDIES = new Map([
  ["ENOSPC", "free some space on this disk"],
  ["EDQUOT", "raise the quota or free some space"],
  ["EMFILE", "raise the limit of open files (ulimit -n)"],
  ["ENFILE", "raise the limit of open files of this machine"],
  ["EACCES", "give this user read and write access"],
  ["EPERM", "give this user read and write access"],
  ["EROFS", "mount it writable or choose another folder"],
  ["EIO", "check the disk"],
  ["ENOENT", "see who removed it, and open the store again"],
  ["ENOTDIR", "choose a folder that does not lie below a file"],
  ["ENOTEMPTY", "remove what no store has put there"],
]);

const reasonOf = (error: unknown): string => errorCode(error) ?? (error instanceof Error ? error.name : "an unknown error");
const remedyFor = (error: unknown): string => REMEDIES.get(errorCode(error) ?? "") ?? "see the cause";

const nameOf = (key: CheckpointKey): string => `checkpoint ${key.id} (seq ${key.seq} of run ${key.runId})`;

export function writeFault(key: CheckpointKey, path: string, cause: unknown, outcome: Outcome): CheckpointWriteError {
  const state =
    outcome === "unknown"
      ? "it is in place, but may not survive a power cut"
      : "nothing of it is visible, and the checkpoint before it is as it was";
  return new CheckpointWriteError(
    `${nameOf(key)} could not be written to ${path}: found ${reasonOf(cause)}, expected every write and sync to succeed; ${state}; ${remedyFor(cause)}, then take a new checkpoint.`,
    { runId: key.runId, checkpointId: key.id, cause, outcome },
  );
}

export function storageFault(what: string, path: string, cause: unknown, outcome: Outcome = "not-applied"): CheckpointStorageError {
  return new CheckpointStorageError(
    `${what} ${path}: found ${reasonOf(cause)}, expected it to succeed; ${remedyFor(cause)} and try again.`,
    {
      cause,
      outcome,
    },
  );
}

/** Says that something stands where a folder of the store must be. */
export function notAFolder(path: string, found: string): CheckpointStorageError {
  const cause = new Error(`${path} is ${found}`);
  return new CheckpointStorageError(
    `${path} cannot hold checkpoints: found ${found}, expected a real directory; remove it or choose another folder.`,
    { cause },
  );
}

/** Lets an action fail with errors of this library only. */
export async function reporting<T>(what: string, path: string, action: () => Promise<T>, outcome: Outcome = "not-applied"): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof CairnError ? error : storageFault(what, path, error, outcome);
  }
}
