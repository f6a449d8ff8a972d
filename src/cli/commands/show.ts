import type { CommandDefinition } from "../command.js";
import { CHECKPOINT, FROM } from "./shared.js";

export const show: CommandDefinition = {
  name: "show",
  summary: "Shows how a run stands, or what a checkpoint holds.",
  words: [CHECKPOINT],
  options: [FROM, { name: "values", text: "shows values of the channel, results and inputs, too" }],
  examples: [
    ["cairn show run-1", "how the run stands, steps after the newest checkpoint included"],
    ["cairn show run-1@epoch-30 --values", "a checkpoint by its name, with values"],
  ],
  prints:
    "facts of the run and the checkpoint; tables of tasks under way, of completed ones, of metrics, artifacts and keys of the channel",
  json: "`{ runId, checkpoint, workflow, version, status, steps, createdAt, reason, name, seq, parent, forkedFrom, bytes, tasks, completed, metrics, artifacts, channel, results }`; the last two are lists of keys, with `--values` objects",
  load: async () => (await import("../show-command.js")).showCheckpoint,
};
