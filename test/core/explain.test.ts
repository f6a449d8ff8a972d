import {
  atLeast,
  bestEffort,
  type CheckpointView,
  chain,
  ExecutionContext,
  type ExecutionOptions,
  type ExplainedTask,
  each,
  explain,
  InvalidOptionError,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  type Runnable,
  run,
  type TaskContext,
  TaskGraph,
  task,
  workflow,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

const START = Date.UTC(2026, 0, 1);
const pass = (name: string) => task(name, (_: TaskContext, input: unknown) => input);
const failing = (name: string) =>
  task(name, (): unknown => {
    throw Object.assign(new TypeError("no such thing"), { code: "E_NONE" });
  });

/** The newest checkpoint of a run, once so many steps have been made. */
async function viewAfter(target: Runnable, steps: number, options: ExecutionOptions = {}, input?: unknown): Promise<CheckpointView> {
  const store = new MemoryCheckpointStore();
  const clock = simulatedClock();
  const context = ExecutionContext.create(target, { checkpoints: store, runId: "r", clock, ...options });
  for (let made = 0; made < steps; made++) await context.step(made === 0 ? input : undefined);
  await context.checkpoint();
  await context[Symbol.asyncDispose]();
  return newest(store);
}

/** The checkpoint that a run leaves that fails. */
async function viewOfFailed(target: Runnable, input?: unknown): Promise<CheckpointView> {
  const store = new MemoryCheckpointStore();
  await run(target, input, { checkpoints: store, runId: "r" }).catch(() => {});
  return newest(store);
}

const newest = async (store: MemoryCheckpointStore): Promise<CheckpointView> =>
  (await openCheckpointStore(store).latest("r")) as CheckpointView;

const taskOf = (view: CheckpointView, taskId: string, now?: number): ExplainedTask | undefined =>
  explain(view, now === undefined ? {} : { now }).tasks.find((task) => task.taskId === taskId);

describe("explain", () => {
  it("says which edge a task came by, and that it is ready", async () => {
    const view = await viewAfter(workflow("w", chain(pass("load"), pass("train"))), 1);
    expect(taskOf(view, "train")).toMatchObject({
      status: "pending",
      queuedBy: { kind: "edge", from: "load", cycle: 1, back: false },
      cycle: 1,
      maxCycles: 100,
      attempt: 1,
      maxRetries: 0,
      lastError: null,
      waitsFor: { kind: "turn" },
    });
  });

  it("says that the start was queued by the start of the run", async () => {
    const stop = task("stop", { retry: 2 }, (): void => {
      throw new Error("not now");
    });
    expect(taskOf(await viewOfFailed(workflow("w", stop)), "stop")).toMatchObject({ queuedBy: { kind: "start" }, status: "failed" });
  });

  it("tells iterations, jumps, calls and back edges from each other", async () => {
    const extra = pass("extra");
    const last = pass("last");
    const loop = task("loop", { maxCycles: 7 }, (ctx: TaskContext) => {
      if (ctx.cycle === 1) ctx.nextIteration();
      if (ctx.cycle === 2) {
        ctx.nextTask(extra);
        ctx.nextTask(last, { goto: false });
        ctx.goto(last);
      }
    });
    const flow = workflow("w", chain(loop, last), { tasks: [extra] });
    expect(taskOf(await viewAfter(flow, 1), "loop")).toMatchObject({
      queuedBy: { kind: "iteration", from: "loop", cycle: 1 },
      cycle: 2,
      maxCycles: 7,
    });
    const view = await viewAfter(flow, 2);
    expect(explain(view).tasks.map(({ taskId, queuedBy, maxCycles }) => [taskId, queuedBy, maxCycles])).toEqual([
      ["extra", { kind: "nextTask", from: "loop", cycle: 2 }, null],
      ["last", { kind: "nextTask", from: "loop", cycle: 2 }, 100],
      ["last", { kind: "goto", from: "loop", cycle: 2 }, 100],
    ]);
    const [a, b] = [pass("a"), pass("b")];
    const ring = new TaskGraph("ring").add(a).add(b).edge(a, b).edge(b, a);
    expect(taskOf(await viewAfter(ring, 2, { start: "a" }), "a")).toMatchObject({
      queuedBy: { kind: "edge", from: "b", back: true },
      cycle: 2,
    });
  });

  it("says that an iteration of a dynamic task was asked for by itself", async () => {
    const again = task("again", (ctx: TaskContext) => ctx.nextIteration());
    const first = task("first", (ctx: TaskContext) => ctx.nextTask(again, { id: "mine" }));
    const flow = workflow("w", first, { tasks: [again] });
    expect(taskOf(await viewAfter(flow, 1), "mine")).toMatchObject({ queuedBy: { kind: "nextTask", from: "first", cycle: 1 } });
    expect(taskOf(await viewAfter(flow, 2), "mine")).toMatchObject({ queuedBy: { kind: "iteration", from: "mine", cycle: 1 } });
  });

  it("says which inputs a join has, and who owes it the others", async () => {
    const slow = task("slow", { retry: { maxRetries: 1, initialWait: "1h", jitter: 0 } }, (): void => {
      throw new Error("busy");
    });
    const [begin, left, sink] = [pass("begin"), pass("left"), pass("sink")];
    const graph = new TaskGraph("join").add(begin).add(left).add(slow).add(sink);
    graph.edge(begin, slow).edge(begin, left).edge(left, sink).edge(slow, sink);
    const explanation = explain(await viewAfter(graph, 2));
    expect(explanation.joins).toEqual([{ task: "sink", within: [], present: ["left"], missing: [{ from: "slow", standing: "waiting" }] }]);
    expect(explanation.tasks).toMatchObject([
      { taskId: "slow", status: "waiting", attempt: 2, failures: 1, maxRetries: 1, waitsFor: { kind: "retry", at: START + 3_600_000 } },
    ]);
    expect(String(explanation)).toContain('join at "sink": has "left", waits for "slow" (waiting)');
  });

  it("says what completed a join, or that nothing more could", async () => {
    const [begin, left, right, sink] = [pass("begin"), pass("left"), pass("right"), pass("sink")];
    const graph = new TaskGraph("join").add(begin).add(left).add(right).add(sink);
    graph.edge(begin, left).edge(begin, right).edge(left, sink).edge(right, sink);
    const last = { from: "right", cycle: 1 };
    expect(taskOf(await viewAfter(graph, 3), "sink")?.queuedBy).toEqual({ kind: "join", last, present: ["left", "right"], missing: [] });

    const astray = task("right", (ctx: TaskContext) => ctx.nextTask(pass2, { goto: true }));
    const pass2 = pass("aside");
    const partial = new TaskGraph("partial").add(begin).add(left).add(astray).add(sink);
    partial.edge(begin, left).edge(begin, astray).edge(left, sink).edge(astray, sink);
    const view = await viewAfter(workflow("partial", partial, { tasks: [pass2] }), 4);
    expect(taskOf(view, "sink")?.queuedBy).toEqual({ kind: "join", last: null, present: ["left"], missing: ["right"] });
  });

  it("says when a retry is due from a given time, and that it is ready afterwards", async () => {
    const flaky = task("flaky", { retry: { maxRetries: 3, initialWait: "30s", jitter: 0 } }, (): void => {
      throw Object.assign(new RangeError("busy"), { code: "BUSY" });
    });
    const store = new MemoryCheckpointStore();
    const clock = simulatedClock();
    const context = ExecutionContext.create(workflow("w", parallel([flaky, pass("other")])), { checkpoints: store, runId: "r", clock });
    await context.step();
    await context.checkpoint();
    const view = await newest(store);
    await context[Symbol.asyncDispose]();
    const waiting = taskOf(view, "flaky", START + 10_000);
    expect(waiting).toMatchObject({ status: "waiting", waitsFor: { kind: "retry", at: START + 30_000, inMs: 20_000 } });
    expect(waiting?.lastError).toEqual({ name: "RangeError", message: "busy", code: "BUSY" });
    expect(taskOf(view, "flaky", START + 40_000)).toMatchObject({ status: "pending", waitsFor: { kind: "turn" } });
  });

  it("places members of nested groups, and tells what a group still lacks", async () => {
    const list = task("list", (_: TaskContext, items: readonly string[]): readonly unknown[] => items);
    const flow = chain(list, each(parallel([pass("left"), pass("right")]), { name: "items", concurrency: 2 }));
    const explanation = explain(await viewAfter(workflow("w", flow), 1, {}, ["a", "b", "c"]));
    const outer = { group: "items", cycle: 1, number: 2, total: 3, branch: null };
    const inner = { group: "parallel-left", cycle: 1, number: 2, total: 2, branch: "right" };
    expect(explanation.tasks).toHaveLength(4);
    expect(explanation.tasks[3]).toMatchObject({
      taskId: "right",
      within: [outer, inner],
      queuedBy: {
        kind: "member",
        place: inner,
        groupQueuedBy: { kind: "member", place: outer, groupQueuedBy: { kind: "edge", from: "list", cycle: 1, back: false } },
      },
    });
    expect(explanation.groups[0]).toMatchObject({ group: "items", concurrency: 2, total: 3, ended: 0, underWay: [1, 2], notStarted: 1 });
    expect(String(explanation)).toContain('in member 2 of 3 of "items" in member 2 of 2 ("right") of "parallel-left"');
  });

  it("says that a failed member waits for its siblings", async () => {
    const flow = parallel([failing("bad"), pass("good"), pass("fine")], { name: "g", policy: bestEffort });
    expect(taskOf(await viewAfter(workflow("w", flow), 1), "bad")).toMatchObject({
      status: "failed",
      waitsFor: { kind: "siblings", group: "g", underWay: 1, notStarted: 0 },
      lastError: { name: "TaskFailedError", code: "TASK_FAILED" },
    });
  });

  it("says that a task waits for a place while others run", async () => {
    const store = new MemoryCheckpointStore();
    const hold = task("hold", (ctx: TaskContext) => ctx.sleep("1h"));
    const clock = simulatedClock();
    const options = { checkpoints: store, runId: "r", clock, concurrency: 1 };
    const context = ExecutionContext.create(workflow("w", parallel([hold, pass("third")])), options);
    const running = context.run();
    await clock.advance(1);
    await context.checkpoint();
    expect(explain(await newest(store)).tasks.map(({ taskId, status, waitsFor }) => [taskId, status, waitsFor])).toEqual([
      ["hold", "running", { kind: "end" }],
      ["third", "pending", { kind: "place", running: 1, concurrency: 1 }],
    ]);
    await clock.runUntilIdle();
    await running;
  });

  it("says how a run ended, and by what", async () => {
    const failed = explain(await viewOfFailed(workflow("w", chain(pass("a"), failing("b")))));
    expect(failed.ended).toMatchObject({ kind: "failed", by: [{ taskId: "b", cycle: 1 }], error: { code: "TASK_FAILED" } });
    expect(failed.tasks).toMatchObject([{ taskId: "b", waitsFor: { kind: "resume" }, queuedBy: { kind: "edge", from: "a" } }]);

    const cancels = task("c", (ctx: TaskContext) => ctx.cancel("enough"));
    expect(explain(await viewOfFailed(workflow("w", cancels))).ended).toMatchObject({
      kind: "cancelled",
      error: { code: "RUN_CANCELLED" },
    });

    const group = explain(await viewOfFailed(workflow("w", parallel([failing("x"), pass("y")], { name: "g", policy: atLeast(2) }))));
    expect(group.ended).toMatchObject({ kind: "failed", by: [{ taskId: "x" }], error: { code: "GROUP_FAILED" } });
    expect(group.groups).toMatchObject([{ group: "g", status: "failed", failures: 1, total: 2, policy: "atLeast(2)" }]);

    const saves = task("end", (ctx: TaskContext) => {
      ctx.checkpoint();
      ctx.terminate("seen enough");
    });
    const ended = explain(await viewOfFailed(workflow("w", saves)));
    expect(ended.ended).toEqual({ kind: "terminated", message: "seen enough" });
    expect(String(ended)).toBe('run "r" of "w": terminated after 1 step; a task ended it: "seen enough"\n');
  });

  it("explains a run as its journal has it, under durability step", async () => {
    const store = new MemoryCheckpointStore();
    const jump = task("jump", (ctx: TaskContext, n: number) => (n > 0 ? ctx.goto(middle, n) : undefined));
    const middle: ReturnType<typeof pass> = pass("middle");
    const flow = workflow(
      "w",
      new TaskGraph("w", { jumpTargets: true })
        .add(task("begin", { start: true, next: "jump" }, (_: TaskContext, n: number) => n))
        .add(jump)
        .add(middle),
    );
    const context = ExecutionContext.create(flow, { checkpoints: store, runId: "r", durability: "step" });
    await context.step(1);
    await context.step();
    expect((await store.list("r")).length).toBe(1);
    const view = await newest(store);
    expect(taskOf(view, "middle")).toMatchObject({ queuedBy: { kind: "goto", from: "jump", cycle: 1 } });
    await context[Symbol.asyncDispose]();
  });

  it("says what is not recorded of a checkpoint whose version did not write it down", async () => {
    const view = await viewAfter(workflow("w", chain(pass("load"), pass("train"))), 1);
    const tasks = new Map([...view.details.tasks].map(([id, details]) => [id, { ...details, origin: null, isStart: false }]));
    const older = { ...view, details: { ...view.details, tasks } };
    expect(taskOf(older, "train")?.queuedBy).toEqual({ kind: "unrecorded", edgesFrom: ["load"] });
    expect(String(explain(older))).toContain('queued by what is not recorded; edges lead to it from "load"');
  });

  it("escapes what names and messages must not do to a terminal", async () => {
    const bad = task("bad", (): void => {
      throw Object.assign(new Error("\u001b[2J\nrun \u202eended"), { name: "\u001b]0;x\u0007", code: "\u001b[31m" });
    });
    const text = String(explain(await viewOfFailed(workflow("w", bad))));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.split("\n")).toHaveLength(6);
  });

  it.each([null, undefined, 1, "r", {}, { details: null }])("refuses %j for a checkpoint", (value) => {
    expect(() => explain(value as never)).toThrow(InvalidOptionError);
  });

  it.each([null, 1, { at: 1 }, { now: "today" }, { now: Number.NaN }])("refuses the options %j", async (options) => {
    const view = await viewAfter(workflow("w", chain(pass("a"), pass("b"))), 1);
    expect(() => explain(view, options as never)).toThrow(InvalidOptionError);
  });
});
