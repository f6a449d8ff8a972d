import { openTaskBoard } from "../task-board/open-task-board.js";
import type { TaskBoard } from "../task-board/task-board.js";
import { type BoardDeed, DEEDS } from "./board-deeds.js";
import type { Action } from "./command.js";
import type { CommandLine } from "./command-line.js";
import { existingPlace } from "./open-history.js";
import type { Terminal } from "./terminal.js";

export type BoardActionName = keyof typeof DEEDS;

/** What a command of `cairn board` does: opens the board for as long as its deed takes. A board is made by adding to it only. */
export function boardAction(name: BoardActionName): Action {
  const deed: BoardDeed = DEEDS[name];
  return async (line, terminal) => {
    const board = await opened(line, terminal, name === "add");
    try {
      return await deed(board, line, terminal);
    } finally {
      await board.close();
    }
  };
}

async function opened(line: CommandLine, { folder }: Terminal, mayBeMade: boolean): Promise<TaskBoard> {
  const place = line.text("board") ?? "";
  return openTaskBoard(mayBeMade ? place : existingPlace(place, folder, "task boards; name it as --board, or add a task first"), {
    name: line.text("name") ?? "main",
  });
}
