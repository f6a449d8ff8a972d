import type { CheckpointView } from "../core/checkpoint-view.js";
import { CheckpointNotFoundError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { CheckpointHistory, ListedCheckpoint } from "../engine/checkpoint-history.js";

/** What a report tells of. */
export interface ReportData {
  readonly view: CheckpointView;
  /** The checkpoints of the run, newest first. */
  readonly checkpoints: readonly ListedCheckpoint[];
  /** Those of other runs that are drawn beside them. */
  readonly others: readonly ListedCheckpoint[];
}

/** Reads a run, the run it was forked from if that is still there, and others. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`. */
export async function readReportData(history: CheckpointHistory, runId: string, others: readonly string[]): Promise<ReportData> {
  const [view, checkpoints] = [await history.latest(runId), await history.list(runId)];
  if (view === null) {
    throw new CheckpointNotFoundError(
      `there is no checkpoint of run ${quoted(runId)} in ${history.store.location}: expected a run with at least one; runs() lists those there are.`,
      { runId },
    );
  }
  const origin = checkpoints.flatMap(({ forkedFrom }) => (forkedFrom === null ? [] : [forkedFrom.runId]));
  const beside = new Set([...origin, ...others]);
  beside.delete(runId);
  const lists: ListedCheckpoint[] = [];
  for (const other of beside) lists.push(...(await history.list(other)));
  return { view, checkpoints, others: lists };
}
