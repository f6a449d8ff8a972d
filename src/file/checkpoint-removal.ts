import { join } from "node:path";
import type { CheckpointKey } from "../core/checkpoint.js";
import { isId } from "../core/ids.js";
import { quietly } from "./claim.js";
import { type DurableFs, errorCode, writeSynced } from "./durable-fs.js";
import { storageFault } from "./faults.js";
import { isFolder } from "./is-folder.js";
import { checkpointName, type RunPaths } from "./layout.js";
import { giveBack, takeName } from "./temporary-names.js";

/** Whether something was removed; `partly`: nobody finds it any more, but some of it is left in the `tmp` folder. */
export type Removal = "removed" | "partly" | "not";

/**
 * Removes one checkpoint: out of sight by one rename into the `tmp` folder, synced, and only then bit by bit, so that a kill or a
 * power cut leaves all of it or nothing. A pinned one stays.
 */
export async function removeCheckpoint(calls: DurableFs, paths: RunPaths, key: CheckpointKey): Promise<Removal> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.checkpoints)) return "not";
  const from = join(paths.checkpoints, checkpointName(key));
  if (calls.inspect(from)?.kind !== "directory" || isPinned(calls, paths, key.id)) return "not";
  await countRemoval(calls, paths);
  const trash = await moveAside(calls, paths, from);
  if (trash === null) return "not";
  try {
    // Whoever pinned it meanwhile has found it in its place, so it goes back there.
    if (isPinned(calls, paths, key.id)) {
      calls.rename(trash.path, from);
      return "not";
    }
    try {
      await calls.syncDirectory(paths.checkpoints);
    } catch (error) {
      await quietly(() => calls.rename(trash.path, from));
      throw storageFault("syncing after a deletion", paths.checkpoints, error, "unknown");
    }
    return (await quietly(() => calls.removeTree(trash.path))) ? "removed" : "partly";
  } finally {
    giveBack(trash.name);
  }
}

/** Removes a blob, unless it turns out to be needed once nobody finds it any more. */
export async function removeBlob(calls: DurableFs, paths: RunPaths, digest: string, isUnused: () => Promise<boolean>): Promise<Removal> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.blobs)) return "not";
  const from = join(paths.blobs, digest);
  if (calls.inspect(from)?.kind !== "file") return "not";
  const trash = await moveAside(calls, paths, from);
  if (trash === null) return "not";
  try {
    if (await isUnused()) return (await quietly(() => calls.removeTree(trash.path))) ? "removed" : "partly";
    calls.rename(trash.path, from);
    return "not";
  } catch (error) {
    await quietly(() => calls.rename(trash.path, from));
    throw error;
  } finally {
    giveBack(trash.name);
  }
}

/** Marks a checkpoint by an empty file with its id; resolves to whether there is such a checkpoint. */
export async function pinCheckpoint(calls: DurableFs, paths: RunPaths, key: CheckpointKey, pinned: boolean): Promise<boolean> {
  const folder = join(paths.checkpoints, checkpointName(key));
  const isThere = () => isFolder(calls, paths.run) && isFolder(calls, paths.checkpoints) && calls.inspect(folder)?.kind === "directory";
  if (!isThere()) return false;
  if (pinned === isPinned(calls, paths, key.id)) return true;
  if (!pinned) {
    await calls.removeTree(join(paths.pins, key.id));
    await calls.syncDirectory(paths.pins);
    return true;
  }
  if (!isFolder(calls, paths.pins)) calls.makeDirectory(paths.pins);
  try {
    await writeSynced(calls, [[join(paths.pins, key.id), new Uint8Array()]], [paths.run]);
  } catch (error) {
    // Somebody else has pinned it at the same time.
    if (errorCode(error) !== "EEXIST") throw error;
  }
  await calls.syncDirectory(paths.pins);
  // A deletion that did not see the pin has moved the checkpoint away by now.
  if (isThere()) return true;
  await calls.removeTree(join(paths.pins, key.id));
  return false;
}

/** The ids of the pinned checkpoints of a run, sorted. */
export async function pinnedIds(calls: DurableFs, paths: RunPaths): Promise<string[]> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.pins)) return [];
  const entries = (await calls.list(paths.pins)) ?? [];
  return entries.flatMap(({ name, kind }) => (kind === "file" && isId(name) ? [name] : [])).sort();
}

const isPinned = (calls: DurableFs, { pins }: RunPaths, id: string): boolean =>
  isFolder(calls, pins) && calls.inspect(join(pins, id))?.kind === "file";

/**
 * Adds a byte to a file whose size counts the removals of a run, before each of them: the links of a folder alone cannot tell
 * nothing new from one more and one fewer.
 */
async function countRemoval(calls: DurableFs, { removals }: RunPaths): Promise<void> {
  const file = calls.inspect(removals) === null ? calls.create(removals) : calls.openToAppend(removals);
  try {
    await calls.write(file, new Uint8Array([0x2e]));
  } finally {
    calls.close(file);
  }
}

/** Moves something into the `tmp` folder, where the next writer sweeps it if nobody else does; `null` if it is gone. */
async function moveAside(
  calls: DurableFs,
  { tmp }: RunPaths,
  from: string,
): Promise<{ readonly path: string; readonly name: string } | null> {
  const name = takeName();
  const path = join(tmp, name);
  try {
    if (!isFolder(calls, tmp)) calls.makeDirectory(tmp);
    calls.rename(from, path);
    return { path, name };
  } catch (error) {
    giveBack(name);
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}
