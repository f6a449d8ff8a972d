import { join } from "node:path";
import { runOwned } from "../core/store-checks.js";
import { type DurableFs, errorCode } from "./durable-fs.js";
import { ensureFolder } from "./is-folder.js";
import { type RunPaths, runPaths } from "./layout.js";
import { describeOwner, isAtWork, type OwnerEntry, ownerEntry, ownerPath } from "./owner-folder.js";
import { Ownership } from "./ownership.js";
import { quietly } from "./quietly.js";
import { fileClock, sweep } from "./sweep.js";
import { giveBack, takeName } from "./temporary-names.js";

const ATTEMPTS = 100;
/** What a call fails with if somebody else acquires, releases or deletes the run at the same moment. */
const RACED = ["ENOENT", "ENOTEMPTY", "EEXIST"];

/** Makes the caller the owner of a run. Throws `RunOwnedError` if there is another who may be at work, unless it is to be replaced. */
export async function acquireRun(calls: DurableFs, root: string, runId: string, takeOver: boolean): Promise<Ownership> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToAcquire(calls, runPaths(root, runId), runId, takeOver);
    } catch (error) {
      if (attempt >= ATTEMPTS || !RACED.includes(errorCode(error) ?? "")) throw error;
    }
  }
}

async function tryToAcquire(calls: DurableFs, paths: RunPaths, runId: string, takeOver: boolean): Promise<Ownership> {
  for (const path of [paths.run, paths.checkpoints, paths.blobs, paths.journal, paths.tmp]) ensureFolder(calls, path);
  const now = fileClock(calls, paths.tmp);
  const found = await ownerEntry(calls, paths);
  if (found !== null && !takeOver && isAtWork(calls, found, now)) throw runOwned(runId, describeOwner(found));
  const owner = await replace(calls, paths, runId, found);
  try {
    // The rename alone need not count as a sign of life on every file system.
    owner.renew();
    await owner.sweep();
    await quietly(() => sweep(calls, paths, runId, now));
    await Promise.all([paths.owner, paths.run, paths.root].map((path) => calls.syncDirectory(path)));
    return owner;
  } catch (error) {
    await quietly(() => owner.release());
    throw error;
  }
}

/** Puts our name in the place of what was found there; fails if that has changed. */
async function replace(calls: DurableFs, paths: RunPaths, runId: string, found: OwnerEntry | null): Promise<Ownership> {
  const holder = takeName();
  const owner = new Ownership(calls, paths, runId, (found?.epoch ?? 0) + 1, holder);
  try {
    if (found === null) await beFirst(calls, paths, holder);
    else calls.rename(found.path, owner.folder);
    return owner;
  } catch (error) {
    giveBack(holder);
    throw error;
  }
}

/** Makes the `owner` folder with our name in it; as it must never be seen without any, it is made aside. */
async function beFirst(calls: DurableFs, paths: RunPaths, holder: string): Promise<void> {
  const prepared = join(paths.tmp, holder);
  try {
    calls.makeDirectory(prepared);
    calls.makeDirectory(ownerPath(prepared, 1, holder));
    calls.rename(prepared, paths.owner);
  } catch (error) {
    await quietly(() => calls.removeTree(prepared));
    throw error;
  }
}
