import type { CheckpointInfo, CheckpointStore } from "./core/checkpoint.js";
import type { SavedTask } from "./core/checkpoint-view.js";
import type { Host } from "./core/clock.js";
import { CheckpointError, CheckpointNotFoundError, IncompatibleCheckpointError, InvalidGraphError } from "./core/errors.js";
import { checkedId } from "./core/ids.js";
import { runOwned } from "./core/store-checks.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { loadSaved, type SavedCheckpoint } from "./engine/saved-checkpoint.js";
import { viewOf } from "./engine/view-checkpoint.js";
import type { ResumeOptions } from "./execution-options.js";
import { systemHost } from "./host/system-host.js";
import { storeAt } from "./open-store.js";
import { rehearseResume } from "./restore-run.js";

/** What a resume would find. */
export interface ResumeReport {
  readonly resumable: boolean;
  /** The checkpoint it would start from, or `null` if there is none that can be read. */
  readonly checkpoint: CheckpointInfo | null;
  /** The ids of tasks that have completed: they would not run again. */
  readonly completed: readonly string[];
  /** Tasks that failed: they would be tried again. */
  readonly failed: readonly SavedTask[];
  /** Tasks that wait or were running. */
  readonly pending: readonly SavedTask[];
  /** Everything that stands in the way, with its fix. */
  readonly problems: readonly { readonly kind: string; readonly message: string; readonly fix: string }[];
}

const NOTHING: Omit<ResumeReport, "problems"> = { resumable: false, checkpoint: null, completed: [], failed: [], pending: [] };

/** Looks at a checkpoint as a resume would, and changes nothing. Errors of the store itself reject. */
export async function resumeReport(
  definition: WorkflowDefinition,
  { from, runId, at }: Pick<ResumeOptions, "from" | "runId" | "at">,
): Promise<ResumeReport> {
  const store = storeAt(from);
  try {
    await store.open();
    const owner = await store.owner(checkedId(runId, "run id"));
    const report = await reportOf(definition, store, runId, at);
    if (!owner?.isAlive) return report;
    const { message } = runOwned(runId, owner.description);
    const owned = { kind: "owned", message, fix: "wait until its owner is done, or stop it" };
    return { ...report, resumable: false, problems: [...report.problems, owned] };
  } finally {
    if (typeof from === "string") await store.close();
  }
}

async function reportOf(
  definition: WorkflowDefinition,
  store: CheckpointStore,
  runId: string,
  at: string | undefined,
): Promise<ResumeReport> {
  const host = systemHost();
  try {
    const load = (): Promise<SavedCheckpoint> => loadSaved(store, runId, at, "refuse", host);
    const saved = await load();
    const view = viewOf(saved.loaded, saved.journal);
    // Read once more: the values of what was read belong to the view.
    const problems = problemsOf(definition, await load(), host);
    return {
      resumable: problems.length === 0,
      checkpoint: view.info,
      completed: [...view.completedTasks.keys()],
      failed: view.tasks.filter((task) => task.status === "failed"),
      pending: view.tasks.filter((task) => task.status !== "failed"),
      problems,
    };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return { ...NOTHING, problems: [problemOf(error)] };
  }
}

/** Everything that stands in the way of a resume under the code of today. */
export function problemsOf(definition: WorkflowDefinition, saved: SavedCheckpoint, host: Host): ResumeReport["problems"] {
  try {
    rehearseResume(definition, saved, host);
    return [];
  } catch (error) {
    if (error instanceof IncompatibleCheckpointError) return error.problems;
    if (error instanceof CheckpointError || error instanceof InvalidGraphError) return [problemOf(error)];
    throw error;
  }
}

/** An error as a problem of a report. */
export function problemOf(error: CheckpointError | InvalidGraphError): ResumeReport["problems"][number] {
  return { kind: error.code, message: error.message, fix: fixOf(error) };
}

function fixOf(error: CheckpointError | InvalidGraphError): string {
  if (error instanceof CheckpointNotFoundError) return "check the run id, the checkpoint and the path of the store";
  return error instanceof InvalidGraphError ? "mend the graph" : "resume from another checkpoint";
}
