import type { CommandDefinition } from "../command.js";
import { FROM, RUN } from "./shared.js";

export const history: CommandDefinition = {
  name: "history",
  summary: "Lists the checkpoints of a run, the newest first.",
  words: [RUN],
  options: [FROM, { name: "limit", value: "n", text: "how many at most; all unless given" }],
  examples: [
    ["cairn history run-1", "all its checkpoints"],
    ["cairn history run-1 --limit 5 --json", "the last five, as JSON"],
  ],
  prints: "a table: number, id, name, when and why it was taken, after which task and cycle, steps, progress, bytes, whether it is pinned",
  json: "`{ runId, checkpoints: [{ id, seq, name, createdAt, reason, task, cycle, steps, completed, total, metrics, bytes, pinned, parent, forkedFrom }] }`",
  load: async () => (await import("../history-command.js")).listCheckpoints,
};
