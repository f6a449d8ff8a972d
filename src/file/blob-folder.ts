import { join } from "node:path";
import type { CheckpointRecord } from "../core/checkpoint.js";
import { type DurableFs, writeSynced } from "./durable-fs.js";
import type { RunPaths } from "./layout.js";
import type { Ownership } from "./ownership.js";

/** Writes the blobs of one run. */
export class BlobFolder {
  /** Blobs that got their name, but whose folder could not be synced since: they are written anew. */
  private readonly doubtful = new Set<string>();

  constructor(
    private readonly calls: DurableFs,
    private readonly paths: RunPaths,
    private readonly owner: Ownership,
  ) {}

  /** Writes the blobs of a checkpoint that are not there yet; they are synced together with the other files and folders. */
  async write(
    record: CheckpointRecord,
    documents: readonly (readonly [path: string, bytes: Uint8Array])[],
    folders: readonly string[],
  ): Promise<void> {
    const blobs = this.missing(record).map(([digest, bytes]) => ({ digest, bytes, path: this.owner.newPath() }));
    try {
      await writeSynced(this.calls, [...documents, ...blobs.map(({ path, bytes }) => [path, bytes] as const)], folders);
      for (const { digest, path } of blobs) {
        this.doubtful.add(digest);
        this.calls.rename(path, join(this.paths.blobs, digest));
      }
    } catch (error) {
      for (const { path } of blobs) await this.owner.discard(path);
      throw error;
    }
    // Also for blobs that were there: another writer may have been killed before this.
    if (record.blobs.size > 0) await this.sync(record);
  }

  /** Blobs that somebody deleted before they could know that this checkpoint names them are written once more. */
  async mend(record: CheckpointRecord): Promise<void> {
    if (this.missing(record).length > 0) await this.write(record, [], []);
  }

  private async sync(record: CheckpointRecord): Promise<void> {
    await this.calls.syncDirectory(this.paths.blobs);
    for (const digest of record.blobs.keys()) this.doubtful.delete(digest);
  }

  /** Those that are not there as they should be. */
  private missing(record: CheckpointRecord): (readonly [digest: string, bytes: Uint8Array])[] {
    return [...record.blobs].filter(([digest, bytes]) => {
      const found = this.calls.inspect(join(this.paths.blobs, digest));
      return found?.kind !== "file" || found.bytes !== bytes.length || this.doubtful.has(digest);
    });
  }
}
