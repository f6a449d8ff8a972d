import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CheckpointStore,
  CheckpointWriteError,
  chain,
  ExecutionContext,
  each,
  FileCheckpointStore,
  MemoryCheckpointStore,
  openCheckpointStore,
  resume,
  StaleOwnerError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { afterEach, describe, expect, it } from "vitest";
import { systemFs } from "../../src/file/durable-fs.js";
import { wrappedStore } from "../testing/wrapped-store.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "cairnflow-journal-"));
  folders.push(made);
  return made;
}

/** A run with a group, iterations, a dynamic task and every kind of channel operation; `calls` counts bodies. */
function story() {
  const calls: string[] = [];
  const list = task("list", () => [1, 2, 3]);
  const item = task("item", async (ctx: TaskContext, n: number) => {
    calls.push(`item ${n}`);
    await ctx.channel.increment("items");
    await ctx.channel.update("sum", (sum) => ((sum as number | undefined) ?? 0) + n);
    await ctx.channel.append("log", n);
    return n * 2;
  });
  const audit = task("audit", async (ctx: TaskContext, at: unknown) => {
    calls.push("audit");
    await ctx.channel.set("audited", at);
  });
  const loop = task("loop", async (ctx: TaskContext, doubled: unknown) => {
    calls.push(`loop ${ctx.cycle}`);
    ctx.metric("loss", ctx.cycle === 3 ? Number.NaN : 1 / ctx.cycle);
    await ctx.channel.append("draws", ctx.random());
    if (ctx.cycle === 2) ctx.nextTask(audit, { id: "audit-2", input: new Map([["at", new Date(5)]]) });
    if (ctx.cycle < 6) ctx.nextIteration(doubled);
    return doubled;
  });
  return { calls, flow: workflow("story", chain(list, each(item, { concurrency: 2 }), loop), { tasks: [audit] }) };
}

async function channelOf(context: ExecutionContext): Promise<unknown> {
  const keys = await context.channel.keys();
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await context.channel.get(key)])));
}

const stores: readonly (readonly [string, () => CheckpointStore])[] = [
  ["file", () => new FileCheckpointStore(folder())],
  ["memory", () => new MemoryCheckpointStore()],
];

