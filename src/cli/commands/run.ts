import type { CommandDefinition } from "../command.js";
import { DEFAULT_CHECKPOINTS, MODULES, RUN_JSON, RUN_PRINTS, RUNNING } from "./shared.js";

export const run: CommandDefinition = {
  name: "run",
  summary: "Runs a workflow to its end.",
  about: [
    "Ctrl-C lets the tasks under way end and stores a checkpoint, so that `cairn resume` can go on; a second one ends at once.",
    "A run with checkpoints leaves one at its end, so that `cairn runs` shows how it ended.",
  ],
  words: [MODULES],
  options: [
    {
      name: "input",
      short: "i",
      value: "json",
      text: "the input, as JSON, or @file.json to read it from a file; without it, the run has none",
    },
    {
      name: "checkpoints",
      short: "c",
      value: "place",
      text: 'where checkpoints go: a folder, redis://, s3://, postgres://, or "none"',
      env: "CAIRN_CHECKPOINTS",
      config: "checkpoints",
      default: DEFAULT_CHECKPOINTS,
    },
    { name: "run-id", value: "id", text: "the id of the run; a fresh one unless given" },
    { name: "start", value: "task", text: "the task to start with, in a graph that has several" },
    { name: "seed", value: "text", text: "what random numbers of the run are derived from; a fresh one unless given" },
    ...RUNNING,
  ],
  examples: [
    [`cairn run ./training.ts --input '{"epochs": 60}'`, "runs the workflow that the module exports, with checkpoints in ./checkpoints"],
    ["cairn run ./flows.js --workflow order --input @order.json --run-id order-7", "one of several workflows, its input from a file"],
    ["cairn run ./etl.ts --durability step --checkpoints redis://localhost:6379", "every step survives a crash, in Redis"],
  ],
  prints: RUN_PRINTS,
  json: RUN_JSON,
  load: async () => (await import("../run-command.js")).runWorkflow,
};
