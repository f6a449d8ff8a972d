import type { ChannelEntry, ChannelOp, RunChannelBackend } from "../core/channel.js";
import { storedValue } from "../core/checkpoint-read.js";
import { toErrorRecord } from "../core/error-record.js";
import { IncompatibleCheckpointError, TaskFailedError } from "../core/errors.js";
import { assertFits, type Preflight, preflight, type SavedCode } from "../core/preflight.js";
import type { JsonReader } from "../core/read-json.js";
import { isResultKey, resultKey, resultOwner } from "../core/result-key.js";
import type { ResumeStrategy } from "../core/resume-strategy.js";
import { applyChange } from "../core/run-change.js";
import { settleFailed } from "../core/settle.js";
import { hasRoom, retryFailed, settleIdleScopes, startRun } from "../core/settle-flow.js";
import type { Names } from "../core/spec-read.js";
import type { StateTable } from "../core/state-table.js";
import type { Step } from "../core/step.js";
import type { LoadedTable } from "../core/table-read.js";
import type { TaskRef } from "../core/task-ref.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { type LoadedCheckpoint, savedGraph } from "./load-checkpoint.js";
import type { RunOptions } from "./options.js";

/** Compares a checkpoint with the code of today. */
function preflightOf(definition: WorkflowDefinition, loaded: LoadedCheckpoint): Preflight {
  const saved: SavedCode = { workflow: loaded.context.workflow, graph: savedGraph(loaded.graph), refs: refsOf(loaded.tasks) };
  return preflight(definition, saved);
}

function refsOf({ tasks }: StateTable): TaskRef[] {
  const refs = new Map<string, TaskRef>();
  let last: TaskRef | null = null;
  for (const part of tasks) {
    const ref = part.ref();
    if (ref === null) continue;
    if (last?.name !== ref.name || last.module !== ref.module) refs.set(`${ref.module}#${ref.name}`, ref);
    last = ref;
  }
  return [...refs.values()];
}

/** What the tasks of a checkpoint are called today, and whether migrations must follow. Throws `IncompatibleCheckpointError`. */
export function namesOf(definition: WorkflowDefinition, loaded: LoadedCheckpoint): Names & Pick<Preflight, "migrates"> {
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
  return { resolve, rename: fits.rename, migrates: fits.migrates };
}

/** The channel's entries as a checkpoint has them; results of renamed tasks go by their names of today. */
export function* channelEntries({ records }: LoadedTable, { rename }: Names): IterableIterator<ChannelEntry> {
  for (const [saved, record] of records) {
    const key = isResultKey(saved) ? resultKey(rename(resultOwner(saved))) : saved;
    yield { key, value: storedValue(record.at("value")), expiresAt: expiryOf(record) };
  }
}

/** When an entry of the channel ends, in wall-clock milliseconds, or `null`. */
function expiryOf(record: JsonReader): number | null {
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
export function setGoing(step: Step, definition: WorkflowDefinition, strategy: Required<ResumeStrategy>): void {
  const { state } = step;
  const { error } = state;
  if (state.status === "completed" || (state.status === "terminated" && state.root.live === 0 && state.failed.size === 0)) return;
  if (!strategy.retryFailed && error !== null && state.failed.size > 0) return;
  step.apply({ kind: "status", status: "running", message: null, error: null });
  const failed = strategy.retryFailed ? [...state.failed.values()] : [];
  if (!strategy.resetRunning) giveUpInterrupted(step, definition);
  for (const spec of failed) {
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

/** Tasks that were running count as failed: what they did to the outside world nobody knows. */
function giveUpInterrupted(step: Step, { plan }: WorkflowDefinition): void {
  const { state } = step;
  state.index();
  const specs = [...state.pending()].filter(({ serial }) => state.interrupted.has(serial));
  for (const spec of specs) applyChange(state, { kind: "started", spec });
  state.requeueWaiting();
  for (const spec of specs) {
    const message = `task "${spec.taskId}" was running when its process ended, and strategy.resetRunning is false: see what it has done, then resume with resetRunning.`;
    const error = toErrorRecord(new TaskFailedError(message, spec.attempt - 1, { runId: state.runId, taskId: spec.taskId }));
    settleFailed(step, plan, { ...spec, attempt: spec.attempt - 1 }, error, spec.memo);
  }
}

/** Empties a restored run and queues its first task again; returns what that takes out of the channel. */
export function startOver(step: Step, { plan }: WorkflowDefinition, channel: RunChannelBackend): ChannelOp[] {
  const { state } = step;
  const { input } = state;
  if (input === null) {
    throw new IncompatibleCheckpointError(
      `run ${state.runId} cannot start over: its checkpoint does not hold the run's input; resume it with preserveCompleted: true.`,
      [{ kind: "migration", message: "the checkpoint does not hold the run's input", fix: "resume it with preserveCompleted: true" }],
      { runId: state.runId },
    );
  }
  state.clear();
  startRun(step, plan, input);
  return [
    ...channel
      .keys("")
      .filter(isResultKey)
      .map((key): ChannelOp => ({ kind: "delete", key })),
    ...step.results,
  ];
}
