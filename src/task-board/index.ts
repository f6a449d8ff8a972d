/** Tasks that agents in any process claim, do and complete. */

// Errors.
export { BoardError, BoardTaskFailedError, BoardTaskNotFoundError, TaskNotClaimedError } from "./board-errors.js";
// Runs that hand their tasks to agents.
export { type BoardHandlerOptions, boardHandler } from "./board-handler.js";
export type { ClaimOptions, Completion, CreateOptions, ListOptions, WaitOptions } from "./board-options.js";
// Stores.
export type {
  BoardAnswer,
  BoardCommand,
  BoardCounts,
  BoardQuery,
  BoardStore,
  CancelCommand,
  ClaimCommand,
  CreateCommand,
  MoveCommand,
  NoteCommand,
  StoredBoard,
} from "./board-store.js";
export type { BoardSummary } from "./board-summary.js";
export type { BoardTask, BoardTaskStatus, StoredTask } from "./board-task.js";
export { FileBoardStore } from "./file-board-store.js";
export { MemoryBoardStore } from "./memory-board-store.js";
// Boards.
export { openTaskBoard, type TaskBoardOptions } from "./open-task-board.js";
export { RedisBoardStore, type RedisBoardStoreOptions } from "./redis-board-store.js";
export { TaskBoard } from "./task-board.js";
