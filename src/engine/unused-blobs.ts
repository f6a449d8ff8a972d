import type { CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import { CheckpointCorruptError, CheckpointNotFoundError } from "../core/errors.js";
import { loadMeta } from "./load-checkpoint.js";

type Sha256 = (data: string | Uint8Array) => string;

/**
 * Removes blobs that no checkpoint names. Each time it is out of sight, the checkpoints are listed once more: a run that goes on
 * meanwhile may have stored one that names it.
 */
export async function removeUnused(store: CheckpointStore, runId: string, digests: Iterable<string>, sha256: Sha256): Promise<void> {
  const known = new Map<string, ReadonlySet<string> | "damaged">();
  const isUnused = async (digest: string): Promise<boolean> => {
    for (const key of await store.list(runId)) {
      const name = `${key.seq}-${key.id}`;
      const names = known.get(name) ?? (await namesOf(store, key, sha256));
      known.set(name, names);
      if (names === "damaged" || names.has(digest)) return false;
    }
    return true;
  };
  for (const digest of digests) await store.deleteBlob(runId, digest, () => isUnused(digest));
}

/** The digests that a checkpoint names. */
async function namesOf(store: CheckpointStore, key: CheckpointKey, sha256: Sha256): Promise<ReadonlySet<string> | "damaged"> {
  try {
    const { blobs } = await loadMeta(store, key, sha256);
    return new Set(blobs.map((blob) => blob.sha256));
  } catch (error) {
    if (error instanceof CheckpointNotFoundError) return new Set();
    if (error instanceof CheckpointCorruptError) return "damaged";
    throw error;
  }
}
