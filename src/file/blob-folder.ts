import { join } from "node:path";
import type { CheckpointRecord } from "../core/checkpoint.js";
import { quietly } from "./claim.js";
import { type DurableFs, writeSynced } from "./durable-fs.js";
import { writeFault } from "./faults.js";
import type { RunPaths } from "./layout.js";
import { giveBack, takeName } from "./temporary-names.js";

/** Writes the blobs of one run. */
export class BlobFolder {
  /** Blobs that got their name, but whose folder could not be synced since: they are written anew. */
  private readonly doubtful = new Set<string>();

  constructor(
    private readonly calls: DurableFs,
    private readonly paths: Pick<RunPaths, "blobs" | "tmp">,
  ) {}

  /** Syncs the names of the blobs of a checkpoint. */
  async sync(record: CheckpointRecord): Promise<void> {
    await this.calls.syncDirectory(this.paths.blobs);
    for (const digest of record.blobs.keys()) this.doubtful.delete(digest);
  }

  /** Blobs that somebody deleted before they could know that this checkpoint names them are written once more. */
  async mend(record: CheckpointRecord): Promise<void> {
    try {
      const missing = this.missing(record);
      if (missing.length === 0) return;
      await this.write(missing, [], []);
      await this.sync(record);
    } catch (error) {
      throw writeFault(record, this.paths.blobs, error, "unknown");
    }
  }

  /** Writes blobs aside, synced together with the other files and folders, and gives them their names. */
  async write(
    missing: readonly (readonly [digest: string, bytes: Uint8Array])[],
    documents: readonly (readonly [path: string, bytes: Uint8Array])[],
    folders: readonly string[],
  ): Promise<void> {
    const blobs = missing.map(([digest, bytes]) => ({ digest, bytes, name: takeName() }));
    const temporary = (name: string) => join(this.paths.tmp, name);
    try {
      await writeSynced(this.calls, [...documents, ...blobs.map(({ name, bytes }) => [temporary(name), bytes] as const)], folders);
      for (const { digest, name } of blobs) {
        this.doubtful.add(digest);
        this.calls.rename(temporary(name), join(this.paths.blobs, digest));
      }
    } catch (error) {
      for (const { name } of blobs) await quietly(() => this.calls.removeTree(temporary(name)));
      throw error;
    } finally {
      for (const { name } of blobs) giveBack(name);
    }
  }

  /** Those that are not there as they should be. */
  missing(record: CheckpointRecord): (readonly [digest: string, bytes: Uint8Array])[] {
    return [...record.blobs].filter(([digest, bytes]) => {
      const found = this.calls.inspect(join(this.paths.blobs, digest));
      return found?.kind !== "file" || found.bytes !== bytes.length || this.doubtful.has(digest);
    });
  }
}
