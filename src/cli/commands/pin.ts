import type { CommandDefinition } from "../command.js";
import { CHECKPOINT, FROM } from "./shared.js";

export const pin: CommandDefinition = {
  name: "pin",
  summary: "Keeps a checkpoint, whatever a policy or a prune says.",
  words: [CHECKPOINT],
  options: [FROM],
  examples: [["cairn pin run-1@epoch-30", "a checkpoint by its name"]],
  prints: "the id of the checkpoint",
  json: "`{ runId, checkpoint, pinned }`",
  load: async () => (await import("../pin-command.js")).pinCheckpoint,
};

export const unpin: CommandDefinition = {
  ...pin,
  name: "unpin",
  summary: "Leaves a checkpoint to policies and prunes again.",
  examples: [["cairn unpin run-1@epoch-30", "a checkpoint by its name"]],
  load: async () => (await import("../pin-command.js")).unpinCheckpoint,
};
