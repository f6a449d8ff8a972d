import { join } from "node:path";
import { CHECKPOINT_FILES, type CheckpointKey, type CheckpointRecord } from "../core/checkpoint.js";
import { Claim, quietly, sweep } from "./claim.js";
import { type DurableFs, errorCode, writeSynced } from "./durable-fs.js";
import { notAFolder, seqTaken, writeFault } from "./faults.js";
import { checkpointName, parseCheckpointName, type RunPaths, runPaths } from "./layout.js";
import { giveBack, takeName } from "./temporary-names.js";

/** How the folder of checkpoints was last seen. */
interface Seen {
  readonly inode: number;
  readonly links: number;
  readonly highest: number;
}

/** Writes the checkpoints of one run. */
export class RunFolder {
  private readonly paths: RunPaths;
  private seen: Seen | null = null;
  /** The folder of checkpoints whose parents are known to be on disk, by inode. */
  private synced: number | null = null;
  private swept = false;
  /** Blobs that got their name, but whose folder could not be synced since: they are written anew. */
  private readonly doubtful = new Set<string>();

  constructor(
    private readonly calls: DurableFs,
    private readonly root: string,
    readonly runId: string,
  ) {
    this.paths = runPaths(root, runId);
  }

  async put(record: CheckpointRecord): Promise<void> {
    let before: Seen;
    let claim: Claim | null = null;
    try {
      this.makeFolders();
      claim = await Claim.take(this.calls, this.paths.tmp, record.seq);
      if (claim === null) throw seqTaken(record, "another writer at work on it");
      before = await this.checkFree(record);
      if (!this.swept) await this.sweep(claim.now);
      await this.write(record, claim.work, before.inode);
      this.publish(record, claim);
    } catch (error) {
      this.swept = false;
      await claim?.abandon();
      throw error;
    }
    this.noteAdded(before, record.seq);
    if (!(await claim.release())) this.swept = false;
    await this.syncPublished(record);
  }

  private makeFolders(): void {
    for (const path of [this.paths.run, this.paths.checkpoints, this.paths.blobs, this.paths.tmp]) {
      if (isFolder(this.calls, path)) continue;
      this.synced = null;
      try {
        this.calls.makeDirectory(path);
      } catch (error) {
        if (errorCode(error) !== "EEXIST") throw error;
      }
    }
  }

  /**
   * Fails if the seq has been published. A folder that has as many links as after the last put holds nothing new, so that the
   * thousandth checkpoint of a run does not have to read a thousand names. Checkpoints are never removed one by one.
   */
  private async checkFree(key: CheckpointKey): Promise<Seen> {
    const found = this.calls.inspect(this.paths.checkpoints);
    const { inode, links } = found ?? { inode: 0, links: 0 };
    const seen = this.seen;
    if (seen !== null && seen.inode === inode && seen.links === links && key.seq > seen.highest) return seen;
    let highest = 0;
    for (const { name } of (await this.calls.list(this.paths.checkpoints)) ?? []) {
      const other = parseCheckpointName(this.runId, name);
      if (other?.seq === key.seq) throw seqTaken(key, `checkpoint ${other.id}`);
      highest = Math.max(highest, other?.seq ?? 0);
    }
    return { inode, links, highest };
  }

  /** Believes the count of links only where it is seen to grow by one with a new folder: not every file system keeps it. */
  private noteAdded(before: Seen, seq: number): void {
    this.seen = null;
    try {
      const found = this.calls.inspect(this.paths.checkpoints);
      if (found === null || found.inode !== before.inode || found.links !== before.links + 1) return;
      this.seen = { inode: found.inode, links: found.links, highest: Math.max(before.highest, seq) };
    } catch {
      return;
    }
  }

  private async sweep(now: number): Promise<void> {
    this.swept = await quietly(() => sweep(this.calls, this.paths.tmp, now));
  }

  private async write(record: CheckpointRecord, work: string, inode: number): Promise<void> {
    const documents = CHECKPOINT_FILES.map((name) => [join(work, `${name}.json`), record.files[name]] as const);
    // Whoever made the folders of the run may have been killed before syncing them.
    const folders = this.synced === inode ? [work] : [work, this.paths.run, this.root];
    const blobs = this.missingBlobs(record).map(([digest, bytes]) => ({ digest, bytes, name: takeName() }));
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
    this.synced = inode;
    // Also for blobs that were there: another writer may have been killed before this.
    if (record.blobs.size > 0) await this.calls.syncDirectory(this.paths.blobs);
    for (const { digest } of blobs) this.doubtful.delete(digest);
  }

  private missingBlobs(record: CheckpointRecord): (readonly [digest: string, bytes: Uint8Array])[] {
    return [...record.blobs].filter(([digest, bytes]) => {
      const found = this.calls.inspect(join(this.paths.blobs, digest));
      return found?.kind !== "file" || found.bytes !== bytes.length || this.doubtful.has(digest);
    });
  }

  private publish(record: CheckpointRecord, claim: Claim): void {
    try {
      this.calls.rename(claim.work, join(this.paths.checkpoints, checkpointName(record)));
    } catch (error) {
      if (errorCode(error) === "ENOENT" && !claim.isHeld()) throw seqTaken(record, "a writer that took it over, or the run deleted");
      throw error;
    }
  }

  private async syncPublished(record: CheckpointRecord): Promise<void> {
    try {
      await this.calls.syncDirectory(this.paths.checkpoints);
    } catch (error) {
      throw writeFault(record, this.paths.checkpoints, error, "unknown");
    }
  }
}

/** Whether there is a directory under that very name; throws `CheckpointStorageError` for anything else, as a symbolic link. */
export function isFolder(calls: DurableFs, path: string): boolean {
  const found = calls.inspect(path);
  if (found === null) return false;
  if (found.kind === "directory") return true;
  throw notAFolder(path, found.kind === "file" ? "a file" : "a symbolic link or a special file");
}
