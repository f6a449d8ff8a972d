import type { CommandDefinition } from "../command.js";
import { FROM } from "./shared.js";

export const runs: CommandDefinition = {
  name: "runs",
  summary: "Lists the runs of a store, the newest first.",
  about: [
    "A run is running while a process has it; interrupted if that process died; paused if it was stopped or its newest checkpoint is of a run that goes on; else completed, terminated, failed or cancelled. A run that cannot be read is damaged, and stderr says why: the command then ends with 1.",
  ],
  words: [],
  options: [
    FROM,
    { name: "workflow", value: "name", text: "only runs of this workflow" },
    { name: "limit", value: "n", text: "how many at most; all unless given" },
  ],
  examples: [
    ["cairn runs", "the runs in ./checkpoints"],
    ["cairn runs --from redis://localhost:6379 --workflow order --json", "those of one workflow in Redis, as JSON"],
  ],
  prints:
    "a table: the run, its workflow, how it stands, steps, tasks completed of those known, checkpoints, and when the newest was taken",
  json: "`{ from, runs: [{ runId, workflow, version, status, owner, steps, completed, total, checkpoints, newest, updatedAt, damage }] }`",
  load: async () => (await import("../runs-command.js")).listRuns,
};
