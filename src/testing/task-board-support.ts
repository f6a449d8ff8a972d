import assert from "node:assert/strict";
import type { BoardStore } from "../task-board/board-store.js";
import type { BoardTask } from "../task-board/board-task.js";
import { openTaskBoard } from "../task-board/open-task-board.js";
import type { TaskBoard } from "../task-board/task-board.js";

/** A store of boards to be checked, new and empty, on which `open()` has been called, and its time. */
export interface BoardStoreUnderTest {
  readonly store: BoardStore;
  /** Lets this much time pass on the clock by which leases end. */
  pass(ms: number): Promise<void>;
}

/** One promise of task boards, for any test runner: `for (const { name, check } of taskBoardContract) it(name, () => check(open))`. */
export interface TaskBoardContractCase {
  readonly name: string;
  /** Rejects if the promise is broken. */
  check(open: () => Promise<BoardStoreUnderTest>): Promise<void>;
}

/** What a check gets: a board, how to let time pass, and how to open boards besides. */
export interface BoardHands {
  readonly board: TaskBoard;
  readonly pass: BoardStoreUnderTest["pass"];
  /** Another board of the store, or the same once more. */
  open(name: string): Promise<TaskBoard>;
}

/** Runs one check with a board named `first`, and closes the store however it ends. */
export function promise(name: string, body: (hands: BoardHands) => Promise<void>): TaskBoardContractCase {
  const check: TaskBoardContractCase["check"] = async (openStore) => {
    const { store, pass } = await openStore();
    try {
      const open = (board: string): Promise<TaskBoard> => openTaskBoard(store, { name: board, poll: 20 });
      await body({ board: await open("first"), pass, open });
    } finally {
      await store.close();
    }
  };
  return { name, check };
}

/** Claims a task that must be there. */
export async function claimed(board: TaskBoard, agent: string, ...rest: readonly [options?: Parameters<TaskBoard["claim"]>[1]]) {
  const task = await board.claim(agent, ...rest);
  assert.ok(task !== null, `agent ${agent} gets a task`);
  return task;
}

export const idsOf = (tasks: readonly BoardTask[]): string[] => tasks.map(({ id }) => id);

export const statusOf = async (board: TaskBoard, id: string): Promise<string | undefined> => (await board.get(id))?.status;
