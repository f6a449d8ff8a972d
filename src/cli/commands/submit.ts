import type { CommandDefinition } from "../command.js";
import { QUEUE_PREFIX, REDIS } from "./shared.js";

export const submit: CommandDefinition = {
  name: "submit",
  summary: "Submits a run of a workflow, by its name, for engines to run.",
  words: [{ name: "workflow", text: "the name of a workflow that engines have" }],
  options: [
    REDIS,
    { name: "queue", value: "name", text: "the queue that engines take runs from", config: "queue" },
    QUEUE_PREFIX,
    {
      name: "input",
      short: "i",
      value: "json",
      text: "the input, as JSON, or @file.json to read it from a file; without it, the run has none",
    },
    { name: "run-id", value: "id", text: "the id of the run, which makes submitting it again harmless; a fresh one unless given" },
    { name: "retry-failed", text: "goes on with the run if it has failed or was cancelled" },
    { name: "wait", text: "waits for the run, and writes its output; ends with 1 if it has failed" },
    { name: "timeout", value: "time", text: "with --wait: how long; for ever unless given" },
  ],
  examples: [
    [`cairn submit training --input '"iris.csv"' --queue runs`, "says the id of the run"],
    ["cairn submit training --run-id nightly-7 --queue runs --wait --timeout 2h", "waits for its output"],
  ],
  prints: "the id of the run, or with `--wait` its output as JSON",
  json: "`{ runId, workflow }`, with `--wait` also `{ status, steps, output }`",
  load: async () => (await import("../submit-command.js")).runSubmit,
};
