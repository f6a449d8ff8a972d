import { checkedNames } from "../core/checkpoint-policy.js";
import { FatalError } from "../core/errors.js";
import { checkedId } from "../core/ids.js";
import type { TaskContext } from "../core/task-context.js";
import type { TaskCall, TaskHandler } from "../engine/task-handler.js";
import { failed } from "./board-errors.js";
import type { BoardTask } from "./board-task.js";
import { checkedBoard, type TaskBoard } from "./task-board.js";

/** How a run hands tasks to a board. */
export interface BoardHandlerOptions {
  /** The type of the tasks on the board; the name of the run's task unless given. */
  readonly type?: string;
}

/**
 * Lets agents outside do the tasks that name it: `run(flow, input, { handlers: { board: boardHandler(board) } })`. Each becomes a task
 * of the board whose data is the input, and whose result is the output; the body is not called. The same task of the board is found
 * again by a run that is resumed, or that has waited longer than the task's `timeout`: it is not cancelled when the wait ends.
 *
 * A failed task of the board fails the attempt with `BoardTaskFailedError`; the next attempt, if the task has any, makes a new one. A
 * cancelled one fails the task with `FatalError`. Throws `InvalidOptionError`, `InvalidIdError`.
 */
export function boardHandler(board: TaskBoard, options: BoardHandlerOptions = {}): TaskHandler {
  checkedBoard(board);
  checkedNames(options, ["type"], "boardHandler");
  const type = options.type === undefined ? null : checkedId(options.type, "task type");
  return { run: (call) => handOut(board, type ?? call.task.name, call) };
}

async function handOut(board: TaskBoard, type: string, { ctx, input }: TaskCall): Promise<unknown> {
  const round = await roundOf(ctx);
  const key = ctx.idempotencyKey("board");
  const id = round === 1 ? key : `${key}.${round}`;
  await board.create(type, input, { id, metadata: { runId: ctx.runId, taskId: ctx.taskId } });
  const task = await board.finished(id, { signal: ctx.signal });
  if (task.status === "done") return task.result;
  await ctx.once(endOf(ctx.attempt), () => round);
  throw task.status === "cancelled" ? cancelled(task) : failed(task);
}

/**
 * Which task of the board this attempt stands for: the one after the last whose failure the run knows of. What an agent has said while
 * no run was there to hear it is still to be heard, so it is what the run remembers that counts.
 */
async function roundOf(ctx: TaskContext<object>): Promise<number> {
  let round = 1;
  for (let attempt = 1; attempt < ctx.attempt; attempt++) {
    round = Math.max(round, 1 + (await ctx.once(endOf(attempt), () => 0)));
  }
  return round;
}

const endOf = (attempt: number): string => `board/${attempt}`;

function cancelled(task: BoardTask): FatalError {
  const message = `task ${task.id} of the board was cancelled: expected an agent to complete it; resume the run to hand it out again.`;
  return new FatalError(message, { taskId: task.id, cause: failed(task) });
}
