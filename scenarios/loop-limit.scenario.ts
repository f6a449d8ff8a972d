import {
  CycleLimitError,
  chain,
  ExecutionContext,
  each,
  MemoryCheckpointStore,
  openCheckpointStore,
  StepLimitError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { failureOf } from "./support/tools.js";

interface Fit {
  best: number;
  history: number[];
}

/** A loop whose every pass depends on chance and on all passes before it. */
function search(passes: number, maxCycles?: number) {
  const improve = task("improve", maxCycles === undefined ? {} : { maxCycles }, async (ctx: TaskContext<Fit>, from: number) => {
    const guess = from + ctx.random();
    await ctx.channel.append("history", guess);
    await ctx.channel.update("best", (best = 0) => Math.max(best, guess));
    if (ctx.cycle < passes) ctx.nextIteration(guess);
    return guess;
  });
  const finish = task("finish", async (ctx: TaskContext<Fit>, found: number) => ({ found, best: await ctx.channel.get("best") }));
  return workflow("search", chain(improve, finish));
}

describe("a loop and its limit", () => {
  it("runs its successors once, after the last pass, with its output", async () => {
    const finished: number[] = [];
    const context = ExecutionContext.create(search(20), {
      runId: "r",
      events: { taskCompleted: ({ taskId, cycle }) => void (taskId === "finish" && finished.push(cycle)) },
    });
    const { output, steps } = await context.run(0);
    const history = (await context.channel.get("history")) as number[];
    expect([steps, history.length, finished]).toEqual([21, 20, [1]]);
    expect(output).toEqual({ found: history.at(-1), best: history.at(-1) });
  });

  it("ends with CycleLimitError when it would start once more than it may, having kept every pass", async () => {
    const store = new MemoryCheckpointStore();
    const error = await failureOf(search(20, 7).run(0, { runId: "r", seed: 7, checkpoints: store }));
    expect(error).toBeInstanceOf(CycleLimitError);
    expect(error).toMatchObject({ code: "CYCLE_LIMIT", limit: 7, taskId: "improve", runId: "r" });
    const saved = await openCheckpointStore(store).latest("r");
    expect(saved?.channel.get("history")).toHaveLength(7);
    expect(saved?.tasks).toMatchObject([{ taskId: "improve", cycle: 8, status: "pending" }]);
    expect(saved?.info).toMatchObject({ reason: "error", steps: 7 });
  });

  it("goes on from there with a higher limit, to the same end as a run that was never limited", async () => {
    const free = ExecutionContext.create(search(20), { runId: "r", seed: 7 });
    const expected = await free.run(0);
    const store = new MemoryCheckpointStore();
    await failureOf(search(20, 7).run(0, { runId: "r", seed: 7, checkpoints: store }));
    await failureOf(search(20, 13).resume({ from: store, runId: "r" }));
    const context = await ExecutionContext.resume(search(20, 20), { from: store, runId: "r" });
    const { output, steps, status } = await context.run();
    expect({ output, steps, status }).toEqual({ output: expected.output, steps: expected.steps, status: "completed" });
    expect(await context.channel.get("history")).toEqual(await free.channel.get("history"));
  });

  it("takes the limit of the run for tasks that name none: 100 unless given", async () => {
    expect(await failureOf(search(101).run(0))).toMatchObject({ limit: 100 });
    expect(await failureOf(search(20).run(0, { defaultMaxCycles: 5 }))).toMatchObject({ limit: 5 });
    expect(await search(101).run(0, { defaultMaxCycles: 101 })).toMatchObject({ steps: 102 });
  });

  it("keeps the limits of the run over a resume, unless others are given", async () => {
    const store = new MemoryCheckpointStore();
    await failureOf(search(20).run(0, { runId: "r", defaultMaxCycles: 5, checkpoints: store }));
    expect(await failureOf(search(20).resume({ from: store, runId: "r" }))).toMatchObject({ limit: 5 });
    expect(await search(20).resume({ from: store, runId: "r", defaultMaxCycles: 20 })).toMatchObject({ steps: 21 });
  });

  it("can ask before it goes on, and so end well at its limit", async () => {
    const climb = task("climb", { maxCycles: 5 }, (ctx: TaskContext, n: number) => {
      if (ctx.canIterate()) ctx.nextIteration(n + 1);
      return [n, ctx.cycle, ctx.maxCycles];
    });
    expect(await workflow("climb", climb).run(1)).toMatchObject({ output: [5, 5, 5], steps: 5 });
  });

  it("of steps ends the run with StepLimitError, and is resumed with a higher one", async () => {
    const store = new MemoryCheckpointStore();
    const error = await failureOf(search(20).run(0, { runId: "r", seed: 7, maxSteps: 9, checkpoints: store }));
    expect(error).toBeInstanceOf(StepLimitError);
    expect(error).toMatchObject({ limit: 9 });
    const expected = await search(20).run(0, { runId: "r", seed: 7 });
    expect((await search(20).resume({ from: store, runId: "r", maxSteps: 21 })).output).toEqual(expected.output);
  });

  it("counts the passes of each member of a group apart", async () => {
    const grow = task("grow", { maxCycles: 3 }, (ctx: TaskContext, n: number) => {
      if (n < 3) ctx.nextIteration(n + 1);
      return `${n} in pass ${ctx.cycle}`;
    });
    expect((await workflow("w", each(grow)).run([1, 2, 3])).output).toEqual(["3 in pass 3", "3 in pass 2", "3 in pass 1"]);
    expect(await failureOf(workflow("w", each(grow)).run([3, 0]))).toMatchObject({ name: "CycleLimitError" });
  });
});
