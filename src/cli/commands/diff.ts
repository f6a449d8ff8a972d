import type { CommandDefinition } from "../command.js";
import { CHECKPOINT, FROM } from "./shared.js";

export const diff: CommandDefinition = {
  name: "diff",
  summary: "Shows what differs from one checkpoint to another.",
  words: [
    { ...CHECKPOINT, name: "a" },
    { ...CHECKPOINT, name: "b" },
  ],
  options: [
    FROM,
    { name: "tolerance", value: "number", text: "by how much two numbers may differ and still count as equal", default: "0" },
  ],
  examples: [
    ["cairn diff run-1@epoch-30 run-1", "what has changed since a checkpoint"],
    ["cairn diff run-1 run-2 --tolerance 1e-9", "the ends of two runs"],
  ],
  prints: "a table: path, value before, value after",
  json: "`{ a, b, differences: [{ path, before, after }] }`; a side that has nothing there has no field",
  load: async () => (await import("../diff-command.js")).diffCheckpoints,
};
