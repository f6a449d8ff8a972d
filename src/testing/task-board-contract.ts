import { boardAgents } from "./task-board-agents.js";
import { boardClaims } from "./task-board-claims.js";
import { boardFamilies } from "./task-board-families.js";
import { boardInputs } from "./task-board-inputs.js";
import type { TaskBoardContractCase } from "./task-board-support.js";
import { boardTasks } from "./task-board-tasks.js";

/** What every task board promises, whatever store it is kept in. `open` gives a new, empty, opened store and its time. */
export const taskBoardContract: readonly TaskBoardContractCase[] = [
  ...boardTasks,
  ...boardClaims,
  ...boardAgents,
  ...boardFamilies,
  ...boardInputs,
];
