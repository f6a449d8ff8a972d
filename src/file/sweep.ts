import { join } from "node:path";
import type { DurableFs } from "./durable-fs.js";
import { giveBack, isInUse, isTemporaryName, takeName } from "./temporary-names.js";

/** Tells the time by the clock of the file system, which all who share it share. It stands still after the first look. */
export function fileClock(calls: DurableFs, tmp: string): () => number {
  let now: number | null = null;
  return () => (now ??= timeIn(calls, tmp));
}

/** Removes what dead processes have left in the `tmp` folder of a run. */
export async function sweep(calls: DurableFs, tmp: string, now: () => number): Promise<void> {
  for (const { name } of (await calls.list(tmp)) ?? []) {
    const path = join(tmp, name);
    if (!isTemporaryName(name)) continue;
    if (!isInUse(name, () => now() - (calls.inspect(path)?.changedMs ?? 0))) await calls.removeTree(path);
  }
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
