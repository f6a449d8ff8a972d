import type { CommandDefinition } from "../command.js";
import { FROM, WORKFLOW } from "./shared.js";

export const graph: CommandDefinition = {
  name: "graph",
  summary: "Draws the graph of a workflow, or of a run with its state.",
  about: ["A path, as in ./flows.ts, is taken for a module, anything else for a run or checkpoint. png needs the package @resvg/resvg-js."],
  words: [{ name: "subject", text: "the path of a module, or a run, or a checkpoint as for `cairn show`" }],
  options: [
    {
      name: "format",
      short: "f",
      value: "kind",
      text: "how it is drawn",
      choices: ["text", "mermaid", "dot", "svg", "png"],
      default: "text",
    },
    { name: "output", short: "o", value: "file", text: "writes it to this file, not to stdout" },
    WORKFLOW,
    FROM,
  ],
  examples: [
    ["cairn graph ./training.ts", "as a list"],
    ["cairn graph run-1 --format svg -o run-1.svg", "a picture, with what the run has done so far"],
    ["cairn graph ./training.ts --format dot | dot -Tpdf > training.pdf", "through Graphviz"],
  ],
  prints: "the drawing, or with `--output` nothing",
  json: "`{ name, starts, nodes, groups, edges, state }`, whatever the format; state is `null` for a module, else for each node `{ completed, pending, running, failed }`; with `--output` it is `{ file, bytes }`",
  load: async () => (await import("../graph-command.js")).drawGraph,
};
