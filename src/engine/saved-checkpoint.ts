import type { CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import type { Host } from "../core/clock.js";
import { CheckpointCorruptError, CheckpointNotFoundError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { ResumeStrategy } from "../core/resume-strategy.js";
import { type LoadedCheckpoint, loadCheckpoint, loadMeta, newestIntact } from "./load-checkpoint.js";
import { viewOf } from "./view-checkpoint.js";

const NAMED_TASKS = 5;

/** Finds the checkpoint to resume from among all of the run: the newest, or the one with this id or name. */
async function findCheckpoint(
  store: CheckpointStore,
  runId: string,
  keys: readonly CheckpointKey[],
  at: string | undefined,
  host: Host,
): Promise<CheckpointKey> {
  const byId = at === undefined ? keys.at(-1) : keys.find((key) => key.id === at);
  if (byId !== undefined) return byId;
  for (const key of [...keys].reverse()) if ((await loadMeta(store, key, host.sha256)).info.name === at) return key;
  const what = at === undefined ? "no checkpoint" : `no checkpoint with the id or name ${quoted(at)}`;
  const fix = keys.length === 0 ? "check the run id and the path of the store" : "list the run to see which there are";
  throw new CheckpointNotFoundError(`run ${quoted(runId)} has ${what} in ${store.location}; ${fix}.`, { runId });
}

/** What is stored of a run, read and found whole. */
export interface SavedCheckpoint {
  readonly key: CheckpointKey;
  readonly loaded: LoadedCheckpoint;
  /** The steps after it, if it is the newest. */
  readonly journal: readonly Uint8Array[];
  /** The highest seq of the run. */
  readonly newestSeq: number;
  /** That something was passed over, or `null`. */
  readonly warning: { readonly code: string; readonly message: string } | null;
}

/**
 * Reads the checkpoint to resume from: the newest with the steps in its journal, or the one with this id or name. With
 * `previousValid`, damage leads to the newest one that is whole. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`.
 */
export async function loadSaved(
  store: CheckpointStore,
  runId: string,
  at: string | undefined,
  fallback: Required<ResumeStrategy>["fallback"],
  host: Host,
): Promise<SavedCheckpoint> {
  const keys = await store.list(runId);
  const key = await findCheckpoint(store, runId, keys, at, host);
  const newestSeq = keys.at(-1)?.seq ?? key.seq;
  try {
    return await readSaved(store, key, newestSeq, host);
  } catch (error) {
    if (!(error instanceof CheckpointCorruptError)) throw error;
    const intact = await newestIntact(store, runId, host.sha256);
    if (fallback === "refuse" || intact === null) throw damaged(error, key, intact);
    const message = `${error.message} Fell back to checkpoint ${intact.meta.info.seq} (${intact.meta.info.id}).`;
    return { key: intact.meta.info, loaded: intact, journal: [], newestSeq, warning: { code: "FELL_BACK", message } };
  }
}

/** Reads one checkpoint of a run whose highest seq is known. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`. */
export async function readSaved(store: CheckpointStore, key: CheckpointKey, newestSeq: number, host: Host): Promise<SavedCheckpoint> {
  const loaded = await loadCheckpoint(store, key, host.sha256);
  // Whoever goes back to an older checkpoint goes back behind the steps.
  const journal = key.seq === newestSeq ? await store.readJournal(key.runId, key.seq) : [];
  return { key, loaded, journal, newestSeq, warning: null };
}

/** The refusal of a damaged checkpoint, with the newest one that is whole and what going back to it would repeat. */
function damaged(error: CheckpointCorruptError, key: CheckpointKey, intact: LoadedCheckpoint | null): CheckpointCorruptError {
  const { message, runId, checkpointId, file, expectedDigest, foundDigest } = error;
  return new CheckpointCorruptError(`${message} ${hintOf(intact)}`, {
    cause: error,
    runId: runId ?? key.runId,
    checkpointId: checkpointId ?? key.id,
    ...(file === null ? {} : { file }),
    ...(expectedDigest === null ? {} : { expectedDigest }),
    ...(foundDigest === null ? {} : { foundDigest }),
    ...(intact === null ? {} : { newestIntact: intact.meta.info.id }),
  });
}

function hintOf(intact: LoadedCheckpoint | null): string {
  if (intact === null) return "No checkpoint of the run is whole.";
  const { seq, id } = intact.meta.info;
  const tasks = [...new Set(viewOf(intact, []).tasks.map(({ taskId }) => taskId))];
  const more = tasks.length > NAMED_TASKS ? ` and ${tasks.length - NAMED_TASKS} more` : "";
  const repeated =
    tasks.length === 0 ? "" : `; that would repeat what has run since, from ${tasks.slice(0, NAMED_TASKS).join(", ")}${more} on`;
  return `The newest one that is whole is ${seq} (${id}): resume with at: ${quoted(id)}, or with strategy.fallback "previousValid"${repeated}.`;
}
