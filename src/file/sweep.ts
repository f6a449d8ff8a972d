import { join } from "node:path";
import { putUndecidedBack } from "./checkpoint-removal.js";
import type { DurableFs } from "./durable-fs.js";
import { isFolder } from "./is-folder.js";
import type { RunPaths } from "./layout.js";
import { giveBack, isInUse, isTemporaryName, takeName } from "./temporary-names.js";

/** Tells the time by the clock of the file system, which all who share it share. It stands still after the first look. */
export function fileClock(calls: DurableFs, tmp: string): () => number {
  let now: number | null = null;
  return () => (now ??= timeIn(calls, tmp));
}

/** Removes what dead processes have left in the `tmp` folder of a run, apart from what nobody has decided to remove. */
export async function sweep(calls: DurableFs, paths: RunPaths, runId: string, now: () => number): Promise<void> {
  for (const { path, kind } of await leftBehind(calls, paths, now)) {
    if (kind === "directory") await putUndecidedBack(calls, paths, runId, path);
    await calls.removeTree(path);
  }
}

/** A blob that somebody set aside who died before it was decided whether it is removed, or `null`: the next owner puts it back. */
export async function readLeftBlob(calls: DurableFs, paths: RunPaths, digest: string, now: () => number): Promise<Uint8Array | null> {
  if (!isFolder(calls, paths.tmp)) return null;
  for (const { path, kind } of await leftBehind(calls, paths, now)) {
    const bytes = kind === "directory" ? await calls.read(join(path, digest)) : null;
    if (bytes !== null) return bytes;
  }
  return null;
}

async function leftBehind(calls: DurableFs, { tmp }: RunPaths, now: () => number) {
  const entries = ((await calls.list(tmp)) ?? []).filter(({ name }) => isTemporaryName(name));
  const found = entries.map(({ name, kind }) => ({ name, kind, path: join(tmp, name) }));
  return found.filter(({ name, path }) => !isInUse(name, () => now() - (calls.inspect(path)?.changedMs ?? 0)));
}

/** The time at which something new is made there. */
function timeIn(calls: DurableFs, tmp: string): number {
  const name = takeName();
  const path = join(tmp, name);
  try {
    calls.makeDirectory(path);
    const made = calls.inspect(path)?.changedMs ?? 0;
    calls.removeDirectory(path);
    return made;
  } finally {
    giveBack(name);
  }
}
