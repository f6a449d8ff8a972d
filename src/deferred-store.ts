import type { CheckpointStore } from "./core/checkpoint.js";

/** A store whose code is loaded when it is first used, so that whoever keeps checkpoints in a folder does not pay for it. */
export function deferredStore(kind: string, location: string, load: () => Promise<CheckpointStore>): CheckpointStore {
  let loaded: Promise<CheckpointStore> | null = null;
  const store = (): Promise<CheckpointStore> => {
    loaded ??= load();
    return loaded;
  };
  return {
    kind,
    location,
    open: async () => (await store()).open(),
    acquire: async (...args) => (await store()).acquire(...args),
    owner: async (...args) => (await store()).owner(...args),
    list: async (...args) => (await store()).list(...args),
    find: async (...args) => (await store()).find(...args),
    read: async (...args) => (await store()).read(...args),
    readBlob: async (...args) => (await store()).readBlob(...args),
    delete: async (...args) => (await store()).delete(...args),
    blobs: async (...args) => (await store()).blobs(...args),
    deleteBlob: async (...args) => (await store()).deleteBlob(...args),
    pin: async (...args) => (await store()).pin(...args),
    pins: async (...args) => (await store()).pins(...args),
    runs: async () => (await store()).runs(),
    deleteRun: async (...args) => (await store()).deleteRun(...args),
    readJournal: async (...args) => (await store()).readJournal(...args),
    // One that was never used has nothing to let go of.
    close: async () => (await loaded)?.close(),
  };
}
