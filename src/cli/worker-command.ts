import type { BullmqWorker } from "../bullmq/bullmq-worker.js";
import { createWorker } from "../bullmq.js";
import { RedisChannel } from "../redis/redis-channel.js";
import type { CommandLine } from "./command-line.js";
import { countOf, lineLogger, modulesOf, placeOf, timeOf } from "./line-options.js";
import { loadWorkflows } from "./load-workflows.js";
import type { Say, Terminal } from "./terminal.js";
import { counted, untilSignalled } from "./until-signalled.js";

/** Runs a worker until a signal ends it in good order. Throws what `createWorker` throws. */
export async function runWorker(line: CommandLine, { say, folder }: Terminal): Promise<void> {
  const times = { grace: timeOf(line, "grace"), health: timeOf(line, "health") };
  const modules = modulesOf(line, "worker");
  const { channel, ...options } = optionsOf(line, say);
  const workflows = await loadWorkflows(modules, folder);
  const worker = await createWorker({ ...options, channel, workflows });
  const service = {
    health: () => healthLine(worker),
    running: () => `${worker.stats().running} tasks`,
    close: async () => {
      await worker.close({ graceMs: times.grace });
      await channel.close();
    },
  };
  const begun = `listens to queue ${options.queue}: ${counted(workflows.length, "workflow")}, concurrency ${options.concurrency}`;
  await untilSignalled("worker", service, times.health, begun, say);
}

function optionsOf(line: CommandLine, say: Say) {
  const place = placeOf(line, "worker");
  const channelPrefix = line.text("channel-prefix");
  return {
    ...place,
    channel: new RedisChannel({ url: place.connection, ...(channelPrefix === undefined ? {} : { prefix: channelPrefix }) }),
    concurrency: countOf(line, "concurrency") ?? 1,
    tags: (line.text("tags") ?? "").split(",").filter((tag) => tag !== ""),
    ...(line.flag("untagged") ? { untagged: true } : {}),
    lockMs: timeOf(line, "lock"),
    stalledCheckMs: timeOf(line, "stalled-check"),
    logger: lineLogger("worker", say),
  };
}

function healthLine(worker: BullmqWorker): string {
  const { processed, succeeded, failed, running, refused, unreadable, abandoned, busyMs } = worker.stats();
  const state = worker.isHealthy ? "healthy" : "not taking tasks";
  return `cairn worker ${state}: processed ${processed} succeeded ${succeeded} failed ${failed} running ${running} refused ${refused} unreadable ${unreadable} abandoned ${abandoned} busy ${Math.round(busyMs)} ms`;
}
