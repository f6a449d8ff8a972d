import { basename, dirname, join } from "node:path";
import { type DurableFs, errorCode } from "./durable-fs.js";
import { ensureFolder } from "./is-folder.js";
import type { RunPaths } from "./layout.js";
import { quietly } from "./quietly.js";
import { giveBack, takeName } from "./temporary-names.js";

/** Something that nobody finds any more while it is decided whether it is removed: a folder in `tmp` in which it has its own name. */
export interface SetAside {
  readonly name: string;
  readonly folder: string;
  readonly path: string;
}

/** Moves something out of sight; `null` if it is gone. Whoever dies before it is removed or put back leaves that to the next owner. */
export async function setAside(calls: DurableFs, { tmp }: RunPaths, from: string): Promise<SetAside | null> {
  const name = takeName();
  const folder = join(tmp, name);
  const path = join(folder, basename(from));
  try {
    ensureFolder(calls, tmp);
    calls.makeDirectory(folder);
    calls.rename(from, path);
    return { name, folder, path };
  } catch (error) {
    await quietly(() => calls.removeDirectory(folder));
    giveBack(name);
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Moves something to where it was, unless somebody else has done that, or stored it anew. */
export async function putBack(calls: DurableFs, path: string, to: string): Promise<void> {
  if (calls.inspect(to) === null) calls.rename(path, to);
  // It was on disk in its place: after a power cut it must be there again.
  await calls.syncDirectory(dirname(to));
}
