import type { CommandDefinition } from "../command.js";
import { FROM, MODULES, RUN, RUN_JSON, RUN_PRINTS, RUNNING } from "./shared.js";

export const resume: CommandDefinition = {
  name: "resume",
  summary: "Goes on with a run from its newest checkpoint, to its end.",
  words: [RUN, MODULES],
  options: [
    FROM,
    { name: "at", value: "checkpoint", text: "the id or name of the checkpoint to go on from; the newest unless given" },
    { name: "take-over", text: "takes the run over even if its owner seems to be alive" },
    { name: "fallback", text: "goes on from the newest checkpoint that is whole, if the one asked for is damaged" },
    ...RUNNING,
  ],
  examples: [
    ["cairn resume run-1 ./training.ts", "goes on with a run that was stopped, has failed, or whose process died"],
    ["cairn resume run-1 ./training.ts --at epoch-30 --from ./checkpoints", "goes back to a checkpoint"],
  ],
  prints: RUN_PRINTS,
  json: RUN_JSON,
  load: async () => (await import("../resume-command.js")).resumeRun,
};