describe.each(stores)("a run with durability step over the %s store", (_, open) => {
  it("goes on after its last step, wherever it was left, and repeats no task that had committed", async () => {
    const whole = story();
    const full = ExecutionContext.create(whole.flow, { runId: "r", seed: 1 });
    const { output, steps } = await full.run();
    for (let crashAfter = 1; crashAfter < steps; crashAfter++) {
      const { flow, calls } = story();
      const store = open();
      const lost = ExecutionContext.create(flow, { runId: "r", seed: 1, checkpoints: store, durability: "step" });
      for (let step = 0; step < crashAfter; step++) await lost.step();
      const seen = await openCheckpointStore(store).latest("r");
      expect(seen).toMatchObject({ steps: crashAfter, info: { steps: 0 } });
      expect(Object.fromEntries(seen?.channel ?? [])).toEqual(await channelOf(lost));
      expect(seen?.tasks.map(({ specId }) => specId).toSorted()).toEqual(lost.pendingTasks.map(({ specId }) => specId).toSorted());
      const context = await ExecutionContext.resume(flow, { from: store, runId: "r", durability: "step", takeOver: true });
      expect(context.steps).toBe(crashAfter);
      expect(await context.run()).toMatchObject({ output, steps });
      expect(await channelOf(context)).toEqual(await channelOf(full));
      expect(context.metric("loss")).toBe(1 / 6);
      expect(calls.toSorted()).toEqual(whole.calls.toSorted());
    }
  });

  it("keeps what ctx.once got over a crash in the middle of the task", async () => {
    let draws = 0;
    let crash = true;
    const pay = task("pay", async (ctx: TaskContext) => {
      const receipt = await ctx.once("charge", () => `receipt ${++draws}`);
      if (crash) await new Promise(() => {});
      return receipt;
    });
    const flow = workflow("shop", pay);
    const store = open();
    const lost = ExecutionContext.create(flow, { runId: "r", checkpoints: store, durability: "step" });
    void lost.run().catch(() => {});
    while ((await store.readJournal("r", 1)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    crash = false;
    expect(await resume(flow, { from: store, runId: "r", durability: "step", takeOver: true })).toMatchObject({ output: "receipt 1" });
    expect(draws).toBe(1);
  });

  it("keeps the wait, the attempts and the last error of a task that is to be retried", async () => {
    let down = true;
    const flaky = task("flaky", { retry: { maxRetries: 5, initialWait: "1h", jitter: 0 } }, (ctx: TaskContext) => {
      if (down) throw new Error("down");
      return ctx.attempt;
    });
    const flow = workflow("flaky", flaky);
    const store = open();
    const lost = ExecutionContext.create(flow, { runId: "r", checkpoints: store, durability: "step" });
    const retrying = lost.events.once("taskRetrying");
    const running = lost.run();
    await retrying;
    while ((await store.readJournal("r", 1)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    down = false;
    const context = await ExecutionContext.resume(flow, { from: store, runId: "r", takeOver: true });
    const [waiting] = context.pendingTasks;
    expect(waiting).toMatchObject({ taskId: "flaky", attempt: 2 });
    expect(waiting?.availableAt).toBeGreaterThan(Date.now() + 3_000_000);
    lost.stop();
    await expect(running).rejects.toThrow(StaleOwnerError);
  });
});

describe("the history of a run with durability step", () => {
  it("has every iteration, although there is one checkpoint, and takes less than half a megabyte for a thousand", async () => {
    const root = folder();
    const loop = task("loop", { maxCycles: 1_000 }, async (ctx: TaskContext, n: number) => {
      await ctx.channel.append("log", { step: n, loss: ctx.random(), note: "x".repeat(90) });
      if (n < 1_000) ctx.nextIteration(n + 1);
      return n;
    });
    await workflow("loop", loop).run(1, { runId: "r", checkpoints: root, durability: "step" });
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    expect(bytes).toBeLessThan(500_000);
    const history = openCheckpointStore(root);
    for (const cycle of [1, 2, 500, 999, 1_000]) {
      const view = await history.at("r", { task: "loop", cycle });
      expect(view).toMatchObject({ steps: cycle });
      expect(view?.channel.get("log")).toHaveLength(cycle);
      expect(view?.results.get("loop")).toBe(cycle);
    }
    expect((await history.at("r", { task: "loop" }))?.steps).toBe(1_000);
    expect(await history.at("r", { task: "loop", cycle: 1_001 })).toBeNull();
    expect(await history.at("r", { task: "other" })).toBeNull();
  });

  it("is read whatever the values are, again and again", async () => {
    const store = new MemoryCheckpointStore();
    const note = task("note", (ctx: TaskContext, { day, sum }: { day: Date; sum: bigint }) => {
      if (ctx.cycle < 3) ctx.nextIteration({ day: new Date(day.getTime() + 1), sum });
      return [day, sum];
    });
    await workflow("days", note).run({ day: new Date(5), sum: 10n }, { runId: "r", checkpoints: store, durability: "step" });
    const history = openCheckpointStore(store);
    for (const cycle of [1, 3, 1]) {
      const view = await history.at("r", { task: "note", cycle });
      expect(view?.results.get("note")).toEqual([new Date(4 + cycle), 10n]);
    }
  });

  it("folds a journal that has grown long into a checkpoint by itself", async () => {
    const store = new MemoryCheckpointStore();
    const loop = task("loop", { maxCycles: 30 }, async (ctx: TaskContext, n: number) => {
      await ctx.channel.set("large", `${n} ${"x".repeat(1 << 20)}`);
      if (n < 30) ctx.nextIteration(n + 1);
    });
    await workflow("loop", loop).run(1, { runId: "r", checkpoints: store, durability: "step" });
    expect((await store.list("r")).length).toBe(2);
    expect((await openCheckpointStore(store).latest("r"))?.steps).toBe(30);
  });
});

describe("a journal in a folder", () => {
  it("is one file, however many checkpoints have folded it", async () => {
    const root = folder();
    const loop = task("loop", (ctx: TaskContext) => {
      if (ctx.cycle % 3 === 0) ctx.checkpoint();
      if (ctx.cycle < 20) ctx.nextIteration();
    });
    await workflow("loop", loop).run(undefined, { runId: "r", checkpoints: root, durability: "step" });
    expect(readdirSync(join(root, "r", "journal"))).toEqual(["00000007.log"]);
  });

  it("fails the run when a step cannot be stored, and leaves it resumable from the step before", async () => {
    const root = folder();
    let full = false;
    let fired = 0;
    const fs = {
      ...systemFs,
      syncFile: (file: number) => {
        if (!full) return systemFs.syncFile(file);
        fired++;
        return Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
      },
    };
    const loop = task("loop", (ctx: TaskContext) => {
      full = ctx.cycle === 3 && fired === 0;
      if (ctx.cycle < 5) ctx.nextIteration();
      return ctx.cycle;
    });
    const flow = workflow("loop", loop);
    const failing = flow.run(undefined, {
      runId: "r",
      checkpoints: { store: new FileCheckpointStore(root, { fs }), onError: false },
      durability: "step",
    });
    await expect(failing).rejects.toThrow(CheckpointWriteError);
    expect(fired).toBe(1);
    const context = await ExecutionContext.resume(flow, { from: root, runId: "r", durability: "step" });
    expect([2, 3]).toContain(context.steps);
    expect(await context.run()).toMatchObject({ output: 5, steps: 5 });
  });

  it("fails the run, and is not written to again, when a checkpoint was stored but no journal could be begun behind it", async () => {
    const store = new MemoryCheckpointStore();
    let begun = 0;
    const breaking = wrappedStore(store, (writer) => ({
      beginJournal: (seq) => (++begun === 2 ? Promise.reject(new Error("disk full")) : writer.beginJournal(seq)),
    }));
    const loop = task("loop", (ctx: TaskContext) => {
      if (ctx.cycle === 2) ctx.checkpoint();
      if (ctx.cycle < 5) ctx.nextIteration();
      return ctx.cycle;
    });
    const flow = workflow("loop", loop);
    const checkpoints = { store: breaking, onError: false, onFailure: "warn" } as const;
    await expect(flow.run(undefined, { runId: "r", checkpoints, durability: "step" })).rejects.toThrow(CheckpointWriteError);
    expect(begun).toBe(2);
    expect(await resume(flow, { from: store, runId: "r", durability: "step" })).toMatchObject({ output: 5, steps: 5 });
  });

  it("is left behind by a resume from an older checkpoint", async () => {
    const root = folder();
    const loop = task("loop", (ctx: TaskContext) => {
      if (ctx.cycle === 2) ctx.checkpoint({}, { name: "second" });
      if (ctx.cycle === 4) ctx.checkpoint();
      if (ctx.cycle < 6) ctx.nextIteration();
      return ctx.cycle;
    });
    const flow = workflow("loop", loop);
    await flow.run(undefined, { runId: "r", checkpoints: root, durability: "step" });
    const context = await ExecutionContext.resume(flow, { from: root, runId: "r", at: "second", durability: "step" });
    expect(context.steps).toBe(2);
    expect(await context.run()).toMatchObject({ output: 6, steps: 6 });
  });
});
