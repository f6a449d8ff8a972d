import type { ChannelEntry } from "../core/channel.js";
import type { CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import type { LoadedTable } from "../core/checkpoint-read.js";
import { storedValue } from "../core/checkpoint-read.js";
import type { Host } from "../core/clock.js";
import { CheckpointCorruptError, CheckpointNotFoundError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { assertFits, type Preflight, preflight, type SavedCode } from "../core/preflight.js";
import type { JsonReader } from "../core/read-json.js";
import { isResultKey, resultKey, resultOwner } from "../core/result-key.js";
import { hasRoom, retryFailed, settleIdleScopes } from "../core/settle-flow.js";
import { type Names, readRef } from "../core/spec-read.js";
import type { Step } from "../core/step.js";
import type { TaskRef } from "../core/task-ref.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { type LoadedCheckpoint, loadCheckpoint, loadMeta, newestIntact, savedGraph } from "./load-checkpoint.js";
import type { RunOptions } from "./options.js";

/** Finds the checkpoint to resume from: the newest, or the one with this id or name. */
export async function findCheckpoint(store: CheckpointStore, runId: string, at: string | undefined, host: Host): Promise<CheckpointKey> {
  const keys = await store.list(runId);
  const byId = at === undefined ? keys.at(-1) : keys.find((key) => key.id === at);
  if (byId !== undefined) return byId;
  for (const key of [...keys].reverse()) if ((await loadMeta(store, key, host.sha256)).info.name === at) return key;
  const what = at === undefined ? "no checkpoint" : `no checkpoint with the id or name ${quoted(at)}`;
  const fix = keys.length === 0 ? "check the run id and the path of the store" : "list the run to see which there are";
  throw new CheckpointNotFoundError(`run ${quoted(runId)} has ${what} in ${store.location}; ${fix}.`, { runId });
}

/** Reads a checkpoint; one that is damaged is refused with the newest one that is whole. */
export async function loadForResume(store: CheckpointStore, key: CheckpointKey, host: Host): Promise<LoadedCheckpoint> {
  try {
    return await loadCheckpoint(store, key, host.sha256);
  } catch (error) {
    if (!(error instanceof CheckpointCorruptError)) throw error;
    const intact = await newestIntact(store, key.runId, host.sha256);
    const { message, runId, checkpointId, file, expectedDigest, foundDigest } = error;
    const hint =
      intact === null
        ? "No checkpoint of the run is whole."
        : `The newest one that is whole is ${intact.seq} (${intact.id}): resume with at: ${quoted(intact.id)}.`;
    throw new CheckpointCorruptError(`${message} ${hint}`, {
      cause: error,
      runId: runId ?? key.runId,
      checkpointId: checkpointId ?? key.id,
      ...(file === null ? {} : { file }),
      ...(expectedDigest === null ? {} : { expectedDigest }),
      ...(foundDigest === null ? {} : { foundDigest }),
      ...(intact === null ? {} : { newestIntact: intact.id }),
    });
  }
}

/** Compares a checkpoint with the code of today. */
export function preflightOf(definition: WorkflowDefinition, loaded: LoadedCheckpoint): Preflight {
  const saved: SavedCode = { workflow: loaded.context.workflow, graph: savedGraph(loaded.graph), refs: refsOf(loaded.tasks) };
  return preflight(definition, saved);
}

function refsOf({ records }: LoadedTable): TaskRef[] {
  const refs = new Map<string, TaskRef>();
  let last: TaskRef | null = null;
  for (const [key, record] of records) {
    if (!key.startsWith("task/")) continue;
    const ref = readRef(record);
    if (last?.name !== ref.name || last.module !== ref.module) refs.set(`${ref.module}#${ref.name}`, ref);
    last = ref;
  }
  return [...refs.values()];
}

/** What the tasks of a checkpoint are called today. Throws `IncompatibleCheckpointError`. */
export function namesOf(definition: WorkflowDefinition, loaded: LoadedCheckpoint): Names {
  const fits = preflightOf(definition, loaded);
  assertFits(fits, loaded.meta.info.runId, loaded.meta.info.id);
  let last: { readonly saved: TaskRef; readonly ref: TaskRef } | null = null;
  const resolve: Names["resolve"] = (saved) => {
    // Specs of one task often follow each other, and then share its reference without a look-up.
    if (last === null || last.saved.name !== saved.name || last.saved.module !== saved.module) {
      last = { saved, ref: definition.registry.resolve(saved)?.ref ?? saved };
    }
    return last.ref;
  };
  return { resolve, rename: fits.rename };
}

/** The channel's entries as a checkpoint has them; results of renamed tasks go by their names of today. */
export function* channelEntries({ records }: LoadedTable, { rename }: Names): IterableIterator<ChannelEntry> {
  for (const [saved, record] of records) {
    const key = isResultKey(saved) ? resultKey(rename(resultOwner(saved))) : saved;
    yield { key, value: storedValue(record.at("value")), expiresAt: expiryOf(record) };
  }
}

/** When an entry of the channel ends, in wall-clock milliseconds, or `null`. */
export function expiryOf(record: JsonReader): number | null {
  const expiresAt = record.at("expiresAt");
  return expiresAt.isAbsent ? null : expiresAt.number();
}

/** The limits of a run as a checkpoint has them. */
export function savedLimits({ context }: LoadedCheckpoint): Pick<RunOptions, "maxSteps" | "defaultMaxCycles" | "concurrency"> {
  const { options } = context;
  const concurrency = options.at("concurrency");
  return {
    maxSteps: options.at("maxSteps").count(1),
    defaultMaxCycles: options.at("defaultMaxCycles").count(1),
    ...(concurrency.isAbsent ? {} : { concurrency: concurrency.count(1) }),
  };
}

/** Sets a restored run going: what failed gets a fresh budget, and joins that nobody will complete are looked at. */
export function setGoing(step: Step, definition: WorkflowDefinition): void {
  const { state } = step;
  const { error } = state;
  if (state.status === "completed" || (state.status === "terminated" && state.root.live === 0 && state.failed.size === 0)) return;
  step.apply({ kind: "status", status: "running", message: null, error: null });
  for (const spec of [...state.failed.values()]) {
    if (hasRoom(step, definition.plan, spec)) retryFailed(step, spec);
    else step.apply({ kind: "held", spec });
  }
  step.idle.push(null);
  for (const group of state.groups.values()) {
    for (const [member, { status, live }] of group.members.entries())
      if (status === "running" && live === 0) step.idle.push({ group: group.serial, member });
  }
  settleIdleScopes(step, definition.plan);
  // A group that failed although none of its tasks did: there is nothing to try again, and it must not pass as done.
  const isHopeless = [...state.groups.values()].some((group) => group.scope === null && group.status === "failed");
  if (error !== null && isHopeless) step.failRun(error);
}
