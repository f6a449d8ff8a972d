import {
  bestEffort,
  chain,
  ExecutionContext,
  InvalidOptionError,
  MemoryCheckpointStore,
  parallel,
  resume,
  run,
  type TaskContext,
  TaskGraph,
  task,
  workflow,
} from "cairnflow";
import { CoverageError, coverageOf, simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

const pass = (name: string) => task(name, (_: TaskContext, input: unknown) => input);
const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {});

/** Fails when its input says so, with the message that it has. */
const shaky = task("shaky", { retry: 1 }, (ctx: TaskContext, input: string): string => {
  if (input === "once" && ctx.attempt === 1) throw new Error("once");
  if (input === "always") throw new Error("always");
  return input;
});

describe("coverage", () => {
  it("counts over any number of runs", async () => {
    const flow = workflow("w", chain(shaky, parallel([pass("a"), pass("b")], { name: "p" }), pass("end")));
    const coverage = coverageOf(flow);
    await quietly(run(flow, "always", { events: coverage.listeners }));
    expect(coverage.report()).toMatchObject({
      workflow: "w",
      runs: 1,
      parts: { tasks: { seen: 1, total: 4, ratio: 0.25 }, edges: { seen: 0, total: 2 }, retries: { seen: 1, total: 2 } },
    });
    await run(flow, "once", { events: coverage.listeners });
    const report = coverage.report();
    expect(report).toMatchObject({
      runs: 2,
      parts: { tasks: { ratio: 1 }, edges: { ratio: 1 }, retries: { ratio: 1 }, groups: { seen: 1 } },
    });
    expect(report.missing).toEqual(["groups: p failed"]);
  });

  it("tells the ends of groups apart, and the edges that a jump leaves out", async () => {
    const [good, end, aside] = [pass("good"), pass("end"), pass("aside")];
    const bad = task("bad", (_: TaskContext, input: unknown): unknown => {
      if (input === "bad") throw new Error("bad");
      return input;
    });
    const choose = task("choose", (ctx: TaskContext, input: unknown) => {
      if (input === "aside") ctx.goto(aside);
      return input;
    });
    const group = parallel([good, bad], { policy: bestEffort, name: "p" });
    const flow = workflow("w", new TaskGraph("g").add(chain(choose, group, end)).add(chain(end, aside)));
    const coverage = coverageOf(flow, { gotos: { choose: ["aside"] } });
    const runs = (input: string) => run(flow, input, { events: coverage.listeners });
    await runs("aside");
    expect(coverage.report().missing).toEqual([
      ...["tasks: good", "tasks: bad", "tasks: end"],
      ...["edges: choose -> p", "edges: p -> end", "edges: end -> aside"],
      ...["groups: p all members succeeded", "groups: p succeeded with failed members"],
    ]);
    await runs("bad");
    expect(coverage.report().missing).toEqual(["groups: p all members succeeded"]);
    await runs("good");
    expect(coverage.report().missing).toEqual([]);
  });

  it("sees back edges, iterations, time-outs and checkpoints", async () => {
    const slow = task("slow", { timeout: "1s", checkpoint: "after", maxCycles: 3 }, async (ctx: TaskContext, input: string) => {
      if (input === "slow") await ctx.sleep("1h");
      if (ctx.cycle === 1) ctx.nextIteration(input);
      return input;
    });
    const again = task("again", async (ctx: TaskContext, input: unknown) => {
      if (ctx.cycle === 1) return input;
      await ctx.sleep("1m");
      ctx.terminate();
      return input;
    });
    const graph = new TaskGraph("g")
      .add(slow)
      .add(chain(pass("begin"), again))
      .edge(again, "begin")
      .edge("begin", slow);
    const flow = workflow("w", graph);
    const coverage = coverageOf(flow);
    expect(coverage.report().parts).toMatchObject({ cycles: { total: 2 }, timeouts: { total: 1 }, checkpoints: { total: 1 } });
    const clock = simulatedClock();
    const options = () => ({ start: "begin", clock, events: coverage.listeners, checkpoints: new MemoryCheckpointStore() });
    for (const input of ["fast", "slow"]) {
      const running = quietly(run(flow, input, options()));
      await clock.runUntilIdle();
      await running;
    }
    expect(coverage.report().missing).toEqual([]);
  });

  it("counts one checkpoint for all the tasks that share it", async () => {
    const [a, b] = [task("a", { critical: true }, () => 1), task("b", { checkpoint: "after" }, () => 2)];
    const flow = workflow("w", parallel([a, b]));
    const coverage = coverageOf(flow);
    let taken = 0;
    const events = { ...coverage.listeners, checkpointRequested: () => void taken++ };
    await run(flow, undefined, { events, checkpoints: new MemoryCheckpointStore() });
    expect(taken).toBe(1);
    expect(coverage.report().parts.checkpoints).toMatchObject({ seen: 2, total: 2 });
  });

  it("does not take the attempt of a resume for a retry", async () => {
    const store = new MemoryCheckpointStore();
    let broken = true;
    const once = task("once", { retry: { maxRetries: 1, never: () => true } }, () => {
      if (broken) throw new Error("broken");
    });
    const flow = workflow("w", once);
    const coverage = coverageOf(flow);
    await quietly(run(flow, undefined, { checkpoints: store, runId: "r", events: coverage.listeners }));
    broken = false;
    await resume(flow, { from: store, runId: "r", events: coverage.listeners });
    expect(coverage.report()).toMatchObject({ runs: 2, missing: ["retries: once recovered", "retries: once used up"] });
  });

  it("watches a run that has listeners of its own, until told to end that", async () => {
    const flow = workflow("w", chain(pass("a"), pass("b")));
    const heard: string[] = [];
    const coverage = coverageOf(flow);
    const context = ExecutionContext.create(flow, { events: { taskStarted: ({ taskId }) => void heard.push(taskId) } });
    const end = coverage.watch(context);
    await context.step(1);
    end();
    await context.run();
    expect(heard).toEqual(["a", "b"]);
    expect(coverage.report().missing).toEqual(["tasks: b"]);
  });

  it("is asserted by share, and names what was never seen", async () => {
    const flow = workflow("w", chain(pass("a"), pass("b"), pass("c")));
    const coverage = coverageOf(flow);
    const context = ExecutionContext.create(flow, { events: coverage.listeners });
    await context.step(1);
    coverage.assert({ tasks: 0.3, edges: 0.5, groups: 1 });
    expect(() => coverage.assert({ tasks: 0.9, edges: 1 })).toThrow(
      "runs of w cover too little: found tasks 33.3 % (expected 90 %), edges 50 % (expected 100 %); never seen: tasks: b; tasks: c; edges: b -> c; " +
        "add runs that do this, or lower the minimum.",
    );
    try {
      coverage.assert({ edges: 1 });
    } catch (error) {
      expect(error).toBeInstanceOf(CoverageError);
      expect(error).toMatchObject({ code: "COVERAGE", missing: ["edges: b -> c"] });
    }
    expect.assertions(3);
  });

  it("is told as a table", async () => {
    const flow = workflow("w", chain(pass("a"), pass("b")));
    const coverage = coverageOf(flow);
    const text = String(coverage.report());
    expect(text).toBe(coverage.report().toText());
    expect(text.split("\n")).toEqual([
      "coverage of w by 0 runs",
      "  tasks        0/2     0 %",
      "  edges        0/1     0 %",
      "  jumps        0/0   100 %",
      "  groups       0/0   100 %",
      "  cycles       0/0   100 %",
      "  retries      0/0   100 %",
      "  timeouts     0/0   100 %",
      "  checkpoints  0/0   100 %",
      "never seen:",
      "  tasks: a",
      "  tasks: b",
      "  edges: a -> b",
      "",
    ]);
  });

  it("does not let a hostile name of a run's task into what it tells", async () => {
    const coverage = coverageOf(workflow("w", pass("a")));
    void coverage.listeners.taskStarted?.({ runId: "r", taskId: "\u001b[2J", specId: "s1", cycle: 1, attempt: 1 });
    expect(String(coverage.report())).not.toContain("\u001b");
  });

  it.each([[null], [{ gotos: { nowhere: [] } }], [{ iterates: ["nowhere"] }], [{ jumps: {} }]])("refuses the options %j", (options) => {
    expect(() => coverageOf(workflow("w", pass("a")), options as never)).toThrow(InvalidOptionError);
  });

  it.each([[null], [{ tasks: 2 }], [{ tasks: -1 }], [{ tasks: "1" }], [{ tasks: Number.NaN }], [{ lines: 1 }]])(
    "refuses the minimum %j",
    (minimum) => {
      expect(() => coverageOf(workflow("w", pass("a"))).assert(minimum as never)).toThrow(InvalidOptionError);
    },
  );
});
