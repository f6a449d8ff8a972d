import type { CommandDefinition } from "../command.js";
import { FROM, RUN } from "./shared.js";

export const report: CommandDefinition = {
  name: "report",
  summary: "Writes a run as one HTML page, which needs no network.",
  words: [RUN],
  options: [
    FROM,
    { name: "output", short: "o", value: "file", text: "where it goes; <run>.html unless given" },
    { name: "with", value: "run", many: true, text: "another run, such as a fork, whose checkpoints are drawn beside" },
    { name: "values", text: "writes values of the channel, results and inputs into it, shortened" },
  ],
  examples: [
    ["cairn report run-1 -o run-1.html", "graph, timeline, metrics, checkpoints and tasks"],
    ["cairn report run-1 --with run-1b", "with a fork of it"],
  ],
  prints: "the path of the file",
  json: "`{ runId, file, bytes }`",
  load: async () => (await import("../report-command.js")).writeReport,
};
