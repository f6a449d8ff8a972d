import type { CheckpointView } from "../core/checkpoint-view.js";
import type { ListedCheckpoint } from "../engine/checkpoint-history.js";
import { htmlTable } from "./html-table.js";
import { type Markup, tag } from "./markup.js";
import { bytesText, countText, momentText, numberText } from "./number-text.js";
import type { ReportData } from "./report-data.js";
import { errorText, standingsOf } from "./task-state.js";
import { firstOf } from "./text-size.js";
import { REASON_TEXTS } from "./tree-signs.js";
import { valueText } from "./value-text.js";

const TEXT_LIMIT = 300;

/** What a run is, and how far it has come. */
export function factsTable({ view, checkpoints }: ReportData): Markup {
  const { info, workflow, status, steps, details } = view;
  const [oldest, newest] = [checkpoints.at(-1), checkpoints[0]];
  const facts: readonly (readonly [string, string] | null)[] = [
    ["run", info.runId],
    ["workflow", `${workflow.name}, version ${workflow.version}`],
    ["status", status === "running" ? "under way when it was saved" : status],
    details.message === null ? null : ["message", details.message],
    details.error === null ? null : ["error", errorText(details.error)],
    ["steps", countText(steps)],
    ["progress", `${countText(info.progress.completed)} of ${countText(info.progress.total)} tasks known of, at the newest checkpoint`],
    oldest === undefined ? null : ["first checkpoint", momentText(oldest.createdAt)],
    newest === undefined ? null : ["newest checkpoint", `${newest.seq}, ${momentText(newest.createdAt)}`],
    info.forkedFrom === null ? null : ["forked from", `${info.forkedFrom.runId} at ${info.forkedFrom.checkpointId}`],
  ];
  const rows = facts
    .filter((fact) => fact !== null)
    .map(([name, value]) => tag("div", {}, tag("dt", {}, name), tag("dd", {}, firstOf(value, TEXT_LIMIT))));
  return tag("dl", {}, rows);
}

/** Every task that has completed or has not, with its counts and errors. */
export function tasksTable(view: CheckpointView): Markup {
  const rows = Array.from(standingsOf(view), ([id, { state, errors }]) => {
    const open = view.tasks.filter(({ taskId }) => taskId === id);
    const cycle = open.reduce((most, task) => Math.max(most, task.cycle), view.completedTasks.get(id) ?? 0);
    const attempt = open.reduce((most, task) => Math.max(most, task.attempt), 0);
    return [id, state, view.completedTasks.get(id) ?? 0, open.length, cycle, attempt === 0 ? "" : attempt, errors.join("; ")];
  });
  return htmlTable(["task", "state", "completed", "open", "cycle", "attempt", "last error"], rows);
}

export function checkpointsTable(checkpoints: readonly ListedCheckpoint[]): Markup {
  const rows = checkpoints.map(({ seq, name, id, createdAt, reason, taskId, cycle, steps, progress, bytes, pinned, metadata }) => [
    seq,
    name ?? "",
    id,
    momentText(createdAt),
    REASON_TEXTS[reason],
    taskId === null ? "" : `${taskId}${cycle === null ? "" : `, cycle ${cycle}`}`,
    steps,
    `${progress.completed} of ${progress.total}`,
    bytesText(bytes),
    pinned ? "pinned" : "",
    Object.keys(metadata).length === 0 ? "" : valueText(metadata),
  ]);
  return htmlTable(["seq", "name", "id", "taken", "why", "task", "steps", "tasks", "size", "pin", "metadata"], rows);
}

export const metricsTable = ({ metrics }: CheckpointView): Markup =>
  htmlTable(
    ["metric", "value"],
    Array.from(metrics, ([name, value]) => [name, tag("span", { class: "number" }, numberText(value))]),
  );

export const artifactsTable = ({ artifacts }: CheckpointView): Markup =>
  htmlTable(
    ["path", "type", "description", "task"],
    artifacts.map(({ path, type, description, taskId }) => [path, type, description, taskId]),
  );

/** Channel, results and inputs: only for those who asked for them. */
export function valuesTable({ channel, results, tasks }: CheckpointView): Markup {
  return htmlTable(
    ["where", "name", "value"],
    [
      ...Array.from(channel, ([key, value]) => ["channel", key, code(value)]),
      ...Array.from(results, ([task, value]) => ["result", task, code(value)]),
      ...tasks.map(({ taskId, specId, input }) => ["input", `${taskId} ${specId}`, code(input)]),
    ],
  );
}

const code = (value: unknown): Markup => tag("code", {}, valueText(value));
