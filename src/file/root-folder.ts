import { dirname, join } from "node:path";
import { type DurableFs, writeSynced } from "./durable-fs.js";
import { ensureFolder, isFolder } from "./is-folder.js";
import { quietly } from "./quietly.js";
import { giveBack, isTemporaryName, takeName } from "./temporary-names.js";

/** No run can have these names: an id starts with a letter or digit. */
const TRASH = ".trash-";
const PROBE = ".probe-";

/** Makes the folder of a store, refuses what leads out of it, and proves that it can be written. */
export async function openRoot(calls: DurableFs, root: string): Promise<void> {
  if (!isFolder(calls, root)) await makeFolder(calls, root);
  await quietly(() => sweepRoot(calls, root));
  await probe(calls, root);
}

/** Where a run goes before it is removed: a name that no reader sees. */
export function trashPath(root: string): string {
  const name = takeName();
  giveBack(name);
  return join(root, TRASH + name);
}

/** Removes deleted runs whose removal did not come to its end. */
export async function sweepRoot(calls: DurableFs, root: string): Promise<void> {
  for (const { name } of (await calls.list(root)) ?? []) {
    const prefix = [TRASH, PROBE].find((start) => name.startsWith(start));
    if (prefix !== undefined && isTemporaryName(name.slice(prefix.length))) await calls.removeTree(join(root, name));
  }
}

async function makeFolder(calls: DurableFs, path: string): Promise<void> {
  const parent = dirname(path);
  if (calls.inspect(parent) === null) await makeFolder(calls, parent);
  ensureFolder(calls, path);
  await calls.syncDirectory(parent);
}

async function probe(calls: DurableFs, root: string): Promise<void> {
  const name = takeName();
  const path = join(root, PROBE + name);
  try {
    await writeSynced(calls, [[path, new Uint8Array([1])]], [root]);
  } finally {
    giveBack(name);
    await calls.removeTree(path);
  }
}
