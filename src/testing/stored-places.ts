import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidOptionError, UsageError } from "../core/errors.js";
import { type CheckpointLocation, storeAt } from "../open-store.js";
import { InterceptedStore } from "./intercepted-store.js";

/** Where stored checkpoints are: folders and other locations of stores; `folder/**` stands for every store in or below a folder. */
export type CheckpointPlaces = CheckpointLocation | URL | readonly (CheckpointLocation | URL)[];

const BELOW = /[/\\]\*\*[/\\]?$/;

/** The stores at some places, which nothing can be written to. Throws `InvalidOptionError` if a place has none. */
export function storesAt(places: CheckpointPlaces): readonly InterceptedStore[] {
  const list = Array.isArray(places) ? (places as readonly (CheckpointLocation | URL)[]) : [places as CheckpointLocation | URL];
  if (list.length === 0) throw new InvalidOptionError("no place of stored checkpoints is given: expected a folder, or several.");
  return list.flatMap((place) => locationsOf(place instanceof URL ? fileURLToPath(place) : place)).map(readOnly);
}

function locationsOf(place: CheckpointLocation): readonly CheckpointLocation[] {
  if (typeof place !== "string" || !BELOW.test(place)) return [place];
  const folder = place.replace(BELOW, "");
  const found = storesBelow(folder);
  if (found.length > 0) return found;
  throw new InvalidOptionError(
    `there are no stored checkpoints in or below ${folder}: expected a folder that a file store has written, as in <folder>/<run>/checkpoints.`,
  );
}

/** Folders with runs in them. Links are not followed. */
function storesBelow(folder: string): string[] {
  const inner = foldersIn(folder);
  const isStore = inner.some((name) => foldersIn(join(folder, name)).includes("checkpoints"));
  return isStore ? [folder] : inner.flatMap((name) => storesBelow(join(folder, name)));
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw new InvalidOptionError(`the folder ${folder} cannot be read: ${(cause as Error).message}; correct the path.`, { cause });
  }
}

const READS = new Set(["owner", "list", "find", "read", "readBlob", "readJournal", "blobs", "pins", "runs"]);

/** What is kept with the tests stays as it is, to the byte. */
function readOnly(location: CheckpointLocation): InterceptedStore {
  return new InterceptedStore(storeAt(location), async (call, proceed) => {
    if (READS.has(call)) return proceed();
    if (call === "open" || call === "close") return undefined as never;
    throw new UsageError(`a replay of stored checkpoints was about to call ${call} of their store: it only reads.`);
  });
}
