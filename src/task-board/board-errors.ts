import { CairnError, DuplicateIdError, type ErrorFacts, UsageError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { BoardTask, BoardTaskStatus, StoredTask } from "./board-task.js";

/** Something about a task of a board is not as who asked has thought; `taskId` is its id on the board. */
export abstract class BoardError extends CairnError {}

/** There is no task with this id on the board. */
export class BoardTaskNotFoundError extends BoardError {
  readonly code = "BOARD_TASK_NOT_FOUND";
}

/** Only who has a task may complete, heartbeat or release it: somebody else has it, nobody has, or it is finished. */
export class TaskNotClaimedError extends BoardError {
  readonly code = "TASK_NOT_CLAIMED";
  constructor(
    message: string,
    /** Who has it, or who completed it. */
    readonly agent: string | null,
    readonly status: BoardTaskStatus,
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

/** The result of a task was asked for that has failed or was cancelled. */
export class BoardTaskFailedError extends BoardError {
  readonly code = "BOARD_TASK_FAILED";
  constructor(
    message: string,
    readonly status: "failed" | "cancelled",
    /** What the agent has said with it; `undefined` if it was cancelled. */
    readonly result: unknown = undefined,
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

export const notFound = (id: string, board: string): BoardTaskNotFoundError =>
  new BoardTaskNotFoundError(`board ${board} has no task ${quoted(id)}: expected the id of one that was created there; look at list().`, {
    taskId: id,
  });

export function notClaimed(task: StoredTask, agent: string): TaskNotClaimedError {
  const message = `task ${task.id} is not claimed by ${quoted(agent)}: found ${shown(task)}, expected that agent to have it; nothing was changed, leave the task and claim another.`;
  return new TaskNotClaimedError(message, task.agent, task.status, { taskId: task.id });
}

export function failed({ id, status, agent, result }: BoardTask): BoardTaskFailedError {
  const how = status === "failed" ? `has failed, as agent ${quoted(agent)} says` : "was cancelled";
  const message = `task ${id} ${how}: expected it to be done; see what is in \`result\`, and create another task if it is to be tried again.`;
  return new BoardTaskFailedError(message, status === "failed" ? "failed" : "cancelled", result, { taskId: id });
}

function shown(task: StoredTask): string {
  const { status, agent } = task;
  if (status === "claimed") return `${quoted(agent)}, who has it until ${new Date(task.leaseUntil ?? 0).toISOString()}`;
  if (status === "pending") return "that nobody has it";
  return status === "cancelled" ? "that it was cancelled" : `that it is ${status}, by ${quoted(agent)}`;
}

export const taken = (id: string): DuplicateIdError =>
  new DuplicateIdError(
    `task id ${quoted(id)} is taken by another task: expected the same type, parent, data and metadata; choose another id.`,
    {
      taskId: id,
    },
  );

export const orphan = (id: string, parent: string): UsageError =>
  new UsageError(`task ${id} cannot be created: found that its parent ${parent} was cancelled; create it below another task or none.`, {
    taskId: id,
  });
