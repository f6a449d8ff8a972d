import { InvalidOptionError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import { BoardTaskNotFoundError } from "../task-board/board-errors.js";
import { BOARD_TASK_STATUSES, type BoardTask, type BoardTaskStatus } from "../task-board/board-task.js";
import type { TaskBoard } from "../task-board/task-board.js";
import { boardTaskJson, boardTaskText, TASK_COLUMNS } from "./board-text.js";
import type { CommandLine } from "./command-line.js";
import { jsonInput } from "./input.js";
import { jsonText } from "./json-output.js";
import { countOf } from "./line-options.js";
import { type Column, tableText } from "./table.js";
import type { Terminal } from "./terminal.js";

/** What is done to an open board. */
export type BoardDeed = (board: TaskBoard, line: CommandLine, terminal: Terminal) => Promise<void>;

export const DEEDS = {
  list,
  show: async (board, line, terminal) => told(await found(board, line.word("task")), line, terminal),
  summary,
  add,
  claim,
  complete,
  release: async (board, line, terminal) => told(await board.release(line.word("task"), agentOf(line)), line, terminal),
  cancel: async (board, line, terminal) => {
    const cancelled = await board.cancel(line.word("task"));
    await terminal.print(line.flag("json") ? jsonText({ cancelled }) : `${cancelled}\n`);
  },
} as const satisfies Readonly<Record<string, BoardDeed>>;

async function list(board: TaskBoard, line: CommandLine, terminal: Terminal): Promise<void> {
  const [status, type, after, limit] = [line.text("status"), line.text("type"), line.text("after"), countOf(line, "limit")];
  const tasks = await board.list({
    ...(status === undefined ? {} : { status: status as BoardTaskStatus }),
    ...(type === undefined ? {} : { type }),
    ...(after === undefined ? {} : { after }),
    ...(limit === undefined ? {} : { limit }),
  });
  if (line.flag("json")) return terminal.print(jsonText({ tasks: tasks.map(boardTaskJson) }));
  if (tasks.length === 0) return terminal.say(`cairn: there are no such tasks on board ${board.name} in ${board.location}`);
  await terminal.print(tableText(tasks, TASK_COLUMNS, terminal));
}

async function summary(board: TaskBoard, line: CommandLine, terminal: Terminal): Promise<void> {
  const { total, byStatus, byType } = await board.summary();
  if (line.flag("json")) return terminal.print(jsonText({ total, byStatus, byType }));
  type Row = readonly [type: string, counts: Readonly<Record<BoardTaskStatus, number>>];
  const rows: readonly Row[] = [...Object.entries(byType), ["all", byStatus]];
  const columns: readonly Column<Row>[] = [
    { title: "TYPE", of: ([type]) => type },
    ...BOARD_TASK_STATUSES.map((status) => ({
      title: status.toUpperCase(),
      of: ([, counts]: Row) => String(counts[status]),
      align: "right" as const,
    })),
  ];
  await terminal.print(tableText(rows, columns, terminal));
}

async function add(board: TaskBoard, line: CommandLine, terminal: Terminal): Promise<void> {
  const [id, parent] = [line.text("id"), line.text("parent")];
  const data = await jsonInput(line, "data", terminal.folder);
  const task = await board.create(line.word("type"), data, {
    ...(id === undefined ? {} : { id }),
    ...(parent === undefined ? {} : { parent }),
  });
  await terminal.print(line.flag("json") ? jsonText(boardTaskJson(task)) : `${task.id}\n`);
}

async function claim(board: TaskBoard, line: CommandLine, terminal: Terminal): Promise<void> {
  const types = line.texts("type");
  const task = await board.claim(agentOf(line), {
    lease: line.text("lease") ?? "24h",
    wait: line.text("wait") ?? 0,
    ...(types.length === 0 ? {} : { types }),
  });
  if (task === null)
    throw new BoardTaskNotFoundError(
      `there is no task to claim on board ${board.name} in ${board.location}: add one, or wait with --wait 30s.`,
    );
  await told(task, line, terminal);
}

async function complete(board: TaskBoard, line: CommandLine, terminal: Terminal): Promise<void> {
  const result = await jsonInput(line, "result", terminal.folder);
  const status = line.flag("failed") ? "failed" : "done";
  await told(await board.complete(line.word("task"), agentOf(line), { status, result }), line, terminal);
}

async function found(board: TaskBoard, id: string): Promise<BoardTask> {
  const task = await board.get(id);
  if (task !== null) return task;
  throw new BoardTaskNotFoundError(
    `there is no task ${JSON.stringify(checkedId(id, "task id"))} on board ${board.name} in ${board.location}: list the board to see which there are.`,
  );
}

function agentOf(line: CommandLine): string {
  const agent = line.text("agent");
  if (agent !== undefined) return agent;
  throw new InvalidOptionError("cairn board got no agent: expected --agent with the id of who claims the task.");
}

const told = (task: BoardTask, line: CommandLine, terminal: Terminal): Promise<void> =>
  terminal.print(line.flag("json") ? jsonText(boardTaskJson(task)) : boardTaskText(task, terminal));
