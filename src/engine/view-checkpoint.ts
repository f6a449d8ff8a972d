import { type CheckpointView, checkpointView, savedValues } from "../core/checkpoint-view.js";
import { namesAsSaved } from "../core/spec-read.js";
import { readRunState } from "../core/state-read.js";
import type { LoadedCheckpoint } from "./load-checkpoint.js";
import { ChannelValues, replayJournal } from "./replay-journal.js";

/** What a checkpoint holds, with the steps of a journal on top of it. Needs none of the workflow's code. */
export function viewOf({ meta, context, state, tasks, channel }: LoadedCheckpoint, journal: readonly Uint8Array[]): CheckpointView {
  const run = readRunState(state.head, tasks, namesAsSaved);
  const values = new ChannelValues(savedValues(channel));
  replayJournal(journal, run, values, namesAsSaved);
  return checkpointView(meta.info, context.workflow, run, values.values, tasks);
}
