import type { CheckpointKey, CheckpointRecord } from "./checkpoint.js";
import { InvalidIdError, RunOwnedError, SequenceTakenError, StaleOwnerError } from "./errors.js";
import { checkedId, quoted } from "./ids.js";

/** Returns the key if its parts are valid. */
export function checkedKey(key: CheckpointKey): CheckpointKey {
  checkedId(key.runId, "run id");
  checkedId(key.id, "checkpoint id");
  if (isSeq(key.seq)) return key;
  throw new InvalidIdError(
    `seq ${String(key.seq)} of checkpoint ${key.id} is not valid: expected a whole number from 1 to 2^53 - 1; count checkpoints from 1.`,
  );
}

/** Returns the record if all its names are valid and it is of the run that is written. */
export function checkedRecord(record: CheckpointRecord, runId: string): CheckpointRecord {
  checkedKey(record);
  for (const digest of record.blobs.keys()) checkedDigest(digest);
  if (record.runId === runId) return record;
  throw new InvalidIdError(
    `checkpoint ${record.id} is of run ${quoted(record.runId)}: expected run ${quoted(runId)}, whose writer this is; acquire the other run to write it.`,
  );
}

export const isSeq = (seq: unknown): seq is number => Number.isSafeInteger(seq) && (seq as number) >= 1;

/** Whether a text is a SHA-256 in hex. */
export const isDigest = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** Returns the digest if it is one. */
export function checkedDigest(digest: string): string {
  if (isDigest(digest)) return digest;
  throw new InvalidIdError(`blob digest ${quoted(digest)} is not valid: expected 64 of 0-9 a-f; give the SHA-256 of the content in hex.`);
}

/** Says that a run has a checkpoint with this seq already; `by` is what was found. */
export function seqTaken({ runId, seq, id }: CheckpointKey, by: string): SequenceTakenError {
  return new SequenceTakenError(
    `seq ${seq} of run ${runId} is taken: found ${by}, expected none; resume the run from its newest checkpoint.`,
    { runId, checkpointId: id },
  );
}

/** Says that a run cannot be acquired, as somebody has it. */
export function runOwned(runId: string, owner: string): RunOwnedError {
  return new RunOwnedError(
    `run ${runId} has an owner: found ${owner}, expected nobody; wait until it is done, or stop it, then resume the run.`,
    owner,
    { runId },
  );
}

/** Says that a writer has lost its run; `found` is who or what stands in its place. */
export function staleOwner(runId: string, epoch: number, found: string): StaleOwnerError {
  return new StaleOwnerError(
    `the owner of run ${runId} in epoch ${epoch} cannot commit any more: found ${found}; nothing of this commit counts, leave the run to its new owner.`,
    { runId },
  );
}
