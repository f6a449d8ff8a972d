import type { CommandDefinition } from "../command.js";
import { FROM } from "./shared.js";

export const prune: CommandDefinition = {
  name: "prune",
  summary: "Removes the checkpoints of runs that are not to be kept.",
  about: ["The newest and the pinned ones always stay; a checkpoint stays that any rule keeps."],
  words: [{ name: "runs", many: true, text: "the ids of runs" }],
  options: [
    FROM,
    { name: "all", text: "prunes every run of the store" },
    { name: "keep-last", value: "n", text: "keeps the last so many" },
    { name: "keep-every", value: "n", text: "keeps every so many, by number" },
    { name: "keep-best", value: "metric:mode[:n]", text: "keeps those with the best values of a metric, as in valLoss:min:2" },
    { name: "max-bytes", value: "n", text: "once all together are larger, the oldest go as well" },
  ],
  examples: [
    ["cairn prune run-1 --keep-last 3 --keep-best valLoss:min", "the last three and the best one stay"],
    ["cairn prune --all --keep-last 1", "of each run only the newest"],
  ],
  prints: "a table: run, how many checkpoints were removed, how many are left",
  json: "`{ from, runs: [{ runId, removed, left }] }`",
  load: async () => (await import("../prune-command.js")).pruneRuns,
};
