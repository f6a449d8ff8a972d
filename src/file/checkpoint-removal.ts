import { join } from "node:path";
import type { CheckpointKey } from "../core/checkpoint.js";
import { isId } from "../core/ids.js";
import { isDigest } from "../core/store-checks.js";
import { type DurableFs, errorCode, writeSynced } from "./durable-fs.js";
import { reporting } from "./faults.js";
import { ensureFolder, isFolder } from "./is-folder.js";
import { checkpointName, parseCheckpointName, type RunPaths } from "./layout.js";
import { quietly } from "./quietly.js";
import { putBack, type SetAside, setAside } from "./set-aside.js";
import { giveBack } from "./temporary-names.js";

/** The name of a checkpoint that was set aside, from when on it is removed bit by bit. */
const DOOMED = "doomed";

/**
 * Removes one checkpoint: out of sight by one rename into the `tmp` folder, synced, and only then bit by bit, so that a kill or a
 * power cut leaves all of it or nothing. A pinned one stays. Resolves to whether nobody finds it any more.
 */
export async function removeCheckpoint(calls: DurableFs, paths: RunPaths, key: CheckpointKey): Promise<boolean> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.checkpoints)) return false;
  const from = join(paths.checkpoints, checkpointName(key));
  if (calls.inspect(from)?.kind !== "directory" || isPinned(calls, paths, key.id)) return false;
  return withoutIt(calls, paths, from, async (aside) => {
    // Whoever pinned it meanwhile has found it in its place, so it goes back there.
    if (isPinned(calls, paths, key.id)) return false;
    await reporting("syncing after a deletion", paths.checkpoints, () => calls.syncDirectory(paths.checkpoints), "unknown");
    calls.rename(aside.path, join(aside.folder, DOOMED));
    return true;
  });
}

/** Removes a blob, unless it turns out to be needed once nobody finds it any more. */
export async function removeBlob(calls: DurableFs, paths: RunPaths, digest: string, isUnused: () => Promise<boolean>): Promise<boolean> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.blobs)) return false;
  const from = join(paths.blobs, digest);
  return calls.inspect(from)?.kind === "file" && withoutIt(calls, paths, from, isUnused);
}

/** Sets something aside, and puts it back unless it is to go: also if nobody can say. Resolves to whether it has gone. */
async function withoutIt(calls: DurableFs, paths: RunPaths, from: string, isToGo: (aside: SetAside) => Promise<boolean>): Promise<boolean> {
  const aside = await setAside(calls, paths, from);
  if (aside === null) return false;
  try {
    const goes = await isToGo(aside);
    if (!goes) await putBack(calls, aside.path, from);
    await quietly(() => calls.removeTree(aside.folder));
    return goes;
  } catch (error) {
    await quietly(() => putBack(calls, aside.path, from));
    await quietly(() => calls.removeDirectory(aside.folder));
    throw error;
  } finally {
    giveBack(aside.name);
  }
}

/**
 * Puts back what was set aside by somebody who died before it was decided whether it is removed: a pinned checkpoint, and every blob,
 * as a checkpoint may name it by now. One that none names is found, and removed, by the next prune.
 */
export async function putUndecidedBack(calls: DurableFs, paths: RunPaths, runId: string, folder: string): Promise<void> {
  for (const { name, kind } of (await calls.list(folder)) ?? []) {
    const path = join(folder, name);
    if (kind === "file" && isDigest(name)) await putBack(calls, path, join(paths.blobs, name));
    const key = kind === "directory" ? parseCheckpointName(runId, name) : null;
    if (key !== null && isPinned(calls, paths, key.id)) await putBack(calls, path, join(paths.checkpoints, name));
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
