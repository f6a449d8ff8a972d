import { join } from "node:path";
import { CHECKPOINT_FILES, type CheckpointKey, type CheckpointRecord } from "../core/checkpoint.js";
import { BlobFolder } from "./blob-folder.js";
import { type Removal, removeBlob, removeCheckpoint } from "./checkpoint-removal.js";
import { Claim, quietly, sweep } from "./claim.js";
import { type DurableFs, errorCode } from "./durable-fs.js";
import { seqTaken, writeFault } from "./faults.js";
import { isFolder } from "./is-folder.js";
import { checkpointName, parseCheckpointName, type RunPaths, runPaths } from "./layout.js";

/** How the folder of checkpoints was last seen. */
interface Seen {
  readonly inode: number;
  readonly links: number;
  /** How many checkpoints had been removed one by one. */
  readonly removals: number;
  readonly highest: number;
}

/** Writes the checkpoints of one run. */
export class RunFolder {
  private readonly paths: RunPaths;
  private seen: Seen | null = null;
  /** The folder of checkpoints whose parents are known to be on disk, by inode. */
  private synced: number | null = null;
  private swept = false;
  private readonly blobs: BlobFolder;

  constructor(
    private readonly calls: DurableFs,
    private readonly root: string,
    readonly runId: string,
  ) {
    this.paths = runPaths(root, runId);
    this.blobs = new BlobFolder(calls, this.paths);
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
    await this.blobs.mend(record);
    await this.syncPublished(record);
  }

  /** Removes a checkpoint that is not pinned; resolves to whether it did. */
  async remove(key: CheckpointKey): Promise<boolean> {
    const before = this.seen;
    this.seen = null;
    const removed = await this.sweepingLater(() => removeCheckpoint(this.calls, this.paths, key));
    if (removed && before !== null) this.noteRemoved(before);
    return removed;
  }

  /** Removes a blob, unless it turns out to be needed; resolves to whether it did. */
  removeBlob(digest: string, isUnused: () => Promise<boolean>): Promise<boolean> {
    return this.sweepingLater(() => removeBlob(this.calls, this.paths, digest, isUnused));
  }

  /** What could not be removed to its end is left to the next put. */
  private async sweepingLater(remove: () => Promise<Removal>): Promise<boolean> {
    let removal: Removal = "partly";
    try {
      removal = await remove();
    } finally {
      if (removal === "partly") this.swept = false;
    }
    return removal !== "not";
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
   * thousandth checkpoint of a run does not have to read a thousand names. If checkpoints were removed since, the count of links
   * says nothing; removals are counted before they happen, so they are read after the links.
   */
  private async checkFree(key: CheckpointKey): Promise<Seen> {
    const found = this.calls.inspect(this.paths.checkpoints);
    const { inode, links } = found ?? { inode: 0, links: 0 };
    const removals = this.removals();
    const { seen } = this;
    const isAsSeen = seen !== null && seen.inode === inode && seen.links === links && seen.removals === removals;
    if (isAsSeen && key.seq > seen.highest) return seen;
    let highest = 0;
    for (const { name } of (await this.calls.list(this.paths.checkpoints)) ?? []) {
      const other = parseCheckpointName(this.runId, name);
      if (other?.seq === key.seq) throw seqTaken(key, `checkpoint ${other.id}`);
      highest = Math.max(highest, other?.seq ?? 0);
    }
    return { inode, links, removals, highest };
  }

  /** Believes the count of links only where it is seen to grow by one with a new folder: not every file system keeps it. */
  private noteAdded(before: Seen, seq: number): void {
    this.seen = null;
    try {
      const found = this.calls.inspect(this.paths.checkpoints);
      if (found === null || found.inode !== before.inode || found.links !== before.links + 1) return;
      if (this.removals() !== before.removals) return;
      this.seen = { ...before, links: found.links, highest: Math.max(before.highest, seq) };
    } catch {
      return;
    }
  }

  /** The same for a removal of this writer, so that the put after it does not have to read all names either. */
  private noteRemoved(before: Seen): void {
    const found = this.calls.inspect(this.paths.checkpoints);
    const removals = this.removals();
    if (found?.inode !== before.inode || found.links !== before.links - 1 || removals !== before.removals + 1) return;
    this.seen = { ...before, links: found.links, removals };
  }

  private removals(): number {
    return this.calls.inspect(this.paths.removals)?.bytes ?? 0;
  }

  private async sweep(now: number): Promise<void> {
    this.swept = await quietly(() => sweep(this.calls, this.paths.tmp, now));
  }

  private async write(record: CheckpointRecord, work: string, inode: number): Promise<void> {
    const documents = CHECKPOINT_FILES.map((name) => [join(work, `${name}.json`), record.files[name]] as const);
    // Whoever made the folders of the run may have been killed before syncing them.
    const folders = this.synced === inode ? [work] : [work, this.paths.run, this.root];
    await this.blobs.write(this.blobs.missing(record), documents, folders);
    this.synced = inode;
    // Also for blobs that were there: another writer may have been killed before this.
    if (record.blobs.size > 0) await this.blobs.sync(record);
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
