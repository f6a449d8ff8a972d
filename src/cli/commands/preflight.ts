import type { CommandDefinition } from "../command.js";
import { WORKFLOW } from "./shared.js";

export const preflight: CommandDefinition = {
  name: "preflight",
  summary: "Goes on with stored checkpoints under the code of today, and says which fit.",
  about: [
    "Each runs to its end in virtual time; the store is only read. Bodies of tasks do run, unless mocks stand in for them: give some to those that reach outside. Ends with 1 if a checkpoint does not fit, or if there is none.",
  ],
  words: [
    { name: "module", text: "the path of a module that exports workflows" },
    { name: "places", many: true, text: "where checkpoints are; `folder/**` stands for every store in or below a folder" },
  ],
  options: [
    WORKFLOW,
    { name: "mocks", value: "module", text: "a module whose export `mocks` has bodies by the names of tasks" },
    { name: "newest", text: "only the newest checkpoint of each run, with the steps after it" },
  ],
  examples: [
    ["cairn preflight ./flows.ts ./checkpoints --newest", "whether all runs could be gone on with"],
    ["cairn preflight ./flows.ts 'fixtures/**' --mocks ./mocks.ts", "a gate before a deployment"],
  ],
  prints: "a table: fit, run, number, checkpoint, attempts at tasks, and why it does not fit",
  json: "`{ ok, checkpoints: [{ store, runId, checkpoint, seq, name, fit, attempts, problem }] }`; fit is fits, refused, failed or stuck",
  load: async () => (await import("../preflight-command.js")).preflightCheckpoints,
};
