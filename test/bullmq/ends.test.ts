import { setTimeout as delay } from "node:timers/promises";
import { chain, each, MemoryCheckpointStore, RunOwnedError, resume, run, type TaskContext, task, workflow } from "cairnflow";
import { bullmqRunner, createWorker } from "cairnflow/bullmq";
import { describe, expect, it } from "vitest";
import { Deferred } from "../../src/engine/deferred.js";
import { RedisCheckpointStore } from "../../src/redis/index.js";
import { newChannel } from "../redis/channel-support.js";
import { Answering } from "../s3/child.js";
import { ownRedis, sharedRedis } from "../servers/redis.js";
import { effectsOf, faultFlow, gateOf, noteIn } from "./fault-flow.js";
import { newQueue, quietly, until } from "./support.js";
import { WorkerProcesses } from "./worker-processes.js";

const url = sharedRedis();
const persisting = ownRedis({ persists: true });
const ITEMS = 300;

describe("an engine that is killed", () => {
  it("leaves its run to another, which repeats nothing that was completed", { timeout: 60_000 }, async () => {
    const { runner, worker, channel, client, queue, prefix } = newQueue(url());
    noteIn(url());
    const served = await worker([faultFlow], { concurrency: 10 });
    const engine = new Answering(new URL("./engine-process.ts", import.meta.url), [url(), queue, prefix, "left", String(ITEMS)]);
    let completed = 0;
    engine.process.on("message", (count) => (completed = Number(count)));
    await until(() => completed > 60);
    engine.stop();
    const store = new RedisCheckpointStore({ url: url(), leaseMs: 1_000 });
    await client.set(gateOf("left"), "go");
    let started = 0;
    let refused = 0;
    const goOn = () =>
      resume(faultFlow, { from: store, runId: "left", runner, channel, durability: "step", events: { taskStarted: () => void started++ } });
    let ended = await quietly(goOn());
    for (; ended instanceof RunOwnedError; ended = await quietly(goOn())) {
      refused++;
      await delay(100);
    }
    await store.close();
    const effects = Object.values(await client.hgetall(effectsOf("left"))).map(Number);
    const repeated = effects.filter((times) => times > 1).length;
    console.log({ completed, started, refused, repeated, abandoned: served.stats().abandoned, stats: runner.stats() });
    expect((ended as { output: unknown }).output).toEqual(Array.from({ length: ITEMS }, (_, n) => n * 3));
    expect((await channel.reader("left").read("done"))?.read()).toBe(ITEMS);
    // The last steps that it said it had completed may not have been stored yet.
    expect(started).toBeLessThan(ITEMS + 1 - completed + 30);
    expect(effects).toHaveLength(ITEMS);
    expect(repeated).toBeLessThanOrEqual(started);
    expect(served.stats().abandoned).toBeGreaterThan(0);
  });
});

describe("a worker that is closed", () => {
  const begun = new Deferred<void>();
  const gate = new Deferred<void>();
  const slow = task("slow", async (): Promise<string> => {
    begun.resolve();
    await gate.promise;
    return "done";
  });
  const flow = workflow("slow", slow);

  it("lets what runs end, and takes nothing new", async () => {
    const { runner, worker, channel } = newQueue(url());
    const served = await worker([flow]);
    const running = run(flow, undefined, { runner, channel });
    await begun.promise;
    const closed = served.close({ graceMs: 60_000 });
    const other = run(flow, undefined, { runner, channel });
    await delay(100);
    gate.resolve();
    expect((await running).output).toBe("done");
    await closed;
    expect(served.stats()).toMatchObject({ processed: 1, running: 0 });
    expect(served.isHealthy).toBe(false);
    await worker([flow]);
    expect((await other).output).toBe("done");
  });

  it("leaves what has not ended by then to others, at once", async () => {
    const seen: string[] = [];
    const held = task("held", async (ctx: TaskContext): Promise<string> => {
      seen.push("begun");
      if (seen.length > 1) return "by another";
      await ctx.sleep(600_000).catch(() => seen.push("told"));
      return "too late";
    });
    const one = workflow("held", held);
    const { runner, worker, channel } = newQueue(url());
    const first = await worker([one], { lockMs: 600_000 });
    const running = run(one, undefined, { runner, channel });
    await until(() => seen.length === 1);
    await worker([one], { lockMs: 600_000 });
    await first.close({ graceMs: 20 });
    expect((await running).output).toBe("by another");
    expect(seen).toEqual(["begun", "told", "begun"]);
    expect(runner.stats().resent).toBe(0);
  });
});

