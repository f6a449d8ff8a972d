import type { CommandDefinition } from "../command.js";
import { MODULES, QUEUE_PREFIX, REDIS } from "./shared.js";

export const worker: CommandDefinition = {
  name: "worker",
  summary: "Runs the tasks of the workflows that modules export, for runs with a bullmqRunner.",
  about: ["Runs until SIGTERM or Ctrl-C, and then lets the tasks under way end."],
  words: [MODULES],
  options: [
    { ...REDIS, text: "the Redis of the queue and of the channels" },
    { name: "queue", value: "name", text: "the queue that engines send tasks to", config: "queue" },
    QUEUE_PREFIX,
    { name: "channel-prefix", value: "text", text: "what the keys of the channels start with; cairnflow unless given" },
    { name: "concurrency", value: "n", text: "bodies at a time, for each set of tags", default: "10" },
    { name: "tags", value: "a,b", text: "serves tasks with tags, and no tags but these" },
    { name: "untagged", text: "with --tags: serves tasks without tags, too" },
    { name: "grace", value: "time", text: "how long bodies may take to end after SIGTERM", default: "30s" },
    { name: "health", value: "time", text: "how often a line on the worker's health is written to stderr", default: "60s" },
    { name: "lock", value: "time", text: "after how long a worker without a sign of life loses its tasks", default: "30s" },
    { name: "stalled-check", value: "time", text: "how often it is looked for such tasks", default: "30s" },
  ],
  examples: [
    ["cairn worker ./flows.js --redis redis://localhost:6379 --queue training --concurrency 50", "as many as wanted, on any machine"],
    ["cairn worker ./flows.js --queue training --tags gpu", "only tasks with the tag gpu"],
  ],
  prints: "nothing: what it says goes to stderr",
  json: null,
  load: async () => (await import("../worker-command.js")).runWorker,
};
