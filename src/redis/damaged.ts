import { CheckpointCorruptError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { isSeq } from "../core/store-checks.js";

/** Says that a key of a run holds what no store has written there. */
export function damaged(runId: string, location: string, found: string, expected: string): CheckpointCorruptError {
  return new CheckpointCorruptError(
    `run ${runId} is damaged in ${location}: found ${found}, expected ${expected}; restore the keys of the run from a backup, or delete the run.`,
    { runId },
  );
}

/** Returns an epoch or the like, which counts from 1. Throws `CheckpointCorruptError`. */
export function countOf(text: string | null | undefined, what: string, runId: string, location: string): number {
  const count = Number(text);
  if (isSeq(count)) return count;
  throw damaged(runId, location, `${what} ${quoted(text)}`, "a whole number from 1 on");
}
