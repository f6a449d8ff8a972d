import type { BullmqEngine } from "../bullmq/bullmq-engine.js";
import type { RunLimit } from "../bullmq/engine-options.js";
import { bullmqRunner, createEngine } from "../bullmq.js";
import { toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { RedisChannel } from "../redis/redis-channel.js";
import type { CommandLine } from "./command-line.js";
import { countIn, countOf, lineLogger, modulesOf, placeOf, timeOf } from "./line-options.js";
import { loadWorkflows } from "./load-workflows.js";
import type { Say, Terminal } from "./terminal.js";
import { counted, untilSignalled } from "./until-signalled.js";

/** Runs an engine until a signal ends it in good order. Throws what `createEngine` throws. */
export async function runEngine(line: CommandLine, { say, folder }: Terminal): Promise<void> {
  const times = { grace: timeOf(line, "grace"), health: timeOf(line, "health") };
  const modules = modulesOf(line, "engine");
  const options = optionsOf(line, say);
  const channel = bodiesOf(line, options);
  const workflows = await loadWorkflows(modules, folder);
  const engine = await createEngine({ ...options, ...channel, workflows });
  const service = {
    health: () => healthLine(engine),
    running: () => `${engine.stats().running} runs`,
    close: async () => {
      await engine.close({ graceMs: times.grace });
      await channel?.channel.close();
    },
  };
  const begun = `takes runs of queue ${options.queue}: ${counted(workflows.length, "workflow")}, concurrency ${options.concurrency}`;
  await untilSignalled("engine", service, times.health, begun, say);
}

function optionsOf(line: CommandLine, say: Say) {
  const place = placeOf(line, "engine");
  const checkpoints = line.text("checkpoints");
  if (checkpoints === undefined) {
    throw new InvalidOptionError(
      "cairn engine got no place for checkpoints: expected --checkpoints redis://host:6379, another address, or a folder; or CAIRN_CHECKPOINTS.",
    );
  }
  const taskConcurrency = countOf(line, "task-concurrency");
  return {
    ...place,
    checkpoints,
    concurrency: countOf(line, "concurrency") ?? 1,
    ...(taskConcurrency === undefined ? {} : { taskConcurrency }),
    limits: limitsOf(line.texts("limit")),
    lockMs: timeOf(line, "lock"),
    stalledCheckMs: timeOf(line, "stalled-check"),
    logger: lineLogger("engine", say),
  };
}

/** What has bodies run by workers, if that is asked for. */
function bodiesOf(line: CommandLine, { connection, prefix }: { readonly connection: string; readonly prefix?: string }) {
  const queue = line.text("workers");
  if (queue === undefined) return null;
  const channelPrefix = line.text("channel-prefix");
  return {
    runner: bullmqRunner({ connection, queue, ...(prefix === undefined ? {} : { prefix }) }),
    channel: new RedisChannel({ url: connection, ...(channelPrefix === undefined ? {} : { prefix: channelPrefix }) }),
  };
}

function limitsOf(texts: readonly string[]): Readonly<Record<string, RunLimit>> {
  const limits = texts.map((text) => {
    const [, name = "", max = "", time = ""] = /^([^=]+)=([^/]+)\/(.+)$/.exec(text) ?? [];
    if (name === "")
      throw new InvalidOptionError(`--limit is ${quoted(text)}: expected a workflow, a count and a time, as in training=10/60s.`);
    return [
      name,
      { max: countIn(max, `the count of --limit ${quoted(text)}`), ms: Math.round(toMs(time, "the time of --limit")) },
    ] as const;
  });
  return Object.fromEntries(limits);
}

function healthLine(engine: BullmqEngine): string {
  const { completed, failed, running, handedOver, refused, replaced, putOff } = engine.stats();
  const state = engine.isHealthy ? "healthy" : "not taking runs";
  return `cairn engine ${state}: completed ${completed} failed ${failed} running ${running} handed over ${handedOver} refused ${refused} replaced ${replaced} put off ${putOff}`;
}
