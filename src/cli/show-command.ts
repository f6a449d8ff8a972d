import type { CheckpointView, SavedTask } from "../core/checkpoint-view.js";
import type { CheckpointHistory } from "../engine/checkpoint-history.js";
import { valueText } from "../inspector/value-text.js";
import type { CommandLine } from "./command-line.js";
import { viewNamed } from "./find-checkpoint.js";
import { jsonObject, jsonText, jsonValue } from "./json-output.js";
import { withHistory } from "./open-history.js";
import { painted } from "./paint.js";
import { progressOf, type Standing, standingOf, statusOf } from "./run-summary.js";
import { type Column, factsText, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";
import { bytesText, timeText } from "./times.js";

/** Shows how a run stands, or what a checkpoint holds. */
export async function showCheckpoint(line: CommandLine, terminal: Terminal): Promise<void> {
  const [view, standing] = await withHistory(line, terminal.folder, async (history) => {
    const found = await viewNamed(history, line.word("checkpoint"));
    return [found, await standingAt(history, found)] as const;
  });
  const values = line.flag("values");
  if (line.flag("json")) return terminal.print(jsonText(jsonOf(view, standing, values)));
  const parts = [factsText(factsOf(view, standing), terminal), ...tablesOf(view, values, terminal)];
  await terminal.print(parts.join("\n"));
}

/** From a checkpoint that is not the newest the run went on. */
async function standingAt({ store }: CheckpointHistory, view: CheckpointView): Promise<Standing> {
  const { info } = view;
  const newest = (await store.list(info.runId)).at(-1);
  return newest?.id === info.id ? standingOf(statusOf(view), await store.owner(info.runId)) : view.status;
}

function factsOf(view: CheckpointView, standing: Standing): (readonly [string, string])[] {
  const { info, workflow, steps, details } = view;
  const { completed, total } = progressOf(view);
  const { name, seq, parent, forkedFrom, taskId, cycle } = info;
  return [
    ["run", info.runId],
    ["workflow", `${workflow.name} (version ${workflow.version})`],
    ["status", standing],
    ...(details.error === null ? [] : [["error", `${details.error.name}: ${details.error.message}`] as const]),
    ...(details.message === null ? [] : [["message", details.message] as const]),
    ["steps", String(steps)],
    ["tasks", `${completed} of ${total} completed`],
    ["checkpoint", `${info.id} (number ${seq}${name === null ? "" : `, ${name}`})`],
    [
      "taken",
      `${timeText(info.createdAt)}, ${info.reason}${taskId === null ? "" : `, at ${taskId}${cycle === null ? "" : ` cycle ${cycle}`}`}`,
    ],
    ["size", bytesText(info.bytes)],
    ...(parent === null ? [] : [["parent", parent] as const]),
    ...(forkedFrom === null ? [] : [["forked from", `${forkedFrom.runId}@${forkedFrom.checkpointId}`] as const]),
  ];
}

const taskColumns = (values: boolean): readonly Column<SavedTask>[] => [
  { title: "TASK", of: ({ taskId }) => taskId },
  { title: "STATUS", of: ({ status }) => status, whole: true, paint: ({ status }, colors) => painted(status, colors) },
  { title: "CYCLE", of: ({ cycle }) => String(cycle), align: "right", whole: true },
  { title: "ATTEMPT", of: ({ attempt }) => String(attempt), align: "right", whole: true },
  { title: "LAST ERROR", of: ({ lastError }) => (lastError === null ? "" : `${lastError.name}: ${lastError.message}`) },
  ...(values ? [{ title: "INPUT", of: ({ input }: SavedTask) => valueText(input) }] : []),
];

type Pair = readonly [name: string, value: unknown];

const pairColumns = (name: string, value: string | null): readonly Column<Pair>[] => [
  { title: name, of: ([key]) => key },
  ...(value === null ? [] : [{ title: value, of: ([, one]: Pair) => valueText(one) }]),
];

function tablesOf(view: CheckpointView, values: boolean, terminal: Terminal): string[] {
  const pairs = (map: ReadonlyMap<string, unknown>, name: string, value: string | null): string[] =>
    map.size === 0 ? [] : [tableText([...map], pairColumns(name, value), terminal)];
  return [
    ...(view.tasks.length === 0 ? [] : [tableText(view.tasks, taskColumns(values), terminal)]),
    ...pairs(view.completedTasks, "COMPLETED", "TIMES"),
    ...pairs(view.metrics, "METRIC", "VALUE"),
    ...pairs(new Map(view.artifacts.map(({ path, type }) => [path, type])), "ARTIFACT", "TYPE"),
    ...pairs(view.channel, "CHANNEL", values ? "VALUE" : null),
    ...(values ? pairs(view.results, "RESULT OF", "VALUE") : []),
  ];
}

function jsonOf(view: CheckpointView, status: Standing, values: boolean) {
  const { info, workflow, steps, tasks, completedTasks, metrics, artifacts, channel, results } = view;
  const { runId, id, createdAt, reason, name, seq, parent, forkedFrom, bytes } = info;
  const content = (map: ReadonlyMap<string, unknown>): unknown =>
    values ? jsonObject(Array.from(map, ([key, value]) => [key, jsonValue(value)] as const)) : [...map.keys()];
  return {
    ...{ runId, checkpoint: id, workflow: workflow.name, version: workflow.version, status, steps },
    ...{ createdAt, reason, name, seq, parent, forkedFrom, bytes },
    tasks: tasks.map(({ input, ...task }) => (values ? { ...task, input: jsonValue(input) } : task)),
    completed: jsonObject(completedTasks),
    metrics: jsonObject(metrics),
    artifacts,
    channel: content(channel),
    results: content(results),
  };
}
