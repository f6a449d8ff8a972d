// A store with a planted bug: it writes a checkpoint where readers look for it, instead of aside and with one rename.
import { join } from "node:path";
import type { CheckpointKey, CheckpointRecord } from "../../src/core/checkpoint.js";
import type { DurableFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/index.js";
import { wrappedStore } from "../testing/wrapped-store.js";

export function straightStore(root: string, fs: DurableFs): FileCheckpointStore {
  return wrappedStore(new FileCheckpointStore(root, { fs }), () => ({ put: (record) => putStraight(root, fs, record) }));
}

async function putStraight(root: string, fs: DurableFs, record: CheckpointRecord): Promise<void> {
  await writeInto(root, fs, placeOf(root, record), record);
  await fs.syncDirectory(join(root, record.runId, "checkpoints"));
}

/** The folder of a checkpoint, where readers look for it. */
export const placeOf = (root: string, { runId, seq, id }: CheckpointKey): string =>
  join(root, runId, "checkpoints", `${String(seq).padStart(8, "0")}-${id}`);

/** Makes a folder of a checkpoint, all synced but for its own name. */
export async function writeInto(root: string, fs: DurableFs, folder: string, { runId, files, blobs }: CheckpointRecord): Promise<void> {
  const blobFolder = join(root, runId, "blobs");
  fs.makeDirectory(folder);
  for (const [digest, bytes] of blobs) await write(fs, join(blobFolder, digest), bytes);
  if (blobs.size > 0) await fs.syncDirectory(blobFolder);
  for (const [name, bytes] of Object.entries(files)) await write(fs, join(folder, `${name}.json`), bytes);
  await fs.syncDirectory(folder);
}

async function write(fs: DurableFs, path: string, bytes: Uint8Array): Promise<void> {
  const file = fs.create(path);
  await fs.write(file, bytes);
  await fs.syncFile(file);
  fs.close(file);
}
