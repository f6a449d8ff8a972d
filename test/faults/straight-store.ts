// A store with a planted bug: it writes a checkpoint where readers look for it, instead of aside and with one rename.
import { join } from "node:path";
import type { CheckpointRecord } from "../../src/core/checkpoint.js";
import type { DurableFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/index.js";
import { wrappedStore } from "../testing/wrapped-store.js";

export function straightStore(root: string, fs: DurableFs): FileCheckpointStore {
  return wrappedStore(new FileCheckpointStore(root, { fs }), () => ({ put: (record) => putStraight(root, fs, record) }));
}

async function putStraight(root: string, fs: DurableFs, { runId, seq, id, files, blobs }: CheckpointRecord): Promise<void> {
  const run = join(root, runId);
  const folder = join(run, "checkpoints", `${String(seq).padStart(8, "0")}-${id}`);
  fs.makeDirectory(folder);
  for (const [digest, bytes] of blobs) await write(fs, join(run, "blobs", digest), bytes);
  for (const [name, bytes] of Object.entries(files)) await write(fs, join(folder, `${name}.json`), bytes);
  await fs.syncDirectory(folder);
  await fs.syncDirectory(join(run, "checkpoints"));
}

async function write(fs: DurableFs, path: string, bytes: Uint8Array): Promise<void> {
  const file = fs.create(path);
  await fs.write(file, bytes);
  await fs.syncFile(file);
  fs.close(file);
}
