import type { CommandDefinition } from "../command.js";
import { MODULES, QUEUE_PREFIX, REDIS } from "./shared.js";

export const engine: CommandDefinition = {
  name: "engine",
  summary: "Runs what is submitted of the workflows that modules export, and goes on with runs of engines that died.",
  about: ["Runs until SIGTERM or Ctrl-C, and then hands its runs over to other engines."],
  words: [MODULES],
  options: [
    REDIS,
    { name: "queue", value: "name", text: "the queue that runs are submitted to", config: "queue" },
    {
      name: "checkpoints",
      short: "c",
      value: "place",
      text: "where runs are stored, the same for all engines: redis://, s3://, postgres://, or a folder for engines of one machine",
      env: "CAIRN_CHECKPOINTS",
      config: "checkpoints",
    },
    { name: "workers", value: "name", text: "has the bodies of tasks run by workers that listen to this queue" },
    QUEUE_PREFIX,
    { name: "channel-prefix", value: "text", text: "with --workers: what the keys of the channels start with; cairnflow unless given" },
    { name: "concurrency", value: "n", text: "runs at a time, of each workflow", default: "4" },
    { name: "task-concurrency", value: "n", text: "tasks of one run at a time; no limit unless given" },
    {
      name: "limit",
      value: "name=n/time",
      many: true,
      text: "at most n runs of a workflow are begun in a time, over all engines, as in training=10/60s",
    },
    { name: "grace", value: "time", text: "how long tasks may take to end after SIGTERM", default: "30s" },
    { name: "health", value: "time", text: "how often a line on the engine's health is written to stderr", default: "60s" },
    { name: "lock", value: "time", text: "after how long an engine without a sign of life loses its runs", default: "30s" },
    { name: "stalled-check", value: "time", text: "how often it is looked for such runs", default: "30s" },
  ],
  examples: [
    ["cairn engine ./flows.js --redis redis://localhost:6379 --queue runs --checkpoints redis://localhost:6379", "as many as wanted"],
    [
      "cairn engine ./flows.js --queue runs --checkpoints s3://bucket/runs --workers tasks --limit training=10/60s",
      "with bodies on workers",
    ],
  ],
  prints: "nothing: what it says goes to stderr",
  json: null,
  load: async () => (await import("../engine-command.js")).runEngine,
};
