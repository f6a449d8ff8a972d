import { join } from "node:path";
import type { DurableFs } from "./durable-fs.js";
import { isFolder } from "./is-folder.js";
import type { RunPaths } from "./layout.js";
import { describeMaker, isInUse, isTemporaryName } from "./temporary-names.js";

const NAME = /^([1-9]\d{0,15})-(.+)$/;
const FREE = "free";

/**
 * The one folder in the `owner` folder of a run, as it was found. Its name tells the epoch and who has the run; it gets another
 * name when the run is acquired, taken over or let go of. Only one of those who try at the same time finds it under its old name.
 */
export interface OwnerEntry {
  readonly epoch: number;
  /** The temporary name of whoever has the run, or `null` if it was let go of. */
  readonly holder: string | null;
  readonly path: string;
}

/** The path of that folder; `holder` is `null` for a run that is let go of. */
export const ownerPath = (owner: string, epoch: number, holder: string | null): string => join(owner, `${epoch}-${holder ?? FREE}`);

/** What is there now; `null` if the run has had no owner. */
export async function ownerEntry(calls: DurableFs, paths: RunPaths): Promise<OwnerEntry | null> {
  if (!isFolder(calls, paths.run) || !isFolder(calls, paths.owner)) return null;
  let newest: OwnerEntry | null = null;
  for (const { name, kind } of (await calls.list(paths.owner)) ?? []) {
    const entry = kind === "directory" ? parse(paths, name) : null;
    if (entry !== null && entry.epoch > (newest?.epoch ?? 0)) newest = entry;
  }
  return newest;
}

/** Whether an owner may be at work still; `now` gives the time by the clock of the file system. */
export function isAtWork(calls: DurableFs, { holder, path }: OwnerEntry, now: () => number): boolean {
  // One that is gone by now was renamed or removed: whoever tries to take it finds that out.
  return holder !== null && isInUse(holder, () => now() - (calls.inspect(path)?.changedMs ?? Number.NEGATIVE_INFINITY));
}

export const describeOwner = ({ holder }: OwnerEntry): string => (holder === null ? "nobody" : describeMaker(holder));

function parse(paths: RunPaths, name: string): OwnerEntry | null {
  const [, digits, rest = ""] = NAME.exec(name) ?? [];
  const epoch = Number(digits);
  if (!Number.isSafeInteger(epoch) || !(rest === FREE || isTemporaryName(rest))) return null;
  return { epoch, holder: rest === FREE ? null : rest, path: join(paths.owner, name) };
}
