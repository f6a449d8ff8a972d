import { setTimeout as delay } from "node:timers/promises";
import { chain, each, run, type TaskContext, task, workflow } from "cairnflow";
import { bullmqRunner } from "cairnflow/bullmq";
import { describe, expect, it } from "vitest";
import { sharedRedis } from "../servers/redis.js";
import { CutLine } from "./cut-line.js";
import { newQueue } from "./support.js";

const url = sharedRedis();
const ITEMS = 400;

const items = task("items", (): readonly number[] => Array.from({ length: ITEMS }, (_, n) => n));
const item = task("item", async (ctx: TaskContext, n: number): Promise<number> => {
  await ctx.sleep(100);
  await ctx.channel.increment("done");
  return n;
});
const flow = workflow("cut", chain(items, each(item)));

/** Runs the flow while the lines of its engine and its worker are cut. */
async function cut(disturb: (engine: CutLine, worker: CutLine, isOver: () => boolean) => Promise<void>) {
  const { worker, channel, queue, prefix } = newQueue(url());
  const [engineLine, workerLine] = [await CutLine.start(url()), await CutLine.start(url())];
  await worker([flow], { connection: workerLine.url, concurrency: 5, lockMs: 1_000, stalledCheckMs: 200 });
  const runner = bullmqRunner({ connection: engineLine.url, queue, prefix, checkMs: 200 });
  let isOver = false;
  const running = run(flow, undefined, { runId: queue, runner, channel }).finally(() => (isOver = true));
  running.catch(() => {});
  await disturb(engineLine, workerLine, () => isOver);
  const { output } = await running;
  const done = (await channel.reader(queue).read("done"))?.read();
  console.log(engineLine.fired, workerLine.fired, runner.stats());
  return { output, done, engine: engineLine.fired, worker: workerLine.fired };
}

const all = Array.from({ length: ITEMS }, (_, n) => n);

describe("the links to Redis", () => {
  it("may break again and again: every task is committed once", { timeout: 90_000 }, async () => {
    const { output, done, engine, worker } = await cut(async (engineLine, workerLine, isOver) => {
      for (let n = 0; n < 30 && !isOver(); n++) {
        await delay(100 + 37 * (n % 5));
        (n % 2 === 0 ? engineLine : workerLine).reset();
      }
    });
    expect([output, done]).toEqual([all, ITEMS]);
    expect(engine.resets + worker.resets).toBeGreaterThan(10);
    expect(Math.min(engine.connections, worker.connections)).toBeGreaterThan(5);
  });

  it("may fall silent for five seconds, that of the engine and that of the worker", { timeout: 90_000 }, async () => {
    const { output, done, engine, worker } = await cut(async (engineLine, workerLine) => {
      await delay(500);
      await engineLine.silence(5_000);
      await delay(500);
      await workerLine.silence(5_000);
    });
    expect([output, done]).toEqual([all, ITEMS]);
    expect([engine.silences, worker.silences]).toEqual([1, 1]);
  });
});
