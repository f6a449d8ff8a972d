import type { CommandDefinition } from "../command.js";
import { FROM } from "./shared.js";

export const verify: CommandDefinition = {
  name: "verify",
  summary: "Reads checkpoints to the last byte, and says which are damaged.",
  about: ["Ends with 1 if any is."],
  words: [{ name: "runs", many: true, text: "the ids of runs; all of the store unless given" }],
  options: [FROM],
  examples: [
    ["cairn verify", "all runs in ./checkpoints"],
    ["cairn verify run-1 --from s3://bucket/prefix", "one run"],
  ],
  prints: "a table of the damaged checkpoints, with what is wrong; how many are whole goes to stderr",
  json: "`{ from, ok, runs: [{ runId, ok, checkpoints: [{ id, seq, damage }] }] }`; damage is `null` for one that is whole",
  load: async () => (await import("../verify-command.js")).verifyRuns,
};
