import { StoreUnavailableError } from "../core/errors.js";
import { type Bucket, unsafe } from "./bucket.js";
import { unavailable } from "./faults.js";
import { quietly } from "./lanes.js";
import { newToken } from "./stamps.js";
import { ATTEMPTS, pause } from "./transport.js";

const FIRST = new TextEncoder().encode("first");
const SECOND = new TextEncoder().encode("second");
const OTHER_TAG = '"00000000000000000000000000000000"';

/**
 * Proves that a bucket can be written, read, listed and deleted from, and that its server keeps to the conditions on which all
 * commits rest. Throws `UnsafeStoreError`, `CheckpointStorageError`, `StoreUnavailableError`.
 */
export async function probe(bucket: Bucket, root: string): Promise<void> {
  const key = `${root}probes/${newToken()}`;
  try {
    await proveConditions(bucket, key);
    const listed = await bucket.list(key);
    if (!listed.includes(key)) throw unsafe(bucket.location, "does not list what was written", "each object in the next listing");
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) await quietly(() => bucket.delete(key));
    throw error;
  }
  await bucket.delete(key);
}

async function proveConditions(bucket: Bucket, key: string): Promise<void> {
  await expectReply(bucket, key, FIRST, null, "stored");
  // A server that tells no time cannot be asked for leases.
  bucket.now();
  await expectReply(bucket, key, SECOND, null, "changed");
  await expectReply(bucket, key, SECOND, OTHER_TAG, "changed");
  const found = await bucket.get(key);
  if (found === null || Buffer.compare(found.bytes, FIRST) !== 0) {
    throw unsafe(bucket.location, "gave back something else than was written", "the bytes of the last write");
  }
  await expectReply(bucket, key, SECOND, found.etag, "stored");
}

/** Writes on a condition that holds (`stored`) or does not (`changed`). */
async function expectReply(
  bucket: Bucket,
  key: string,
  bytes: Uint8Array,
  etag: string | null,
  expected: "stored" | "changed",
): Promise<void> {
  for (let attempt = 1, wasLost = false; ; attempt++) {
    const result = await bucket.tryPut(key, bytes, etag);
    if (result.kind === expected || (wasLost && result.kind === "changed")) return;
    if (result.kind === "stored" || result.kind === "changed") throw ignored(bucket, etag, result.kind);
    if (attempt === ATTEMPTS) throw unavailable("writing to", bucket.location, result.reply, "not-applied");
    wasLost ||= result.kind === "lost";
    await pause(attempt);
  }
}

function ignored({ location }: Bucket, etag: string | null, found: "stored" | "changed") {
  const header = etag === null ? "If-None-Match" : "If-Match";
  return found === "stored"
    ? unsafe(location, `wrote an object although its condition ${header} did not hold`, "an answer 412")
    : unsafe(location, `refused an object although its condition ${header} held`, "an answer 200");
}
