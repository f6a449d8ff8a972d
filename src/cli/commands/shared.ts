import type { OptionDefinition, WordDefinition } from "../command.js";

export const DEFAULT_CHECKPOINTS = "./checkpoints";

export const FROM: OptionDefinition = {
  name: "from",
  value: "place",
  text: "where checkpoints are: a folder, redis://, s3:// or postgres://",
  env: "CAIRN_CHECKPOINTS",
  config: "checkpoints",
  default: DEFAULT_CHECKPOINTS,
};

export const RUN: WordDefinition = { name: "run", text: "the id of a run" };

export const MODULES: WordDefinition = {
  name: "modules",
  many: true,
  text: 'paths of modules that export workflows, in JavaScript or TypeScript; else "modules" of the configuration',
  config: "modules",
};

export const WORKFLOW: OptionDefinition = {
  name: "workflow",
  value: "name",
  text: "which workflow, where the modules export several",
  config: "workflow",
};

export const CHECKPOINT: WordDefinition = {
  name: "checkpoint",
  text: "the id of a checkpoint, a run for its newest, or <run>@<name, id or number of a checkpoint>",
};

const QUIET: OptionDefinition = { name: "quiet", short: "q", text: "shows no progress" };

/** How a run is carried out, whether it begins or goes on. */
export const RUNNING: readonly OptionDefinition[] = [
  WORKFLOW,
  {
    name: "durability",
    value: "kind",
    text: "what survives a crash: the newest checkpoint, or every step",
    choices: ["none", "checkpoint", "step"],
  },
  { name: "every", value: "what", text: 'takes checkpoints by itself: after each "task", or after a time as in 30s' },
  { name: "max-steps", value: "n", text: "how many steps the run may take in all; 10000 unless given" },
  { name: "concurrency", value: "n", text: "how many tasks run at a time; no limit unless given" },
  QUIET,
];

export const RUN_PRINTS = "the output of the run, as JSON; progress and messages go to stderr";
export const RUN_JSON =
  "`{ runId, workflow, status, steps, output, message, checkpoint, error }`: status is completed, stopped or failed, checkpoint the id of the newest one that was stored, error `{ name, code, message }`";

export const REDIS: OptionDefinition = {
  name: "redis",
  value: "url",
  text: "the Redis of the queue",
  env: "CAIRN_REDIS_URL",
  config: "redis",
};
export const QUEUE_PREFIX: OptionDefinition = {
  name: "prefix",
  value: "text",
  text: "what the keys of the queue start with; cairnflow unless given",
  config: "prefix",
};
