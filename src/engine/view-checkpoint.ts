import { type CheckpointView, checkpointView, savedValues } from "../core/checkpoint-view.js";
import { type RunDetails, runDetails } from "../core/run-details.js";
import { namesAsSaved } from "../core/spec-read.js";
import { readRunState } from "../core/state-read.js";
import { type LoadedCheckpoint, savedGraph } from "./load-checkpoint.js";
import { ChannelValues, replayJournal, stepsUntil } from "./replay-journal.js";

/** What a checkpoint holds, with the steps of a journal on top of it, or the first ones only. Needs none of the workflow's code. */
export function viewOf(
  { meta, context, graph, state, tasks, channel }: LoadedCheckpoint,
  journal: readonly Uint8Array[],
  count?: number,
): CheckpointView {
  const run = readRunState(state.head, tasks, namesAsSaved);
  const values = new ChannelValues(savedValues(channel));
  replayJournal(journal, run, values, namesAsSaved, count);
  return checkpointView(meta.info, context.workflow, run, values.values, () =>
    runDetails(run, savedGraph(graph), limitsOf(context.options)),
  );
}

function limitsOf(options: LoadedCheckpoint["context"]["options"]): RunDetails["limits"] {
  return { defaultMaxCycles: options.at("defaultMaxCycles").count(1), concurrency: options.at("concurrency").countOrNull() };
}

/** What a run was right after the end of a cycle of a task, if its journal tells. `load` is called for each reading: it uses up what it reads. */
export async function viewAt(
  load: () => Promise<LoadedCheckpoint>,
  journal: readonly Uint8Array[],
  place: { readonly task: string; readonly cycle?: number },
): Promise<CheckpointView | null> {
  const { state, tasks } = await load();
  const count = stepsUntil(journal, readRunState(state.head, tasks, namesAsSaved), place);
  return count === null ? null : viewOf(await load(), journal, count);
}
