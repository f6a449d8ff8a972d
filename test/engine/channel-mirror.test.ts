import {
  chain,
  ExecutionContext,
  each,
  fork,
  MemoryCheckpointStore,
  openCheckpointStore,
  resume,
  run,
  StaleOwnerError,
  StoreUnavailableError,
  type TaskContext,
  task,
  UsageError,
  workflow,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { MemoryChannel } from "../../src/memory/memory-channel.js";
import { contentOf } from "../redis/channel-support.js";
import { wrappedStore } from "../testing/wrapped-store.js";
import { RecordedReplica } from "./recorded-replica.js";

const adding = task("adding", async (ctx: TaskContext, n: number) => {
  await ctx.channel.increment("sum", n);
  await ctx.channel.append("seen", n);
  return n;
});
const doubling = task("doubling", async (ctx: TaskContext, n: number) => {
  await ctx.channel.update("sum", (sum) => (sum as number) * 2);
  return n;
});
const flow = workflow("mirrored", chain(adding, doubling));

describe("the copy of a run's channel", () => {
  it("begins with what the channel holds, gets each step as one, and is let go of at the end", async () => {
    const channel = new RecordedReplica();
    const context = ExecutionContext.create(flow, { runId: "r", channel });
    await context.channel.set("sum", 5);
    await context.run(1);
    expect(channel.calls).toEqual([
      "for r",
      "claim",
      "begin at 0 with sum",
      "step 1: append seen set adding.__result__ set sum",
      "step 2: set doubling.__result__ set sum",
      "end",
    ]);
    expect(await channel.copy.getMany(["sum", "seen"])).toEqual([12, [1]]);
  });

  it("has a step before anything that follows from it starts", async () => {
    const channel = new RecordedReplica();
    const order: string[] = [];
    const first = task("first", async (ctx: TaskContext) => ctx.channel.set("k", 1));
    const second = task("second", () => void order.push("second starts"));
    channel.before = async ([step]) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`step ${step?.steps} is confirmed`);
    };
    await run(workflow("w", chain(first, second)), undefined, { channel });
    expect(order).toEqual(["step 1 is confirmed", "second starts", "step 2 is confirmed"]);
  });

  it("gets nothing for steps that write nothing", async () => {
    const channel = new RecordedReplica();
    const silent = task("silent", () => undefined);
    const items = task("items", () => [1, 2, 3]);
    const last = task("last", () => "done");
    await run(workflow("w", chain(items, each(silent), last)), undefined, { channel });
    expect(channel.calls.filter((call) => call.startsWith("step"))).toEqual([
      "step 1: set items.__result__",
      "step 4: set each-silent.__result__",
      "step 5: set last.__result__",
    ]);
  });

  it("loses what runs out in the channel, by the run's clock", async () => {
    const clock = simulatedClock();
    const channel = new RecordedReplica();
    const brief = task("brief", async (ctx: TaskContext) => {
      await ctx.channel.set("brief", 1, { ttl: "1s" });
      await ctx.channel.append("list", 1, { ttl: "1s" });
    });
    const waits = task("waits", (ctx: TaskContext) => ctx.sleep("2s"));
    const adds = task("adds", async (ctx: TaskContext) => {
      await ctx.channel.append("list", 2);
    });
    const running = run(workflow("w", chain(brief, waits, adds)), undefined, { channel, clock });
    await clock.runUntilIdle();
    await running;
    expect(channel.calls.slice(3, -1)).toEqual([
      "step 1: set brief append list delete brief.__result__",
      "step 2: delete brief delete list delete waits.__result__",
      "step 3: append list delete adds.__result__",
    ]);
    expect(await contentOf(channel.copy.backend)).toEqual({ list: [2] });
  });

  it("gets what is written from outside while the run is under way", async () => {
    const channel = new RecordedReplica();
    const seen: unknown[] = [];
    let go = (): void => {};
    const waits = task("waits", () => new Promise<void>((resolve) => (go = resolve)));
    const context = ExecutionContext.create(workflow("w", waits), { channel });
    context.events.on("taskStarted", async () => {
      await context.channel.set("outside", 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(await channel.copy.get("outside"));
      go();
    });
    await context.run();
    expect(seen).toEqual([1]);
    await expect(context.channel.set("late", 1)).rejects.toThrow(UsageError);
  });

  it("has what an immediate checkpoint holds before that is stored", async () => {
    const channel = new RecordedReplica();
    const saves = task("saves", async (ctx: TaskContext) => {
      await ctx.channel.set("early", 1);
      await ctx.checkpoint({}, { mode: "immediate" }).committed;
      expect(await channel.copy.get("early")).toBe(1);
    });
    await run(workflow("w", saves), undefined, { channel, checkpoints: new MemoryCheckpointStore() });
    expect(channel.calls.slice(3)).toEqual(["step 0: set early", "step 1: delete saves.__result__", "end"]);
  });

  it("is written in meta.json and named by its kind", async () => {
    const store = new MemoryCheckpointStore();
    const { runId } = await run(flow, 1, { channel: new RecordedReplica(), checkpoints: { store, every: "task" } });
    const [key] = await store.list(runId);
    const files = key && (await store.read(key));
    expect(JSON.parse(new TextDecoder().decode(files?.meta ?? new Uint8Array())).backend).toMatchObject({ channel: "recorded" });
  });
});

