import { join } from "node:path";
import type { CheckpointKey } from "../core/checkpoint.js";
import { isId } from "../core/ids.js";
import { type DurableFs, errorCode, writeSynced } from "./durable-fs.js";
import { storageFault } from "./faults.js";
import { ensureFolder, isFolder } from "./is-folder.js";
import { checkpointName, type RunPaths } from "./layout.js";
import { quietly } from "./quietly.js";
import { giveBack, takeName } from "./temporary-names.js";

/**
 * Removes one checkpoint: out of sight by one rename into the `tmp` folder, synced, and only then bit by bit, so that a kill or a
 * power cut leaves all of it or nothing. A pinned one stays. Resolves to whether nobody finds it any more.
 */
export async function removeCheckpoint(calls: DurableFs, paths: RunPaths, key: CheckpointKey): Promise<boolean> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.checkpoints)) return false;
  const from = join(paths.checkpoints, checkpointName(key));
  if (calls.inspect(from)?.kind !== "directory" || isPinned(calls, paths, key.id)) return false;
  const trash = await moveAside(calls, paths, from);
  if (trash === null) return false;
  try {
    // Whoever pinned it meanwhile has found it in its place, so it goes back there.
    if (isPinned(calls, paths, key.id)) {
      calls.rename(trash.path, from);
      return false;
    }
    try {
      await calls.syncDirectory(paths.checkpoints);
    } catch (error) {
      await quietly(() => calls.rename(trash.path, from));
      throw storageFault("syncing after a deletion", paths.checkpoints, error, "unknown");
    }
    await quietly(() => calls.removeTree(trash.path));
    return true;
  } finally {
    giveBack(trash.name);
  }
}

/** Removes a blob, unless it turns out to be needed once nobody finds it any more. */
export async function removeBlob(calls: DurableFs, paths: RunPaths, digest: string, isUnused: () => Promise<boolean>): Promise<boolean> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.blobs)) return false;
  const from = join(paths.blobs, digest);
  if (calls.inspect(from)?.kind !== "file") return false;
  const trash = await moveAside(calls, paths, from);
  if (trash === null) return false;
  try {
    const unused = await isUnused();
    if (unused) await quietly(() => calls.removeTree(trash.path));
    else calls.rename(trash.path, from);
    return unused;
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
  ensureFolder(calls, paths.pins);
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

/** Moves something into the `tmp` folder, where the next owner sweeps it if nobody else does; `null` if it is gone. */
async function moveAside(
  calls: DurableFs,
  { tmp }: RunPaths,
  from: string,
): Promise<{ readonly path: string; readonly name: string } | null> {
  const name = takeName();
  const path = join(tmp, name);
  try {
    ensureFolder(calls, tmp);
    calls.rename(from, path);
    return { path, name };
  } catch (error) {
    giveBack(name);
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}
