import type { CommandDefinition } from "../command.js";
import { FROM, MODULES, RUN, RUN_JSON, RUN_PRINTS, RUNNING } from "./shared.js";

export const fork: CommandDefinition = {
  name: "fork",
  summary: "Starts a new run from a checkpoint of another, with edits to its channel.",
  about: ["The other run is left as it is."],
  words: [RUN, MODULES],
  options: [
    FROM,
    { name: "at", value: "checkpoint", text: "the id or name of the checkpoint to go on from; the newest unless given" },
    { name: "set", value: "key=json", many: true, text: "a value to set in the channel of the new run, as in lr=0.01" },
    { name: "unset", value: "key", many: true, text: "a key to remove from the channel of the new run" },
    { name: "new-run-id", value: "id", text: "the id of the new run; a fresh one unless given" },
    ...RUNNING,
  ],
  examples: [
    ["cairn fork run-1 ./training.ts --at epoch-30 --set lr=0.01", "tries another learning rate from there on"],
    [`cairn fork run-1 ./training.ts --set 'note="again"' --new-run-id run-1b`, "a text is given as JSON, too"],
  ],
  prints: RUN_PRINTS,
  json: RUN_JSON,
  load: async () => (await import("../fork-command.js")).forkRun,
};
