import type { BullmqWorker } from "../bullmq/bullmq-worker.js";
import { createWorker } from "../bullmq.js";
import { toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Logger } from "../core/logger.js";
import { onProcessSignals } from "../host/process-signals.js";
import { RedisChannel } from "../redis/redis-channel.js";
import { type CommandLine, readCommandLine } from "./command-line.js";
import { loadWorkflows } from "./load-workflows.js";

const TEXTS = ["redis", "queue", "prefix", "channel-prefix", "concurrency", "tags", "grace", "health", "lock", "stalled-check"];

export const WORKER_HELP = `cairn worker <module> [more modules] --queue <name> [options]

Runs the tasks of the workflows that the modules export, for runs with a bullmqRunner.

  --redis <url>            the Redis of the queue and of the channels; else CAIRN_REDIS_URL
  --queue <name>           the queue that engines send tasks to
  --prefix <text>          what the keys of the queue start with; cairnflow
  --channel-prefix <text>  what the keys of the channels start with; cairnflow
  --concurrency <n>        bodies at a time, for each set of tags; 10
  --tags <a,b>             serves tasks with tags, and no tags but these
  --untagged               with --tags: serves tasks without tags, too
  --grace <time>           how long bodies may take to end after SIGTERM; 30s
  --health <time>          how often a line on the worker's health is written to stderr; 60s
  --lock <time>            after how long a worker without a sign of life loses its tasks; 30s
  --stalled-check <time>   how often it is looked for such tasks; 30s
`;

/** Runs a worker until a signal ends it in good order. Throws what `createWorker` throws. */
export async function runWorker(args: readonly string[], say: (line: string) => void): Promise<void> {
  const line = readCommandLine(args, TEXTS, ["untagged"]);
  const times = { grace: timeOf(line, "grace", "30s"), health: timeOf(line, "health", "60s") };
  if (line.words.length === 0) throw new InvalidOptionError("cairn worker got no module: expected the path of one that exports workflows.");
  const { channel, ...options } = optionsOf(line, say);
  const workflows = await loadWorkflows(line.words);
  const worker = await createWorker({ ...options, channel, workflows });
  const signalled = new Promise<string>((resolve) => onProcessSignals(["SIGTERM", "SIGINT"], resolve));
  const names = `${workflows.length} ${workflows.length === 1 ? "workflow" : "workflows"}`;
  say(`cairn worker listens to queue ${options.queue}: ${names}, concurrency ${options.concurrency}`);
  const health = setInterval(() => say(healthLine(worker)), times.health);
  const signal = await signalled;
  clearInterval(health);
  say(`cairn worker ends at ${signal}: ${worker.stats().running} tasks under way`);
  await worker.close({ graceMs: times.grace });
  await channel.close();
  say(healthLine(worker));
}

function optionsOf(line: CommandLine, say: (line: string) => void) {
  const redis = line.text("redis") ?? process.env["CAIRN_REDIS_URL"];
  if (redis === undefined)
    throw new InvalidOptionError("cairn worker got no Redis: expected --redis redis://host:6379, or CAIRN_REDIS_URL.");
  const queue = line.text("queue");
  if (queue === undefined) throw new InvalidOptionError("cairn worker got no queue: expected --queue with the name that engines use.");
  const prefix = line.text("prefix");
  const channelPrefix = line.text("channel-prefix");
  return {
    connection: redis,
    queue,
    channel: new RedisChannel({ url: redis, ...(channelPrefix === undefined ? {} : { prefix: channelPrefix }) }),
    ...(prefix === undefined ? {} : { prefix }),
    concurrency: countOf(line, "concurrency", 10),
    tags: (line.text("tags") ?? "").split(",").filter((tag) => tag !== ""),
    ...(line.flag("untagged") ? { untagged: true } : {}),
    lockMs: timeOf(line, "lock", "30s"),
    stalledCheckMs: timeOf(line, "stalled-check", "30s"),
    logger: lineLogger(say),
  };
}

function timeOf(line: CommandLine, name: string, otherwise: string): number {
  return Math.round(toMs(line.text(name) ?? otherwise, `--${name}`));
}

function countOf(line: CommandLine, name: string, otherwise: number): number {
  const text = line.text(name) ?? String(otherwise);
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidOptionError(`--${name} is ${quoted(text)}: expected a whole number from 1 up.`);
}

function healthLine(worker: BullmqWorker): string {
  const { processed, succeeded, failed, running, refused, unreadable, abandoned, busyMs } = worker.stats();
  const state = worker.isHealthy ? "healthy" : "not taking tasks";
  return `cairn worker ${state}: processed ${processed} succeeded ${succeeded} failed ${failed} running ${running} refused ${refused} unreadable ${unreadable} abandoned ${abandoned} busy ${Math.round(busyMs)} ms`;
}

/** Messages without their fields: those may hold what nobody has looked at. */
function lineLogger(say: (line: string) => void): Logger {
  const line = (_: object, message: string): void => say(`cairn worker: ${JSON.stringify(message)}`);
  return { debug: () => {}, info: line, warn: line, error: line };
}
