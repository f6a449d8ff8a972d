import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import { CHECKPOINT_FILES, type CheckpointStore } from "../../src/core/checkpoint.js";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { recordOf } from "./record.js";

export { put } from "../../src/testing/checkpoint-store-support.js";
export { digestOf, recordOf } from "./record.js";

const made: string[] = [];

afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
});

/** A new folder, removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "cairnflow-file-"));
  made.push(path);
  return path;
}

export async function openedStore(root: string, fs: DurableFs = systemFs): Promise<FileCheckpointStore> {
  const store = new FileCheckpointStore(root, { fs });
  await store.open();
  return store;
}

/** What is in the folder of whoever owns the run, or had it last, apart from the count of resumes; and what is in `tmp`. */
export async function leftIn(root: string, runId = "r1"): Promise<string[]> {
  const owners = await readdir(join(root, runId, "owner"));
  expect(owners).toHaveLength(1);
  const unfinished = await readdir(join(root, runId, "owner", String(owners[0])));
  return [...unfinished.filter((name) => name !== "resumes"), ...(await readdir(join(root, runId, "tmp")))];
}

/** A file system that asks before each call what to do: go on, or throw this error. `close` always closes. */
export function watchedFs(before: (call: string, path: string, to: string) => Error | null, fs: DurableFs = systemFs): DurableFs {
  return new Proxy(fs, {
    get: (target, name: keyof DurableFs & string) => {
      const real = (target[name] as (...args: unknown[]) => unknown).bind(target);
      return (...args: unknown[]): unknown => {
        const error = before(name, String(args[0]), String(args[1]));
        if (error === null) return real(...args);
        if (name === "close") real(...args);
        if (["write", "syncFile", "syncDirectory", "removeTree", "list", "read"].includes(name)) return Promise.reject(error);
        throw error;
      };
    },
  });
}

export const systemError = (code: string, call: string): Error => Object.assign(new Error(`${code}: injected, ${call}`), { code });

/** The seqs of a run, after checking that each of its checkpoints has the bytes that its id stands for, and its blobs. */
export async function wholeCheckpoints(store: CheckpointStore, runId = "r1"): Promise<number[]> {
  const keys = await store.list(runId);
  for (const key of keys) {
    const found = await store.read(key);
    const { blobs } = JSON.parse(textOf(found?.state)) as { blobs: string[] };
    const expected = recordOf(key.seq, key.id, blobs);
    for (const name of CHECKPOINT_FILES) expect(textOf(found?.[name]), `${name} of ${key.id}`).toBe(textOf(expected.files[name]));
    for (const [digest, bytes] of expected.blobs) expect(textOf(await store.readBlob(runId, digest)), key.id).toBe(textOf(bytes));
  }
  return keys.map(({ seq }) => seq);
}

const textOf = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array(0));
