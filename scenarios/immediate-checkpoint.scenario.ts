import {
  CheckpointAwaitedError,
  CheckpointDroppedError,
  type CheckpointHandle,
  chain,
  ExecutionContext,
  each,
  MemoryCheckpointStore,
  NoCheckpointStoreError,
  openCheckpointStore,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { failureOf } from "./support/tools.js";

interface Download {
  parts: number[];
}

/** Downloads part by part, saves after each, and breaks off before part `breaksAt`. */
function downloading(breaksAt: number, fetched: number[]) {
  const download = task("download", async (ctx: TaskContext<Download>, parts: number) => {
    const done = (await ctx.channel.get("parts")) ?? [];
    for (let part = done.length; part < parts; part++) {
      if (part === breaksAt) throw new Error(`part ${part} broke off`);
      fetched.push(part);
      await ctx.channel.append("parts", part);
      await ctx.checkpoint({ part }, { mode: "immediate", name: `part-${part}` }).committed;
    }
    return ((await ctx.channel.get("parts")) ?? []).length;
  });
  const unpack = task("unpack", (_: TaskContext, parts: number) => `${parts} parts`);
  return workflow("downloading", chain(download, unpack));
}

describe("an immediate checkpoint", () => {
  it("saves what the task has written so far, with the task pending; on resume it begins again and sees that", async () => {
    const store = new MemoryCheckpointStore();
    const fetched: number[] = [];
    await failureOf(downloading(3, fetched).run(5, { runId: "r", checkpoints: { store, onError: false } }));
    const saved = await openCheckpointStore(store).latest("r");
    expect(saved?.info).toMatchObject({ name: "part-2", taskId: "download", metadata: { part: 2 }, steps: 0 });
    expect(saved?.channel.get("parts")).toEqual([0, 1, 2]);
    expect(saved?.tasks).toMatchObject([{ taskId: "download", status: "pending", input: 5 }]);
    expect(await downloading(-1, fetched).resume({ from: store, runId: "r" })).toMatchObject({ output: "5 parts", steps: 2 });
    expect(fetched).toEqual([0, 1, 2, 3, 4]);
  });

  it("can be resumed from each of them, by name", async () => {
    const store = new MemoryCheckpointStore();
    await downloading(-1, []).run(4, { runId: "r", checkpoints: store });
    for (const from of [0, 1, 2, 3]) {
      const fetched: number[] = [];
      const copy = new MemoryCheckpointStore();
      const resumed = await downloading(-1, fetched).resume({ from: store, runId: "r", at: `part-${from}`, checkpoints: copy });
      expect(resumed).toMatchObject({ output: "4 parts" });
      expect(fetched).toEqual([0, 1, 2, 3].slice(from + 1));
    }
  });

  it("keeps its writes even if the task fails afterwards, and nothing written after it", async () => {
    const save = task("save", async (ctx: TaskContext) => {
      await ctx.channel.set("before", 1);
      await ctx.checkpoint({}, { mode: "immediate" }).committed;
      expect(await ctx.channel.get("before")).toBe(1);
      await ctx.channel.set("after", 2);
      throw new Error("afterwards");
    });
    const context = ExecutionContext.create(workflow("w", save), { checkpoints: new MemoryCheckpointStore() });
    await failureOf(context.run());
    expect(await context.channel.keys()).toEqual(["before"]);
  });

  it("may be taken by many members at once", async () => {
    const store = new MemoryCheckpointStore();
    const member = task("member", async (ctx: TaskContext, n: number) => {
      await ctx.channel.increment("sum", n);
      await ctx.checkpoint({}, { mode: "immediate" }).committed;
      return n;
    });
    const context = ExecutionContext.create(workflow("w", each(member)), { runId: "r", checkpoints: store });
    expect(await context.run([1, 2, 3, 4])).toMatchObject({ output: [1, 2, 3, 4] });
    expect(await context.channel.get("sum")).toBe(10);
    const list = await openCheckpointStore(store).list("r");
    expect(list.map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
    for (const { id } of list) {
      const view = await openCheckpointStore(store).load(id);
      expect(view.tasks.length + view.steps).toBe(4);
    }
  });
});

describe("a deferred checkpoint", () => {
  it("is taken after the step of its task, with the successors queued", async () => {
    const store = new MemoryCheckpointStore();
    let handle: CheckpointHandle | undefined;
    const asks = task("asks", async (ctx: TaskContext) => {
      handle = ctx.checkpoint({ epoch: 3 }, { name: "here" });
      await ctx.channel.set("written", "after asking");
      return 1;
    });
    const next = task("next", (_: TaskContext, n: number) => n + 1);
    await workflow("w", chain(asks, next)).run(undefined, { runId: "r", checkpoints: store });
    expect(await handle?.committed).toMatchObject({
      id: handle?.id,
      name: "here",
      taskId: "asks",
      cycle: 1,
      steps: 1,
      metadata: { epoch: 3 },
    });
    const view = await openCheckpointStore(store).load(handle?.id as string);
    expect(view.tasks).toMatchObject([{ taskId: "next", input: 1 }]);
    expect(view.channel.get("written")).toBe("after asking");
  });

  it("cannot be awaited by the task that asked: an error says so, and nothing hangs", async () => {
    const asks = task("asks", async (ctx: TaskContext) => ctx.checkpoint().committed);
    const error = await failureOf(workflow("w", asks).run(undefined, { checkpoints: new MemoryCheckpointStore() }));
    expect(error.cause).toBeInstanceOf(CheckpointAwaitedError);
    expect((error.cause as Error).message).toContain('mode: "immediate"');
  });

  it.each(["throw", "cancel"] as const)(
    "is dropped with a task that does not complete (%s), and whoever waits for it is told",
    async (how) => {
      const store = new MemoryCheckpointStore();
      let handle: CheckpointHandle | undefined;
      const asks = task("asks", (ctx: TaskContext) => {
        handle = ctx.checkpoint();
        if (how === "cancel") ctx.cancel();
        else throw new Error("no");
      });
      await failureOf(workflow("w", asks).run(undefined, { runId: "r", checkpoints: { store, onError: false } }));
      expect(await failureOf(handle?.committed as Promise<unknown>)).toBeInstanceOf(CheckpointDroppedError);
      expect(await openCheckpointStore(store).list("r")).toEqual([]);
    },
  );

  it("is refused without a store, unless the run is not meant to be stored", async () => {
    const asks = task("asks", (ctx: TaskContext) => {
      ctx.checkpoint();
      return "went on";
    });
    expect((await failureOf(workflow("w", asks).run())).cause).toBeInstanceOf(NoCheckpointStoreError);
    expect(await workflow("w", asks).run(undefined, { durability: "none" })).toMatchObject({ output: "went on" });
  });

  it("may be asked for from outside, between two steps", async () => {
    const store = new MemoryCheckpointStore();
    const plus = task("plus", (_: TaskContext, n: number) => n + 1);
    const more = task("more", (_: TaskContext, n: number) => n * 10);
    const context = ExecutionContext.create(workflow("w", chain(plus, more)), { runId: "r", checkpoints: store });
    await context.step(1);
    const info = await context.checkpoint({ by: "hand" }, { name: "outside" });
    expect(info).toMatchObject({ name: "outside", steps: 1, metadata: { by: "hand" } });
    await context.step();
    await context[Symbol.asyncDispose]();
    expect(await workflow("w", chain(plus, more)).resume({ from: store, runId: "r", at: "outside" })).toMatchObject({
      output: 20,
      steps: 2,
    });
  });
});
