import { valueText } from "../inspector/value-text.js";
import type { BoardTask } from "../task-board/board-task.js";
import { jsonValue } from "./json-output.js";
import { painted } from "./paint.js";
import { type Column, factsText } from "./table.js";
import type { Terminal } from "./terminal.js";
import { timeText } from "./times.js";

const atTime = (ms: number): string => timeText(new Date(ms).toISOString());

export const TASK_COLUMNS: readonly Column<BoardTask>[] = [
  { title: "TASK", of: ({ id }) => id, whole: true },
  { title: "TYPE", of: ({ type }) => type },
  { title: "STATUS", of: ({ status }) => status, whole: true, paint: ({ status }, colors) => painted(status, colors) },
  { title: "AGENT", of: ({ agent }) => agent ?? "" },
  { title: "CLAIMS", of: ({ claims }) => String(claims), align: "right" },
  { title: "CREATED", of: ({ createdAt }) => atTime(createdAt) },
];

/** A task of a board for people. */
export function boardTaskText(task: BoardTask, terminal: Terminal): string {
  const { id, type, parent, status, agent, leaseUntil, claims, createdAt, finishedAt, data, result } = task;
  return factsText(
    [
      ["task", id],
      ["type", type],
      ["status", status],
      ...(parent === null ? [] : [["parent", parent] as const]),
      ...(agent === null ? [] : [["agent", agent] as const]),
      ...(leaseUntil === null ? [] : [["claimed until", atTime(leaseUntil)] as const]),
      ["claims", String(claims)],
      ["created", atTime(createdAt)],
      ...(finishedAt === null ? [] : [["finished", atTime(finishedAt)] as const]),
      ["data", valueText(data)],
      ...(result === undefined ? [] : [["result", valueText(result)] as const]),
    ],
    terminal,
  );
}

/** A task of a board as JSON. */
export const boardTaskJson = ({ data, metadata, result, ...facts }: BoardTask) => ({
  ...facts,
  data: jsonValue(data),
  metadata: jsonValue(metadata),
  result: jsonValue(result),
});
