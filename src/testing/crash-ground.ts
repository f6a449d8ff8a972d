import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointStore } from "../core/checkpoint.js";
import { FileCheckpointStore } from "../file/file-checkpoint-store.js";
import { MemoryCheckpointStore } from "../memory/memory-checkpoint-store.js";
import { CutFs, cutStore } from "./crash-cuts.js";
import type { CrashLife } from "./crash-life.js";

/** Where one life of a run is: a cell has two, the one that is killed and the one that goes on. */
export interface CrashPlace {
  /** `unbroken`, or `cell-1` and so on: the same for both lives of a cell. */
  readonly name: string;
  /** Whether it goes on with a run that was killed. */
  readonly isResumed: boolean;
}

/** Where the run of one cell is stored. */
export interface CrashGround {
  /** Whether a write can be cut in its middle. */
  readonly tears: boolean;
  /** The store as a life sees it. */
  storeFor(life: CrashLife): CheckpointStore;
  /** The store as it is. */
  readonly store: CheckpointStore;
  /** Finds out that the owner before is dead. */
  reclaim(runId: string): Promise<void>;
  /** Does away with what a killed life has left in this process. */
  bury(): Promise<void>;
  /** Lets go of everything; what is stored is kept if it `isNeeded` still. */
  close(isNeeded: boolean): Promise<void>;
}

/** `memory:`, a folder, or what makes a store. */
export type CrashStore = string | ((place: CrashPlace) => CheckpointStore | Promise<CheckpointStore>);

/** Fresh ground for a cell. */
export async function groundOf(store: CrashStore, place: CrashPlace): Promise<CrashGround> {
  if (typeof store === "function") return storeGround(await store(place));
  return store === "memory:" ? storeGround(new MemoryCheckpointStore()) : folderGround(store, place);
}

/** A process that is dead only in play counts as alive: its run is taken from it. */
const reclaimIn =
  (store: CheckpointStore) =>
  async (runId: string): Promise<void> => {
    await store.open();
    await (await store.acquire(runId, { takeOver: true })).release();
  };

const storeGround = (store: CheckpointStore): CrashGround => ({
  tears: false,
  store,
  storeFor: (life) => cutStore(life, store),
  reclaim: reclaimIn(store),
  bury: async () => {},
  close: () => store.close(),
});

/** The ground of a cell in a folder. */
export function folderGround(root: string, { name }: CrashPlace): CrashGround {
  const folder = join(root, name);
  const store = new FileCheckpointStore(folder);
  const systems: CutFs[] = [];
  const bury = async (): Promise<void> => {
    for (const system of systems.splice(0)) await system.bury();
  };
  return {
    tears: true,
    store,
    reclaim: reclaimIn(store),
    storeFor: (life) => {
      const system = new CutFs(life);
      systems.push(system);
      return cutStore(life, new FileCheckpointStore(folder, { fs: system.calls }));
    },
    bury,
    close: async (isNeeded) => {
      await bury();
      if (!isNeeded) await rm(folder, { recursive: true, force: true });
    },
  };
}
