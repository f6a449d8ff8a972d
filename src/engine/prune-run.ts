import type { CheckpointStore } from "../core/checkpoint.js";
import type { KeepPolicy } from "../core/checkpoint-policy.js";
import { prunable } from "../core/retention.js";
import { RetentionBook, readStored } from "./retention-book.js";
import { removeUnused } from "./unused-blobs.js";

/** Prunes the checkpoints of a run once, from outside: it may be running. Resolves to how many were removed. */
export async function pruneRun(
  store: CheckpointStore,
  runId: string,
  keep: KeepPolicy,
  sha256: (data: string | Uint8Array) => string,
): Promise<number> {
  const { checkpoints, complete } = await readStored(store, runId, sha256);
  const book = new RetentionBook(keep, checkpoints);
  let count = 0;
  for (const entry of prunable(checkpoints, keep, new Set(await store.pins(runId)))) {
    if (!(await store.delete(entry))) continue;
    book.drop(entry);
    count++;
  }
  if (!complete) return count;
  const left = (await store.blobs(runId)).filter((digest) => !book.names(digest));
  await removeUnused(store, runId, left, sha256);
  return count;
}
