import type { ListedCheckpoint } from "../engine/checkpoint-history.js";
import type { CommandLine } from "./command-line.js";
import { checkedRun } from "./find-checkpoint.js";
import { jsonText } from "./json-output.js";
import { countOf } from "./line-options.js";
import { withHistory } from "./open-history.js";
import { type Column, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";
import { bytesText, timeText } from "./times.js";

const COLUMNS: readonly Column<ListedCheckpoint>[] = [
  { title: "#", of: ({ seq }) => String(seq), align: "right", whole: true },
  { title: "CHECKPOINT", of: ({ id }) => id, whole: true },
  { title: "NAME", of: ({ name }) => name ?? "" },
  { title: "TAKEN", of: ({ createdAt }) => timeText(createdAt), whole: true },
  { title: "AFTER", of: ({ taskId, cycle }) => (taskId === null ? "" : cycle === null || cycle === 1 ? taskId : `${taskId} ${cycle}`) },
  { title: "PIN", of: ({ pinned }) => (pinned ? "pin" : ""), whole: true },
  { title: "REASON", of: ({ reason }) => reason, whole: true, minor: true },
  { title: "STEPS", of: ({ steps }) => String(steps), align: "right", whole: true, minor: true },
  { title: "TASKS", of: ({ progress }) => `${progress.completed}/${progress.total}`, align: "right", whole: true, minor: true },
  { title: "SIZE", of: ({ bytes }) => bytesText(bytes), align: "right", whole: true, minor: true },
];

/** Lists the checkpoints of a run. */
export async function listCheckpoints(line: CommandLine, terminal: Terminal): Promise<void> {
  const limit = countOf(line, "limit");
  const runId = line.word("run");
  const found = await withHistory(line, terminal.folder, async (history) => history.list(await checkedRun(history, runId)));
  const listed = found.slice(0, limit);
  await terminal.print(line.flag("json") ? jsonText({ runId, checkpoints: listed.map(factsOf) }) : tableText(listed, COLUMNS, terminal));
}

function factsOf({
  id,
  seq,
  name,
  createdAt,
  reason,
  taskId,
  cycle,
  steps,
  progress,
  metrics,
  bytes,
  pinned,
  parent,
  forkedFrom,
}: ListedCheckpoint) {
  return { id, seq, name, createdAt, reason, task: taskId, cycle, steps, ...progress, metrics, bytes, pinned, parent, forkedFrom };
}
