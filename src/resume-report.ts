import type { CheckpointInfo } from "./core/checkpoint.js";
import { type CheckpointView, checkpointView, type SavedTask, savedValues } from "./core/checkpoint-view.js";
import { CheckpointError, CheckpointNotFoundError, InvalidGraphError } from "./core/errors.js";
import { assertRunnable } from "./core/graph-problem.js";
import { checkedId } from "./core/ids.js";
import type { RunState } from "./core/run-state.js";
import { namesAsSaved } from "./core/spec-read.js";
import { checkPlaces } from "./core/state-check.js";
import { readRunState } from "./core/state-read.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import type { LoadedCheckpoint } from "./engine/load-checkpoint.js";
import { expiryOf, findCheckpoint, loadForResume, namesOf, preflightOf, savedLimits } from "./engine/resume-run.js";
import type { ResumeOptions } from "./execution-options.js";
import { systemHost } from "./host/system-host.js";
import { storeAt } from "./open-store.js";

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
  const host = systemHost();
  await store.open();
  try {
    const loaded = await loadForResume(store, await findCheckpoint(store, checkedId(runId, "run id"), at, host), host);
    const { problems } = preflightOf(definition, loaded);
    const fits = problems.length === 0;
    const state = readRunState(loaded.state.head, loaded.tasks, fits ? namesOf(definition, loaded) : namesAsSaved);
    if (fits) rehearse(definition, state, loaded);
    const view: CheckpointView = checkpointView(
      loaded.meta.info,
      loaded.context.workflow,
      state,
      savedValues(loaded.channel),
      loaded.tasks,
    );
    return {
      resumable: fits,
      checkpoint: view.info,
      completed: [...view.completedTasks.keys()],
      failed: view.tasks.filter((task) => task.status === "failed"),
      pending: view.tasks.filter((task) => task.status !== "failed"),
      problems,
    };
  } catch (error) {
    if (!(error instanceof CheckpointError || error instanceof InvalidGraphError) || !("code" in error)) throw error;
    return { ...NOTHING, problems: [{ kind: error.code, message: error.message, fix: fixOf(error) }] };
  }
}

function fixOf(error: CheckpointError | InvalidGraphError): string {
  if (error instanceof CheckpointNotFoundError) return "check the run id, the checkpoint and the path of the store";
  return error instanceof InvalidGraphError ? "mend the graph" : "resume from another checkpoint";
}

/** What a resume checks beside what has been read so far. */
function rehearse({ graph }: WorkflowDefinition, state: RunState, loaded: LoadedCheckpoint): void {
  assertRunnable(graph, state.start);
  checkPlaces(state, graph.plan(state.start));
  savedLimits(loaded);
  for (const record of loaded.channel.records.values()) expiryOf(record);
}
