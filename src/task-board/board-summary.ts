import type { BoardCounts } from "./board-store.js";
import { BOARD_TASK_STATUSES, type BoardTaskStatus } from "./board-task.js";

/** How many tasks there are. */
export interface BoardSummary {
  readonly total: number;
  readonly byStatus: Readonly<Record<BoardTaskStatus, number>>;
  /** By type, and for each by status; an object without prototype. */
  readonly byType: Readonly<Record<string, Readonly<Record<BoardTaskStatus, number>>>>;
}

/** No task in any status. */
export const noTasks = (): Record<BoardTaskStatus, number> =>
  Object.fromEntries(BOARD_TASK_STATUSES.map((status) => [status, 0])) as Record<BoardTaskStatus, number>;

export function summaryOf(counts: BoardCounts): BoardSummary {
  const byStatus = noTasks();
  for (const ofType of counts.values()) for (const status of BOARD_TASK_STATUSES) byStatus[status] += ofType[status];
  const total = BOARD_TASK_STATUSES.reduce((sum, status) => sum + byStatus[status], 0);
  return { total, byStatus, byType: Object.assign(Object.create(null), Object.fromEntries(counts)) as BoardSummary["byType"] };
}
