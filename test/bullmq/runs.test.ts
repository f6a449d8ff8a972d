import { setTimeout as delay } from "node:timers/promises";
import {
  chain,
  each,
  type Logger,
  MemoryCheckpointStore,
  RunCancelledError,
  run,
  type TaskContext,
  TaskTimeoutError,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { Deferred } from "../../src/engine/deferred.js";
import { sharedRedis } from "../servers/redis.js";
import { newQueue, quietly, until } from "./support.js";

const url = sharedRedis();

const double = task("double", async (ctx: TaskContext, n: number): Promise<number> => {
  await ctx.channel.set("seen", n);
  return n * 2;
});
const add = task("add", async (ctx: TaskContext, n: number): Promise<number> => n + ((await ctx.channel.get("seen")) as number));
const flow = workflow("flow", chain(double, add));

const numbers = task("numbers", (_: TaskContext, from: number): readonly number[] => Array.from({ length: 200 }, (_, n) => from + n));
const twice = task("twice", async (ctx: TaskContext, n: number): Promise<number> => {
  await ctx.channel.increment("sum", n);
  return n * 2;
});
const sum = task(
  "sum",
  async (ctx: TaskContext, all: readonly number[]): Promise<readonly unknown[]> => [
    all.reduce((one, other) => one + other, 0),
    await ctx.channel.get("sum"),
  ],
);
const wide = workflow("wide", chain(numbers, each(twice), sum));

describe("a run whose bodies are jobs of BullMQ", () => {
  it("ends with what its workers return, and what they write is read by those that follow", async () => {
    const { runner, worker, channel } = newQueue(url());
    const served = await worker([flow]);
    const { output } = await run(flow, 4, { runner, channel });
    expect(output).toBe(12);
    expect(served.stats()).toMatchObject({ processed: 2, succeeded: 2, failed: 0, running: 0 });
    expect(served.isHealthy).toBe(true);
    expect(runner.stats()).toEqual({ sent: 2, answered: 2, pending: 0, stale: 0, resent: 0 });
  });

  it("has its results apart from those of others in the same queue, and spreads over workers", async () => {
    const { runner, worker, channel } = newQueue(url());
    const workers = [await worker([wide], { concurrency: 5 }), await worker([wide], { concurrency: 5 })];
    const ended = await Promise.all([0, 1_000, 50_000].map((from) => run(wide, from, { runner, channel })));
    const total = (from: number): number => 200 * from + (199 * 200) / 2;
    expect(ended.map(({ output }) => output)).toEqual([0, 1_000, 50_000].map((from) => [2 * total(from), total(from)]));
    for (const one of workers) expect(one.stats().processed).toBeGreaterThan(0);
    expect(runner.stats()).toMatchObject({ sent: 606, answered: 606, stale: 0, resent: 0 });
  });

  it("waits for a worker, and goes on when one comes", async () => {
    const { runner, worker, channel } = newQueue(url());
    const running = run(flow, 1, { runner, channel });
    await until(() => runner.stats().pending === 1);
    await delay(300);
    await worker([flow]);
    expect((await running).output).toBe(3);
  });

  it("hears progress and log lines in order, and saves at once when a body asks for it", async () => {
    const talking = task("talking", async (ctx: TaskContext): Promise<unknown> => {
      for (let n = 1; n <= 50; n++) ctx.progress(n, 50);
      ctx.log.info({ bytes: 5 }, "half");
      await ctx.channel.set("half", true);
      const { seq } = await ctx.checkpoint({}, { mode: "immediate" }).committed;
      ctx.log.warn("saved");
      return [seq, await ctx.once("drawn", () => "drawn")];
    });
    const one = workflow("talking", talking);
    const { runner, worker, channel } = newQueue(url());
    await worker([one]);
    const seen: unknown[] = [];
    const lines: unknown[] = [];
    const line: Logger["info"] = (fields, message) => {
      if ("specId" in fields || fields["taskId"] === undefined) return; // the engine's own
      lines.push([message, fields["taskId"], fields["bytes"]]);
    };
    const { output } = await run(one, undefined, {
      runner,
      channel,
      checkpoints: new MemoryCheckpointStore(),
      durability: "step",
      logger: { debug: line, info: line, warn: line, error: line },
      events: { taskProgress: ({ done }) => void seen.push(done) },
    });
    expect(output).toEqual([2, "drawn"]);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(lines).toEqual([
      ["half", "talking", 5],
      ["saved", "talking", undefined],
    ]);
  });

  it("has time-outs watched by the worker, and tells running and waiting bodies when it is cancelled", async () => {
    const reasons: string[] = [];
    const begun = new Deferred<void>();
    const endless = task("endless", async (ctx: TaskContext): Promise<void> => {
      ctx.signal.addEventListener("abort", () => reasons.push((ctx.signal.reason as Error).name));
      begun.resolve();
      await ctx.sleep(600_000);
    });
    const timed = workflow(
      "timed",
      task("timed", { timeout: 50 }, async (ctx: TaskContext) => ctx.sleep(600_000)),
    );
    const many = workflow("many", chain(numbers, each(endless)));
    const { runner, worker, channel } = newQueue(url());
    const served = await worker([timed, many], { concurrency: 3 });
    expect(((await quietly(run(timed, undefined, { runner, channel }))) as Error).cause).toMatchObject({ name: TaskTimeoutError.name });
    const stop = new AbortController();
    const running = quietly(run(many, 0, { runner, channel, signal: stop.signal }));
    await begun.promise;
    await until(() => served.stats().running === 3);
    stop.abort();
    expect(await running).toBeInstanceOf(RunCancelledError);
    await until(() => served.stats().running === 0);
    expect(reasons).toEqual(["RunCancelledError", "RunCancelledError", "RunCancelledError"]);
    expect(runner.stats().pending).toBe(0);
  });

  it("leaves nothing in Redis but what a queue needs, once it has ended", async () => {
    const { runner, worker, channel, client, queue, prefix } = newQueue(url());
    const served = await worker([wide]);
    await run(wide, 0, { runner, channel });
    await served.close();
    const keys = (await client.keys(`${prefix}:${queue}*`)).map((key) => key.slice(prefix.length + queue.length + 2));
    expect(keys.sort()).toEqual(["events", "id", "meta", "stalled-check"]);
  });
});
