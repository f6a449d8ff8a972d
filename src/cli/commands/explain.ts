import type { CommandDefinition } from "../command.js";
import { CHECKPOINT, FROM } from "./shared.js";

export const explain: CommandDefinition = {
  name: "explain",
  summary: "Says why a run stands where it does.",
  about: [
    "For each task that has not completed: who queued it, by which edge or call, its attempts and last error, and what it waits for.",
  ],
  words: [CHECKPOINT],
  options: [FROM],
  examples: [["cairn explain run-1", "what the run waits for"]],
  prints: "lines for people",
  json: "what `explain()` of the library gives: `{ runId, checkpointId, workflow, status, steps, ended, tasks, joins, groups }`",
  load: async () => (await import("../explain-command.js")).explainRun,
};
