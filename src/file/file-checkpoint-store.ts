import { join, resolve } from "node:path";
import {
  CHECKPOINT_FILES,
  type CheckpointFile,
  type CheckpointKey,
  type CheckpointRecord,
  type CheckpointStore,
} from "../core/checkpoint.js";
import { CairnError, type Outcome } from "../core/errors.js";
import { checkedId, isId } from "../core/ids.js";
import type { JournalStore } from "../core/journal.js";
import { pinCheckpoint, pinnedIds } from "./checkpoint-removal.js";
import { type DurableFs, errorCode, systemFs } from "./durable-fs.js";
import { storageFault, writeFault } from "./faults.js";
import { FileJournalStore } from "./file-journal-store.js";
import { isFolder } from "./is-folder.js";
import { checkedDigest, checkedKey, checkpointName, isDigest, parseCheckpointName, runPaths } from "./layout.js";
import { openRoot, sweepRoot, trashPath } from "./root-folder.js";
import { RunFolder } from "./run-folder.js";

const RUNS_REMEMBERED = 1_000;

/**
 * Keeps checkpoints as folders of three JSON files: `<root>/<runId>/checkpoints/<seq>-<id>/{context,state,meta}.json`, with
 * large values in `<root>/<runId>/blobs/<sha256>`.
 *
 * A checkpoint is written aside, synced, and renamed once, so a reader sees all of it or nothing, whatever is killed when.
 * Several processes may use one folder of one machine; one of them gets a seq. The bytes given to `put` must not change
 * until it settles. Reading fails with `CheckpointStorageError` if the disk does.
 *
 * @example
 * const store = new FileCheckpointStore("./checkpoints");
 * await store.open();
 */
export class FileCheckpointStore implements CheckpointStore {
  readonly kind = "file";
  /** The absolute path of the folder. */
  readonly location: string;
  readonly journals: JournalStore;
  private readonly calls: DurableFs;
  private readonly folders = new Map<string, RunFolder>();

  constructor(root: string, options: { readonly fs?: DurableFs } = {}) {
    this.location = resolve(root);
    this.calls = options.fs ?? systemFs;
    this.journals = new FileJournalStore(this.location, this.calls);
  }

  async open(): Promise<void> {
    await this.reporting("opening", this.location, () => openRoot(this.calls, this.location));
  }

