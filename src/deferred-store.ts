import type { CheckpointStore } from "./core/checkpoint.js";

const METHODS = [
  ...(["open", "acquire", "owner", "list", "find", "read", "readBlob", "readJournal", "delete", "blobs", "deleteBlob"] as const),
  ...(["pin", "pins", "runs", "deleteRun"] as const),
] satisfies readonly (keyof CheckpointStore)[];

/** A store whose code is loaded when it is first used, so that whoever keeps checkpoints in a folder does not pay for it. */
export function deferredStore(kind: string, location: string, load: () => Promise<CheckpointStore>): CheckpointStore {
  let loaded: Promise<CheckpointStore> | null = null;
  const store = (): Promise<CheckpointStore> => {
    loaded ??= load();
    return loaded;
  };
  const call =
    (name: (typeof METHODS)[number]) =>
    async (...args: readonly unknown[]) => {
      const target = await store();
      return (target[name] as (...args: readonly unknown[]) => unknown).apply(target, [...args]);
    };
  const methods = Object.fromEntries(METHODS.map((name) => [name, call(name)]));
  const close = async (): Promise<void> => (await loaded)?.close();
  return { kind, location, ...methods, close } as unknown as CheckpointStore;
}
