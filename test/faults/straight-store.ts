// A store with a planted bug: it writes a checkpoint where readers look for it, instead of aside and with one rename.
import { join } from "node:path";
import type { CheckpointRecord } from "../../src/core/checkpoint.js";
import type { DurableFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/index.js";

export class StraightStore extends FileCheckpointStore {
  constructor(
    root: string,
    private readonly fs: DurableFs,
  ) {
    super(root, { fs });
  }

  override async put({ runId, seq, id, files, blobs }: CheckpointRecord): Promise<void> {
    const run = join(this.location, runId);
    const folder = join(run, "checkpoints", `${String(seq).padStart(8, "0")}-${id}`);
    for (const path of [run, join(run, "checkpoints"), join(run, "blobs"), folder]) {
      if (this.fs.inspect(path) === null) this.fs.makeDirectory(path);
    }
    for (const [digest, bytes] of blobs) await this.write(join(run, "blobs", digest), bytes);
    for (const [name, bytes] of Object.entries(files)) await this.write(join(folder, `${name}.json`), bytes);
    await this.fs.syncDirectory(folder);
    await this.fs.syncDirectory(join(run, "checkpoints"));
  }

  private async write(path: string, bytes: Uint8Array): Promise<void> {
    const file = this.fs.create(path);
    await this.fs.write(file, bytes);
    await this.fs.syncFile(file);
    this.fs.close(file);
  }
}