  async put(record: CheckpointRecord): Promise<void> {
    checkedKey(record);
    for (const digest of record.blobs.keys()) checkedDigest(digest);
    try {
      await this.folderOf(record.runId).put(record);
    } catch (error) {
      throw error instanceof CairnError ? error : writeFault(record, this.location, error, "not-applied");
    }
  }

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    const { run, checkpoints } = runPaths(this.location, runId);
    return this.reporting("listing", checkpoints, async () => {
      if (!isFolder(this.calls, run) || !isFolder(this.calls, checkpoints)) return [];
      const entries = (await this.calls.list(checkpoints)) ?? [];
      const keys = entries.map(({ name, kind }) => (kind === "directory" ? parseCheckpointName(runId, name) : null));
      return keys.filter((key) => key !== null).sort((a, b) => a.seq - b.seq);
    });
  }

  async find(id: string): Promise<CheckpointKey | null> {
    checkedId(id, "checkpoint id");
    for (const runId of await this.runIds()) {
      const found = (await this.list(runId)).find((key) => key.id === id);
      if (found !== undefined) return found;
    }
    return null;
  }

  async read(key: CheckpointKey): Promise<Readonly<Record<CheckpointFile, Uint8Array | null>> | null> {
    const { run, checkpoints } = runPaths(this.location, checkedKey(key).runId);
    const folder = join(checkpoints, checkpointName(key));
    return this.reporting("reading", folder, async () => {
      if (!isFolder(this.calls, run) || !isFolder(this.calls, checkpoints)) return null;
      if (this.calls.inspect(folder)?.kind !== "directory") return null;
      const [context, state, meta] = await Promise.all(CHECKPOINT_FILES.map((name) => this.calls.read(join(folder, `${name}.json`))));
      // It was deleted while it was read: what is missing of it is no damage.
      if (!(context && state && meta) && this.calls.inspect(folder) === null) return null;
      return { context: context ?? null, state: state ?? null, meta: meta ?? null };
    });
  }

  async readBlob(runId: string, digest: string): Promise<Uint8Array | null> {
    const { run, blobs } = runPaths(this.location, runId);
    const path = join(blobs, checkedDigest(digest));
    return this.reporting("reading", path, async () =>
      isFolder(this.calls, run) && isFolder(this.calls, blobs) ? this.calls.read(path) : null,
    );
  }

  async delete(key: CheckpointKey): Promise<boolean> {
    const { checkpoints } = runPaths(this.location, checkedKey(key).runId);
    return this.reporting("deleting from", checkpoints, () => this.folderOf(key.runId).remove(key));
  }

  async blobs(runId: string): Promise<readonly string[]> {
    const { run, blobs } = runPaths(this.location, runId);
    return this.reporting("listing", blobs, async () => {
      if (!isFolder(this.calls, run) || !isFolder(this.calls, blobs)) return [];
      const entries = (await this.calls.list(blobs)) ?? [];
      return entries.flatMap(({ name, kind }) => (kind === "file" && isDigest(name) ? [name] : [])).sort();
    });
  }

  async deleteBlob(runId: string, digest: string, isUnused: () => Promise<boolean> = async () => true): Promise<boolean> {
    const { blobs } = runPaths(this.location, runId);
    checkedDigest(digest);
    return this.reporting("deleting from", blobs, () => this.folderOf(runId).removeBlob(digest, isUnused));
  }

  async pin(key: CheckpointKey, pinned: boolean): Promise<boolean> {
    const paths = runPaths(this.location, checkedKey(key).runId);
    return this.reporting("pinning in", paths.pins, () => pinCheckpoint(this.calls, paths, key, pinned), "unknown");
  }

  async pins(runId: string): Promise<readonly string[]> {
    const paths = runPaths(this.location, runId);
    return this.reporting("listing", paths.pins, () => pinnedIds(this.calls, paths));
  }

  async runs(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const runId of await this.runIds()) if ((await this.list(runId)).length > 0) found.push(runId);
    return found;
  }

  async deleteRun(runId: string): Promise<boolean> {
    const { run } = runPaths(this.location, runId);
    const existed = (await this.list(runId)).length > 0;
    this.folders.delete(runId);
    await this.reporting("deleting", run, async () => this.moveToTrash(run));
    // Before anything is removed: after a power cut the run must not come back with parts missing.
    await this.reporting("syncing after a deletion", this.location, () => this.calls.syncDirectory(this.location), "unknown");
    await this.reporting("removing the trash of", this.location, () => sweepRoot(this.calls, this.location), "applied");
    return existed;
  }

  async close(): Promise<void> {
    this.folders.clear();
  }

  private moveToTrash(run: string): void {
    try {
      this.calls.rename(run, trashPath(this.location));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  private async runIds(): Promise<string[]> {
    const entries = await this.reporting("listing", this.location, () => this.calls.list(this.location));
    const ids = (entries ?? []).filter(({ name, kind }) => kind === "directory" && isId(name)).map(({ name }) => name);
    return ids.sort();
  }

  /** What is remembered of a run only saves time, so the oldest may be forgotten. */
  private folderOf(runId: string): RunFolder {
    const known = this.folders.get(runId);
    if (known !== undefined) return known;
    const [oldest] = this.folders.keys();
    if (oldest !== undefined && this.folders.size >= RUNS_REMEMBERED) this.folders.delete(oldest);
    const folder = new RunFolder(this.calls, this.location, runId);
    this.folders.set(runId, folder);
    return folder;
  }

  private async reporting<T>(what: string, path: string, action: () => Promise<T>, outcome: Outcome = "not-applied"): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw error instanceof CairnError ? error : storageFault(what, path, error, outcome);
    }
  }
}
