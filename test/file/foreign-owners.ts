import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { giveBack, takeName } from "../../src/file/temporary-names.js";

/** The parts of the name by which a process tells others of itself. */
const PARTS = { host: 0, boot: 1, container: 2, start: 4, copy: 5 } as const;

/** A name as an owner of some other place would have made it. */
export function nameFrom(...changed: readonly (keyof typeof PARTS)[]): string {
  const name = takeName();
  giveBack(name);
  const parts = name.split("-");
  for (const part of ["copy", ...changed] as const) parts[PARTS[part]] = part === "start" ? "1" : part === "copy" ? "00000000" : "000000";
  return parts.join("-");
}

/** Makes the owner of a run look like another one. */
export function renameOwner(root: string, name: string, runId = "r1"): void {
  const folder = join(root, runId, "owner");
  const [found = ""] = readdirSync(folder);
  renameSync(join(folder, found), join(folder, `${found.split("-")[0]}-${name}`));
}

/** A file system on which all that owners have was last changed some time ago. */
export function agedFs(seconds: number): DurableFs {
  const inspect: DurableFs["inspect"] = (path) => {
    const found = systemFs.inspect(path);
    return found !== null && path.includes("/owner/") ? { ...found, changedMs: found.changedMs - seconds * 1_000 } : found;
  };
  return { ...systemFs, inspect };
}
