// Stores with a bug each, to see whether the checks that the honest store passes would have found it.
import { join } from "node:path";
import type { CheckpointKey } from "../../src/core/checkpoint.js";
import { staleOwner } from "../../src/core/store-checks.js";
import type { DurableFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { wrappedStore } from "../testing/wrapped-store.js";
import { honestStore, RUN_ID, type StoreMaker } from "./recorded-runs.js";
import { placeOf, straightStore, writeInto } from "./straight-store.js";
import { UncheckedStore } from "./unchecked-store.js";

/** A store over a file system on which some calls are not what they should be. */
const over =
  (change: (fs: DurableFs) => Partial<DurableFs>): StoreMaker =>
  (root, fs) =>
    honestStore(root, { ...fs, ...change(fs) });

const withoutSyncOf = (folder: string): StoreMaker =>
  over((fs) => ({ syncDirectory: async (path) => (path.includes(`/${RUN_ID}/${folder}`) ? undefined : fs.syncDirectory(path)) }));

export const noFileSync = over(() => ({ syncFile: async () => {} }));
export const noSyncAfterRename = withoutSyncOf("checkpoints");
export const noBlobFolderSync = withoutSyncOf("blobs");
export const noSyncOfNewFolder = withoutSyncOf("owner/");
export const noJournalFolderSync = withoutSyncOf("journal");

/** A disk says that a sync has failed, and nobody listens. */
export const deafToFailedSyncs = over((fs) => ({ syncFile: (file) => fs.syncFile(file).catch(() => {}) }));

/** A step counts as stored while its sync is still under way. */
export const confirmedBeforeSync = over((fs) => {
  const journals = new Set<number>();
  return {
    syncFile: async (file) => {
      const syncing = fs.syncFile(file);
      if (journals.has(file)) syncing.catch(() => {});
      else await syncing;
      // The first sync of a journal is that of the empty file, before it gets its name.
      journals.add(file);
    },
    close: (file) => {
      journals.delete(file);
      fs.close(file);
    },
  };
});

/** What is in state.json comes after the rename, though before the checkpoint is confirmed. */
export const renamedBeforeWritten = over((fs) => {
  const late = new Map<number, Uint8Array[]>();
  return {
    create: (path) => {
      const file = fs.create(path);
      if (path.endsWith("/state.json")) late.set(file, []);
      return file;
    },
    write: (file, bytes) => {
      if (!late.has(file)) return fs.write(file, bytes);
      late.get(file)?.push(bytes);
      return bytes.length;
    },
    syncFile: async (file) => (late.has(file) ? undefined : fs.syncFile(file)),
    close: (file) => (late.has(file) ? undefined : fs.close(file)),
    syncDirectory: async (path) => {
      for (const [file, parts] of path.endsWith(`/${RUN_ID}/checkpoints`) ? late : []) {
        late.delete(file);
        for (const bytes of parts) await fs.write(file, bytes);
        await fs.syncFile(file);
        fs.close(file);
      }
      await fs.syncDirectory(path);
    },
  };
});

/** Nothing is written aside. */
export const writtenInPlace: StoreMaker = (root, fs) => straightStore(root, fs);

/** A checkpoint is removed bit by bit where readers look for it. */
export const removedInPlace: StoreMaker = (root, fs) => {
  const store = honestStore(root, fs);
  const remove = async (key: CheckpointKey): Promise<boolean> => {
    await fs.removeTree(placeOf(root, key));
    await fs.syncDirectory(join(root, key.runId, "checkpoints"));
    return true;
  };
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === "delete" ? remove : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
};

/** Checkpoints are written aside in a place that no later owner takes away. */
const unfenced =
  (isChecked: boolean): StoreMaker =>
  (root, fs) => {
    const store = honestStore(root, fs);
    return wrappedStore(store, (writer) => ({
      put: async (record) => {
        const isReplaced = (await store.owner(record.runId))?.epoch !== writer.epoch;
        if (isChecked && isReplaced) throw staleOwner(record.runId, writer.epoch, "another");
        const aside = join(root, record.runId, "tmp", `aside-${record.seq}`);
        await writeInto(root, fs, aside, record);
        fs.rename(aside, placeOf(root, record));
        await fs.syncDirectory(join(root, record.runId, "checkpoints"));
      },
    }));
  };

export const epochNotChecked = unfenced(false);
export const epochCheckedTooEarly = unfenced(true);

/** Gives out what is there of the last step of a journal, whole or not. */
class TornReader extends FileCheckpointStore {
  constructor(
    root: string,
    private readonly fs: DurableFs,
  ) {
    super(root, { fs });
  }

  override async readJournal(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const bytes = Buffer.from((await this.fs.read(join(this.location, runId, "journal", `${String(seq).padStart(8, "0")}.log`))) ?? []);
    const records: Uint8Array[] = [];
    for (let at = 0; at + 16 < bytes.length; ) {
      const end = at + 16 + bytes.readUInt32LE(at + 4);
      records.push(bytes.subarray(at + 16, end));
      at = end;
    }
    return records;
  }
}

export const tornStepsRead: StoreMaker = (root, fs) => new TornReader(root, fs);
export const digestsNotChecked: StoreMaker = (root, fs) => new UncheckedStore(root, { fs });
