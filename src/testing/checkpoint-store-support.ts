import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { CHECKPOINT_FILES, type CheckpointKey, type CheckpointRecord, type CheckpointStore } from "../core/checkpoint.js";
import { InvalidIdError } from "../core/errors.js";

/** One promise of a port, for any test runner: `for (const { name, check } of checkpointStoreContract) it(name, () => check(open))`. */
export interface ContractCase {
  readonly name: string;
  /** Rejects if the promise is broken. `open` gives a new, empty store on which `open()` has been called. */
  check(open: () => Promise<CheckpointStore>): Promise<void>;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function record(runId: string, seq: number, id: string, ...blobs: readonly Uint8Array[]): CheckpointRecord {
  const files = { context: bytesOf(`context of ${id}`), state: bytesOf(`state of ${id}`), meta: bytesOf(`meta of ${id}`) };
  return { runId, seq, id, files, blobs: new Map(blobs.map((bytes) => [digestOf(bytes), bytes])) };
}

/** Acquires the run of a checkpoint, stores it, and lets go. */
export async function put(store: CheckpointStore, given: CheckpointRecord): Promise<void> {
  const writer = await store.acquire(given.runId);
  try {
    await writer.put(given);
  } finally {
    await writer.release();
  }
}

export async function holds(store: CheckpointStore, expected: CheckpointRecord): Promise<void> {
  const { runId, seq, id } = expected;
  const found = await store.read({ runId, seq, id });
  assert.ok(found, `checkpoint ${id} of run ${runId} can be read`);
  for (const name of CHECKPOINT_FILES) same(found[name], expected.files[name]);
  for (const [digest, bytes] of expected.blobs) same(await store.readBlob(runId, digest), bytes);
}

export function same(found: Uint8Array | null, expected: Uint8Array): void {
  assert.ok(found instanceof Uint8Array, "bytes are stored");
  assert.ok(Buffer.compare(found, expected) === 0, `${found.length} bytes are the ${expected.length} that were given`);
}

export async function lists(store: CheckpointStore, runId: string, expected: readonly string[]): Promise<void> {
  assert.deepEqual((await store.list(runId)).map(shown), expected);
}

export const shown = (key: CheckpointKey): string => `${key.seq} ${key.id}`;

/** Runs one check with a store, and closes the store however it ends. */
export function promise(name: string, body: (store: CheckpointStore) => Promise<void>): ContractCase {
  const check = async (open: () => Promise<CheckpointStore>) => {
    const store = await open();
    try {
      await body(store);
    } finally {
      await store.close();
    }
  };
  return { name, check };
}

export function keeps(name: string, make: () => CheckpointRecord): ContractCase {
  return promise(`keeps ${name}`, async (store) => {
    const given = make();
    await put(store, given);
    await holds(store, given);
    await lists(store, given.runId, [shown(given)]);
  });
}

const HOSTILE = [
  "",
  ".",
  "..",
  "../r1",
  "r1/../r2",
  "a/b",
  "a\\b",
  "/etc",
  "-rf",
  "_x",
  "a\0b",
  "a\nb",
  "é",
  "a b",
  "*",
  "%2e%2e",
  "x".repeat(129),
];

export function refuses(name: string, call: (store: CheckpointStore, id: string) => Promise<unknown>): ContractCase {
  return promise(`refuses hostile ${name} and stores nothing`, async (store) => {
    for (const id of HOSTILE) await assert.rejects(call(store, id), InvalidIdError, JSON.stringify(id));
    assert.deepEqual(await store.runs(), []);
  });
}