describe("a run whose copy cannot be written", () => {
  it("starts nothing more, fails with the reason, and goes on from there when it is resumed", async () => {
    const store = new MemoryCheckpointStore();
    const channel = new RecordedReplica();
    const gone = new StoreUnavailableError("the server is away", { outcome: "unknown" });
    channel.before = async () => Promise.reject(gone);
    const error = await run(flow, 3, { runId: "r", channel, checkpoints: store }).catch((error: unknown) => error);
    expect(error).toBe(gone);
    expect(channel.calls).toEqual(["for r", "claim", "begin at 0 with ", "end"]);
    const again = new RecordedReplica();
    await resume(flow, { from: store, runId: "r", channel: again });
    expect(again.calls).toEqual([
      "for r",
      "claim",
      "begin at 1 with sum,seen,adding.__result__",
      "step 2: set doubling.__result__ set sum",
      "end",
    ]);
    expect(await again.copy.getMany(["sum", "seen"])).toEqual([6, [3]]);
  });

  it("leaves its store alone when it was replaced", async () => {
    const store = new MemoryCheckpointStore();
    const channel = new RecordedReplica();
    channel.before = async () => Promise.reject(new StaleOwnerError("replaced"));
    await expect(run(flow, 3, { runId: "r", channel, checkpoints: store })).rejects.toThrow(StaleOwnerError);
    expect(await store.list("r")).toEqual([]);
  });

  it("starts nothing when the copy cannot begin", async () => {
    const channel = new RecordedReplica();
    channel.claim = async () => Promise.reject(new StoreUnavailableError("the server is away"));
    let started = 0;
    const counts = task("counts", () => void started++);
    await expect(run(workflow("w", counts), undefined, { channel })).rejects.toThrow(StoreUnavailableError);
    expect(started).toBe(0);
  });
});

describe("a run that goes on", () => {
  async function saved(): Promise<MemoryCheckpointStore> {
    const store = new MemoryCheckpointStore();
    const context = ExecutionContext.create(flow, { runId: "r", checkpoints: { store, every: "task" }, channel: new RecordedReplica() });
    await context.step(4);
    return store;
  }

  it("sets its copy to the checkpoint, and tells when that was further", async () => {
    const store = await saved();
    for (const [left, told] of [
      [null, []],
      [1, []],
      [2, ["CHANNEL_SET_BACK"]],
    ] as const) {
      const channel = new RecordedReplica();
      channel.left = left;
      const context = await ExecutionContext.resume(flow, { from: store, runId: "r", channel, takeOver: true });
      const warnings: string[] = [];
      context.events.on("warning", ({ code, message }) => {
        warnings.push(code);
        expect(message).toMatch(/was at step 2, and the run goes on from step 1/);
      });
      await context.step();
      expect(channel.calls[2]).toBe("begin at 1 with sum,seen,adding.__result__");
      expect(warnings).toEqual(told);
    }
  });

  it("replays its journal before the copy begins", async () => {
    const store = new MemoryCheckpointStore();
    const first = ExecutionContext.create(flow, { runId: "r", checkpoints: store, durability: "step", channel: new RecordedReplica() });
    await first.step(4);
    const channel = new RecordedReplica();
    await resume(flow, { from: store, runId: "r", channel, durability: "step", takeOver: true });
    expect(channel.calls[2]).toBe("begin at 1 with sum,seen,adding.__result__");
    expect(await channel.copy.getMany(["sum", "seen"])).toEqual([8, [4]]);
  });

  it("claims the copy before it looks whether the run is still its own", async () => {
    const channel = new RecordedReplica();
    const store = wrappedStore(new MemoryCheckpointStore(), (writer) => ({
      renew: async () => {
        channel.calls.push("still ours?");
        await writer.renew();
      },
    }));
    await run(flow, 1, { channel, checkpoints: store });
    expect(channel.calls.slice(1, 4)).toEqual(["claim", "still ours?", "begin at 0 with "]);
  });

  it("as a fork has a channel of its own, with the edits", async () => {
    const store = await saved();
    const newChannel = new RecordedReplica();
    await fork(flow, { from: openCheckpointStore(store), runId: "r", newRunId: "f", newChannel, channel: { sum: 100 } });
    expect(newChannel.calls.slice(0, 3)).toEqual(["for f", "claim", "begin at 1 with sum,seen,adding.__result__"]);
    expect(await newChannel.copy.get("sum")).toBe(200);
  });

  it("leaves the copy alone if there is nothing to go on with", async () => {
    const store = new MemoryCheckpointStore();
    const failing = workflow(
      "failing",
      task("fails", () => Promise.reject(new Error("no"))),
    );
    await expect(run(failing, undefined, { runId: "r", checkpoints: store })).rejects.toThrow("no");
    const channel = new RecordedReplica();
    await expect(resume(failing, { from: store, runId: "r", channel, strategy: { retryFailed: false } })).rejects.toThrow("no");
    expect(channel.calls).toEqual(["for r", "end"]);
  });
});

it("gives the same answers as a memory channel", async () => {
  const plain = new MemoryChannel();
  await run(flow, 7, { channel: plain });
  const channel = new RecordedReplica();
  const context = ExecutionContext.create(flow, { channel });
  await context.run(7);
  expect(await contentOf(channel.copy.backend)).toEqual(await contentOf(plain.backend));
});
