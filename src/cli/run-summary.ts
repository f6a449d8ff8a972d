import type { CheckpointKey, CheckpointStore } from "../core/checkpoint.js";
import type { CheckpointView } from "../core/checkpoint-view.js";
import { CairnError } from "../core/errors.js";
import type { RunStatus } from "../core/run-state.js";
import type { RunOwner } from "../core/run-writer.js";
import type { CheckpointHistory } from "../engine/checkpoint-history.js";
import { loadDocuments } from "../engine/load-checkpoint.js";
import { systemHost } from "../host/system-host.js";

/** How a run stands, as a list shows it: as its newest checkpoint has it. */
export interface RunSummary {
  readonly runId: string;
  readonly workflow: string | null;
  readonly version: number | null;
  readonly status: Standing;
  /** Who has the run, or `null`. */
  readonly owner: string | null;
  readonly steps: number | null;
  readonly completed: number | null;
  readonly total: number | null;
  readonly checkpoints: number;
  /** The id of the newest checkpoint. */
  readonly newest: string | null;
  readonly updatedAt: string | null;
  /** Why it cannot be read, or `null`. */
  readonly damage: string | null;
}

/** A run that has not ended is running, interrupted (its owner died) or paused. */
export type Standing = Exclude<RunStatus, "running"> | "running" | "interrupted" | "paused" | "damaged";

/** Reads none of the run's values, unless a journal tells of steps after its newest checkpoint. Never throws for damage: it is told. */
export async function runSummary(history: CheckpointHistory, runId: string): Promise<RunSummary> {
  const { store } = history;
  const keys = await store.list(runId);
  const owner = await store.owner(runId);
  const facts = { runId, owner: owner?.isAlive ? owner.description : null, checkpoints: keys.length };
  const newest = keys.at(-1);
  try {
    if (newest === undefined) return { ...facts, ...UNKNOWN, damage: null };
    const hasJournal = (await store.readJournal(runId, newest.seq)).length > 0;
    const found = await (hasJournal ? factsOfView(history, runId) : factsOfDocuments(store, newest));
    return { ...facts, ...found, status: standingOf(found.status, owner), damage: null };
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return { ...facts, ...UNKNOWN, newest: newest?.id ?? null, status: "damaged", damage: error.message };
  }
}

/** How a run stands that has not ended is told by its owner. */
export function standingOf(status: RunStatus, owner: RunOwner | null): Standing {
  if (status !== "running") return status;
  if (owner === null) return "paused";
  return owner.isAlive ? "running" : "interrupted";
}

/** How a checkpoint has its run. What is stored after the last step, but before the end, has nothing left. */
export const statusOf = ({ status, tasks }: CheckpointView): RunStatus => endOf(status, tasks.length);

const endOf = (status: RunStatus, tasksLeft: number): RunStatus => (status === "running" && tasksLeft === 0 ? "completed" : status);

/** Tasks completed, and those known of in all. */
export function progressOf({ completedTasks, tasks }: CheckpointView): { readonly completed: number; readonly total: number } {
  const completed = [...completedTasks.values()].reduce((sum, times) => sum + times, 0);
  return { completed, total: completed + tasks.length };
}

const UNKNOWN = {
  ...{ workflow: null, version: null, status: "paused" as const, steps: null },
  ...{ completed: null, total: null, newest: null, updatedAt: null },
} as const;

async function factsOfDocuments(store: CheckpointStore, key: CheckpointKey) {
  const { meta, context, state } = await loadDocuments(store, key, systemHost().sha256);
  const { steps, progress, createdAt, id } = meta.info;
  const { name: workflow, version } = context.workflow;
  const status = state.head.at("status").value as RunStatus;
  return {
    workflow,
    version,
    status: endOf(status, progress.total - progress.completed),
    steps,
    ...progress,
    newest: id,
    updatedAt: createdAt,
  };
}

async function factsOfView(history: CheckpointHistory, runId: string) {
  const view = (await history.latest(runId)) as CheckpointView;
  const { info, workflow, steps } = view;
  return {
    workflow: workflow.name,
    version: workflow.version,
    status: statusOf(view),
    steps,
    ...progressOf(view),
    newest: info.id,
    updatedAt: info.createdAt,
  };
}
