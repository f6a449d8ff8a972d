import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { CheckpointStore } from "../core/checkpoint.js";
import { CheckpointNotFoundError, InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { CheckpointHistory } from "../engine/checkpoint-history.js";
import { openCheckpointStore, storeAt } from "../open-store.js";
import type { CommandLine } from "./command-line.js";
import { checkedRun, keyAt } from "./find-checkpoint.js";

/**
 * Opens the store that `--from` names, for as long as `use` takes. A folder that is not there is not made. Throws
 * `CheckpointNotFoundError`, and what opening throws.
 */
export async function withHistory<T>(
  line: CommandLine,
  folder: string,
  use: (history: CheckpointHistory, from: string) => Promise<T>,
): Promise<T> {
  const from = existingPlace(line.text("from") ?? "", folder);
  const store = storeAt(from);
  const history = openCheckpointStore(store.kind === "file" ? asItIs(store) : store);
  try {
    return await use(history, from);
  } finally {
    await history.close();
  }
}

/** A folder is looked into without being swept and tried out, which would write to it. */
const asItIs = (store: CheckpointStore): CheckpointStore => Object.create(store, { open: { value: async () => {} } }) as CheckpointStore;

/** The place of a store that must be there already. Throws `CheckpointNotFoundError`, `InvalidOptionError`. */
export function existingPlace(place: string, folder: string, expected = "checkpoints; name it as --from, or run a workflow first"): string {
  if (place.startsWith("memory:"))
    throw new InvalidOptionError(
      `the place is ${quoted(place)}, which no other process can see: expected a folder, or the address of a server.`,
    );
  if (/^[a-z][a-z0-9+.-]+:/i.test(place)) return place;
  const path = resolve(folder, place);
  if (existsSync(path)) return path;
  throw new CheckpointNotFoundError(`there is no folder ${quoted(place)}: expected one with ${expected}.`);
}

/** The run that a command line names, and the checkpoint, once they are found; the error names others. Throws `CheckpointNotFoundError`. */
export function existingRun(
  line: CommandLine,
  folder: string,
): Promise<{ readonly from: string; readonly runId: string; readonly at?: string }> {
  return withHistory(line, folder, async (history, from) => {
    const runId = await checkedRun(history, line.word("run"));
    const at = line.text("at");
    return { from, runId, ...(at === undefined ? {} : { at: (await keyAt(history, runId, at)).id }) };
  });
}
