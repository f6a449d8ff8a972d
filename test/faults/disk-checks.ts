// Holds what a store finds on a disk against what it had promised.
import { CHECKPOINT_FILES, type CheckpointKey, type CheckpointStore } from "../../src/core/checkpoint.js";
import type { DurableFs } from "../../src/file/durable-fs.js";
import { nameOf, type Promises } from "./promises.js";

const isSame = (found: Uint8Array | null | undefined, expected: Uint8Array | undefined): boolean =>
  found != null && expected !== undefined && Buffer.compare(found, expected) === 0;

/** What is not as promised; nothing is fine. Ends with a new owner that stores one more checkpoint. */
export async function brokenPromises(store: CheckpointStore, runId: string, promises: Promises): Promise<string[]> {
  try {
    await store.open();
    const keys = await store.list(runId);
    const found = new Set(keys.map(nameOf));
    const lost = [...promises.kept].filter((name) => !found.has(name)).map((name) => `checkpoint ${name} is lost`);
    const mixed: string[] = [];
    for (const key of keys) mixed.push(...(await mixedIn(store, key, promises)));
    return [...lost, ...mixed, ...(await brokenJournals(store, promises)), ...(await brokenOwnership(store, runId, keys.at(-1)?.seq ?? 0))];
  } catch (error) {
    return [String(error)];
  }
}

async function mixedIn(store: CheckpointStore, key: CheckpointKey, { records, blobs }: Promises): Promise<string[]> {
  const record = records.get(nameOf(key));
  if (record === undefined) return [`checkpoint ${nameOf(key)} was never written`];
  const files = await store.read(key);
  const wrong: string[] = CHECKPOINT_FILES.filter((name) => !isSame(files?.[name], record.files[name]));
  if (wrong.length > 0) return [`checkpoint ${nameOf(key)} is not as it was written: ${wrong.join()}`];
  for (const digest of blobsOf(record.files.meta)) {
    if (!isSame(await store.readBlob(key.runId, digest), blobs.get(digest))) wrong.push(digest.slice(0, 6));
  }
  return wrong.map((digest) => `blob ${digest} of checkpoint ${nameOf(key)} is not as it was written`);
}

const blobsOf = (meta: Uint8Array): string[] =>
  (JSON.parse(new TextDecoder().decode(meta)) as { blobs: { sha256: string }[] }).blobs.map(({ sha256 }) => sha256);

async function brokenJournals(store: CheckpointStore, { journals }: Promises): Promise<string[]> {
  const broken: string[] = [];
  for (const { runId, seq, issued, confirmed, isReplaced } of journals) {
    const found = await store.readJournal(runId, seq);
    if (!isReplaced && found.length < confirmed) broken.push(`journal ${seq} has ${found.length} steps of ${confirmed}`);
    for (const [place, record] of found.entries())
      if (!isSame(record, issued[place])) broken.push(`step ${place} of journal ${seq} is another`);
  }
  return broken;
}

/** Whoever comes next can have the run and store more. */
async function brokenOwnership(store: CheckpointStore, runId: string, newest: number): Promise<string[]> {
  const writer = await store.acquire(runId);
  const bytes = new Uint8Array([1]);
  const key = { runId, seq: newest + 1, id: "after" };
  await writer.put({ ...key, files: { context: bytes, state: bytes, meta: bytes }, blobs: new Map([["0".repeat(64), bytes]]) });
  const isThere = isSame((await store.read(key))?.state, bytes) && isSame(await store.readBlob(runId, "0".repeat(64)), bytes);
  await store.delete(key);
  await store.deleteBlob(runId, "0".repeat(64));
  await writer.release();
  return isThere ? [] : ["what was stored after it is not there"];
}

/** What is left lying about in the folder of a run once an owner has come and gone. */
export async function rubbish(fs: DurableFs, run: string): Promise<string[]> {
  const left = [...((await fs.list(`${run}/tmp`)) ?? [])];
  for (const { name } of (await fs.list(`${run}/owner`)) ?? []) left.push(...((await fs.list(`${run}/owner/${name}`)) ?? []));
  return left.filter(({ name }) => name !== "resumes").map(({ name }) => `${name} was left behind`);
}