describe("a task that has lost its worker too often", () => {
  it("fails its run, which can be resumed", { timeout: 60_000 }, async () => {
    const { runner, worker, channel, client, queue, prefix } = newQueue(url());
    noteIn(url());
    const workers = new WorkerProcesses([url(), queue, prefix]);
    await workers.start(1);
    const store = new MemoryCheckpointStore();
    const running = quietly(run(faultFlow, 1, { runId: "poison", runner, channel, checkpoints: store }));
    await until(async () => (await client.hlen(effectsOf("poison"))) === 1);
    await workers.killOne();
    await worker([faultFlow], { maxStalls: 0, stalledCheckMs: 100 });
    expect(await running).toMatchObject({ code: "RUNNER", taskId: "item" });
    await client.set(gateOf("poison"), "go");
    expect((await resume(faultFlow, { from: store, runId: "poison", runner, channel })).output).toEqual([0]);
  });
});

describe("a Redis that restarts", () => {
  it("does not end the runs that wait for it", { timeout: 60_000 }, async () => {
    const items = task("items", (): readonly number[] => Array.from({ length: 400 }, (_, n) => n));
    const item = task("item", async (ctx: TaskContext, n: number): Promise<number> => {
      await ctx.sleep(20);
      return n;
    });
    const flow = workflow("restarted", chain(items, each(item)));
    const server = persisting();
    const { runner, worker, channel } = newQueue(server.url);
    const served = await worker([flow], { concurrency: 5 });
    const running = run(flow, undefined, { runner, channel });
    let restarts = 0;
    for (; restarts < 3; restarts++) {
      const before = served.stats().processed;
      await until(() => served.stats().processed > before + 20);
      await server.restart(() => delay(200));
    }
    expect((await running).output).toHaveLength(400);
    console.log(`restarts ${restarts}`, runner.stats(), served.stats());
    expect(restarts).toBe(3);
  });

  it("fails the run when patience ends, and the run can be resumed", { timeout: 60_000 }, async () => {
    let isSlow = true;
    const begun = new Deferred<void>();
    const patient = task("patient", async (ctx: TaskContext): Promise<string> => {
      begun.resolve();
      if (isSlow) await ctx.sleep(600_000);
      return "done";
    });
    const flow = workflow("patient", patient);
    const server = persisting();
    const place = { connection: server.url, queue: "patience", prefix: "p" };
    const runner = bullmqRunner({ ...place, checkMs: 100, patienceMs: 1_000 });
    const channel = newChannel({ url: server.url, commandTimeoutMs: 200 });
    const first = await createWorker({ ...place, channel, workflows: [flow], lockMs: 1_000, stalledCheckMs: 100 });
    const store = new MemoryCheckpointStore();
    const running = quietly(run(flow, undefined, { runId: "patient", runner, channel, checkpoints: store }));
    await begun.promise;
    let ended: unknown = null;
    await server.restart(async () => {
      ended = await running;
    });
    expect(ended).toMatchObject({ code: "STORE_UNAVAILABLE", taskId: "patient" });
    isSlow = false;
    await first.close({ graceMs: 0 });
    const second = await createWorker({ ...place, channel, workflows: [flow], lockMs: 1_000, stalledCheckMs: 100 });
    expect((await resume(flow, { from: store, runId: "patient", runner, channel })).output).toBe("done");
    await second.close();
  });
});
