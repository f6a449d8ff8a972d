import {
  chain,
  ExecutionContext,
  MemoryCheckpointStore,
  parallel,
  resume,
  run,
  type TaskContext,
  TaskGraph,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { wrappedStore } from "../testing/wrapped-store.js";

const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

/** A store that refuses some of what it is given. */
function flaky(fails: (put: number) => boolean): MemoryCheckpointStore {
  let puts = 0;
  return wrappedStore(new MemoryCheckpointStore(), (writer) => ({
    put: async (record) => {
      if (fails(++puts)) throw new Error("the disk is full");
      await writer.put(record);
    },
  }));
}

/** A loop with a channel large enough to be kept in segments, and a checkpoint at each pass. */
const loop = task("loop", async (ctx: TaskContext, pass: number): Promise<number> => {
  for (let at = 0; at < 8; at++) await ctx.channel.set(`part/${(pass * 3 + at) % 20}`, `${pass} ${"x".repeat(4_000)}`);
  await ctx.channel.append("passes", pass);
  ctx.checkpoint();
  if (pass < 12) ctx.nextIteration(pass + 1);
  return pass;
});
const training = workflow("training", loop);

describe("a store that fails now and then", () => {
  it("loses nothing: the next checkpoint holds what the failed one would have", async () => {
    const store = flaky((put) => put % 3 !== 0 && put < 11);
    const context = ExecutionContext.create(training, { runId: "r", checkpoints: { store, onFailure: "warn" } });
    expect((await context.run(1)).status).toBe("completed");
    const keys = await store.list("r");
    expect(keys.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    for (const { id } of keys) {
      const resumed = await ExecutionContext.resume(training, { from: store, runId: "r", at: id, durability: "none" });
      const passes = (await resumed.channel.get("passes")) as number[];
      expect(passes).toEqual(Array.from({ length: resumed.steps }, (_, at) => at + 1));
      expect(await resumed.channel.get(`part/${(resumed.steps * 3) % 20}`)).toBe(`${resumed.steps} ${"x".repeat(4_000)}`);
    }
  });

  it("fails the run unless it is told to warn, and the run can be resumed from the one before", async () => {
    const store = flaky((put) => put >= 4);
    const error = await quietly(run(training, 1, { runId: "r", checkpoints: store }));
    expect(error).toMatchObject({ code: "CHECKPOINT_WRITE", outcome: "unknown", runId: "r" });
    expect((await resume(training, { from: store, runId: "r", checkpoints: "memory:" })).steps).toBe(12);
  });
});

describe("a run that goes on in another store", () => {
  it("puts all of itself there", async () => {
    const [first, second] = [new MemoryCheckpointStore(), new MemoryCheckpointStore()];
    const a = task("a", (ctx: TaskContext): string => (ctx.metric("m", 1), ctx.artifact("a.bin"), "from a"));
    const b = task("b", (ctx: TaskContext): string => (ctx.checkpoint(), "from b"));
    const c = task("c", { critical: true }, (ctx: TaskContext, input: string): string => (ctx.checkpoint(), `${input}, c`));
    const d = task("d", (_ctx: TaskContext, input: string): string => `${input}, d`);
    const flow = workflow("w", chain(a, b, c, d));
    const before = ExecutionContext.create(flow, { runId: "r", checkpoints: first });
    await before.step();
    await before.step();
    await before[Symbol.asyncDispose]();
    const between = await ExecutionContext.resume(flow, { from: first, runId: "r", checkpoints: second });
    await between.step();
    await between[Symbol.asyncDispose]();
    const after = await ExecutionContext.resume(flow, { from: second, runId: "r" });
    expect(after.completedTasks).toEqual(["a", "b", "c"]);
    expect(after.metric("m")).toBe(1);
    expect(after.pendingTasks.map(({ taskId }) => taskId)).toEqual(["d"]);
    expect((await after.run()).output).toBe("from b, c, d");
  });

  it("puts its open groups and waiting joins there", async () => {
    const [first, second] = [new MemoryCheckpointStore(), new MemoryCheckpointStore()];
    const leaf = (name: string) => task(name, { critical: true }, (): string => name);
    const sum = task("sum", (_ctx: TaskContext, input: unknown): unknown => input);
    const flow = workflow("w", chain(parallel([leaf("a"), leaf("b"), leaf("c")]), sum as never) as never);
    const options = { concurrency: 1 };
    const before = ExecutionContext.create(flow, { runId: "r", checkpoints: first, ...options });
    await before.step();
    await before[Symbol.asyncDispose]();
    const between = await ExecutionContext.resume(flow, { from: first, runId: "r", checkpoints: second, ...options });
    await between.step();
    await between[Symbol.asyncDispose]();
    expect((await resume(flow, { from: second, runId: "r", ...options })).output).toEqual({ a: "a", b: "b", c: "c" });
  });
});

describe("a group that failed by its policy although no task in it failed", () => {
  it("does not pass as done by a resume", async () => {
    const store = new MemoryCheckpointStore();
    const vote = (name: string) => task(name, (): number => 1);
    const after = task("after", (_ctx: TaskContext, _input: unknown): string => "went on");
    const group = parallel([vote("a"), vote("b")], { policy: () => false });
    const flow = workflow("w", chain(group as never, after as never) as never);
    expect(await quietly(run(flow, undefined, { runId: "r", checkpoints: store }))).toMatchObject({ code: "GROUP_FAILED" });
    expect(await quietly(resume(flow, { from: store, runId: "r" }))).toMatchObject({ code: "GROUP_FAILED" });
  });
});

describe("a task that has another name today", () => {
  it("keeps its place at a join, its result and its counts over two resumes", async () => {
    const store = new MemoryCheckpointStore();
    const build = (name: string, formerly: string[]) => {
      const begin = task("begin", (): number => 1);
      const left = task(name, { formerly, critical: true }, (): string => "left");
      const right = task("right", (ctx: TaskContext): string => (ctx.checkpoint(), "right"));
      const slow = task("slow", (_ctx: TaskContext, input: string): string => input);
      const sink = task("sink", async (ctx: TaskContext, input: unknown): Promise<unknown> => [input, await ctx.result(left)]);
      const graph = new TaskGraph("g").add(begin).add(left).add(right).add(slow).add(sink);
      graph.edge(begin, left).edge(begin, right).edge(right, slow).edge(left, sink).edge(slow, sink);
      return { graph, left };
    };
    const options = { concurrency: 1 };
    const before = ExecutionContext.create(build("old", []).graph, { runId: "r", checkpoints: store, ...options });
    await before.step();
    await before.step();
    const today = build("new", ["old"]);
    await before[Symbol.asyncDispose]();
    const between = await ExecutionContext.resume(today.graph, { from: store, runId: "r", ...options });
    expect(await between.result(today.left)).toBe("left");
    await between.step();
    await between[Symbol.asyncDispose]();
    const { output } = await resume(today.graph, { from: store, runId: "r", ...options });
    expect(output).toEqual([{ new: "left", slow: "right" }, "left"]);
  });
});
