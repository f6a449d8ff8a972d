import { join, resolve } from "node:path";
import { CHECKPOINT_FILES, type CheckpointFile, type CheckpointKey, type CheckpointStore } from "../core/checkpoint.js";
import { checkedId, isId } from "../core/ids.js";
import type { AcquireOptions, RunOwner, RunWriter } from "../core/run-writer.js";
import { checkedDigest, checkedKey, isDigest, isSeq } from "../core/store-checks.js";
import { acquireRun } from "./acquire-run.js";
import { pinCheckpoint, pinnedIds, removeBlob, removeCheckpoint } from "./checkpoint-removal.js";
import { type DurableFs, errorCode, systemFs } from "./durable-fs.js";
import { reporting } from "./faults.js";
import { readJournal } from "./file-journal.js";
import { FileRunWriter } from "./file-run-writer.js";
import { isFolder } from "./is-folder.js";
import { checkpointName, parseCheckpointName, runPaths } from "./layout.js";
import { describeOwner, isAtWork, ownerEntry } from "./owner-folder.js";
import { openRoot, sweepRoot, trashPath } from "./root-folder.js";
import { readLeftBlob } from "./sweep.js";

/**
 * Keeps checkpoints as folders of three JSON files: `<root>/<runId>/checkpoints/<seq>-<id>/{context,state,meta}.json`, with
 * large values in `<root>/<runId>/blobs/<sha256>`, and journals in `<root>/<runId>/journal/<seq>.log`.
 *
 * A checkpoint is written aside, synced, and renamed once, so a reader sees all of it or nothing, whatever is killed when.
 * Several processes may use one folder, also of several machines if they share a file system that shows each a rename of the
 * others at once (NFS with cached names does not); one of them gets a run. An owner on the same machine has it until its process is
 * dead, one elsewhere for 30 s after its last commit or `renew`. The bytes given to `put` must not change until it settles.
 * Reading fails with `CheckpointStorageError` if the disk does.
 *
 * @example
 * const store = new FileCheckpointStore("./checkpoints");
 * await store.open();
 */
export class FileCheckpointStore implements CheckpointStore {
  readonly kind = "file";
  /** The absolute path of the folder. */
  readonly location: string;
  private readonly calls: DurableFs;

  constructor(root: string, options: { readonly fs?: DurableFs } = {}) {
    this.location = resolve(root);
    this.calls = options.fs ?? systemFs;
  }

  async open(): Promise<void> {
    await reporting("opening", this.location, () => openRoot(this.calls, this.location));
  }

  async acquire(runId: string, { takeOver = false }: AcquireOptions = {}): Promise<RunWriter> {
    const paths = runPaths(this.location, runId);
    return reporting("acquiring", paths.run, async () => {
      const owner = await acquireRun(this.calls, this.location, runId, takeOver);
      return new FileRunWriter(this.calls, paths, owner);
    });
  }

  async owner(runId: string): Promise<RunOwner | null> {
    const paths = runPaths(this.location, runId);
    return reporting("reading", paths.owner, async () => {
      const found = await ownerEntry(this.calls, paths);
      if (found === null || found.holder === null) return null;
      // By this machine's clock, as reading makes nothing by which the file system would tell its own.
      const isAlive = isAtWork(this.calls, found, Date.now);
      return { epoch: found.epoch, isAlive, description: describeOwner(found) };
    });
  }

  async list(runId: string): Promise<readonly CheckpointKey[]> {
    const { run, checkpoints } = runPaths(this.location, runId);
    return reporting("listing", checkpoints, async () => {
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
    return reporting("reading", folder, async () => {
      if (!isFolder(this.calls, run) || !isFolder(this.calls, checkpoints)) return null;
      if (this.calls.inspect(folder)?.kind !== "directory") return null;
      const [context, state, meta] = await Promise.all(CHECKPOINT_FILES.map((name) => this.calls.read(join(folder, `${name}.json`))));
      // It was deleted while it was read: what is missing of it is no damage.
      if (!(context && state && meta) && this.calls.inspect(folder) === null) return null;
      return { context: context ?? null, state: state ?? null, meta: meta ?? null };
    });
  }

  async readBlob(runId: string, digest: string): Promise<Uint8Array | null> {
    const paths = runPaths(this.location, runId);
    const path = join(paths.blobs, checkedDigest(digest));
    return reporting("reading", path, async () => {
      if (!isFolder(this.calls, paths.run) || !isFolder(this.calls, paths.blobs)) return null;
      return (await this.calls.read(path)) ?? readLeftBlob(this.calls, paths, digest, Date.now);
    });
  }

  async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const paths = runPaths(this.location, runId);
    return reporting("reading", paths.journal, async () => (isSeq(seq) ? readJournal(this.calls, paths, seq) : []));
  }

  async delete(key: CheckpointKey): Promise<boolean> {
    const paths = runPaths(this.location, checkedKey(key).runId);
    return reporting("deleting from", paths.checkpoints, () => removeCheckpoint(this.calls, paths, key));
  }

  async blobs(runId: string): Promise<readonly string[]> {
    const { run, blobs } = runPaths(this.location, runId);
    return reporting("listing", blobs, async () => {
      if (!isFolder(this.calls, run) || !isFolder(this.calls, blobs)) return [];
      const entries = (await this.calls.list(blobs)) ?? [];
      return entries.flatMap(({ name, kind }) => (kind === "file" && isDigest(name) ? [name] : [])).sort();
    });
  }

  async deleteBlob(runId: string, digest: string, isUnused: () => Promise<boolean> = async () => true): Promise<boolean> {
    const paths = runPaths(this.location, runId);
    checkedDigest(digest);
    return reporting("deleting from", paths.blobs, () => removeBlob(this.calls, paths, digest, isUnused));
  }

  async pin(key: CheckpointKey, pinned: boolean): Promise<boolean> {
    const paths = runPaths(this.location, checkedKey(key).runId);
    return reporting("pinning in", paths.pins, () => pinCheckpoint(this.calls, paths, key, pinned), "unknown");
  }

  async pins(runId: string): Promise<readonly string[]> {
    const paths = runPaths(this.location, runId);
    return reporting("listing", paths.pins, () => pinnedIds(this.calls, paths));
  }

  async runs(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const runId of await this.runIds()) if ((await this.list(runId)).length > 0) found.push(runId);
    return found;
  }

  async deleteRun(runId: string): Promise<boolean> {
    const { run } = runPaths(this.location, runId);
    const existed = (await this.list(runId)).length > 0;
    await reporting("deleting", run, async () => this.moveToTrash(run));
    // Before anything is removed: after a power cut the run must not come back with parts missing.
    await reporting("syncing after a deletion", this.location, () => this.calls.syncDirectory(this.location), "unknown");
    await reporting("removing the trash of", this.location, () => sweepRoot(this.calls, this.location), "applied");
    return existed;
  }

  async close(): Promise<void> {}

  private moveToTrash(run: string): void {
    try {
      this.calls.rename(run, trashPath(this.location));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  private async runIds(): Promise<string[]> {
    const entries = await reporting("listing", this.location, () => this.calls.list(this.location));
    const ids = (entries ?? []).filter(({ name, kind }) => kind === "directory" && isId(name)).map(({ name }) => name);
    return ids.sort();
  }
}
