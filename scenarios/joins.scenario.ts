import { ExecutionContext, MemoryCheckpointStore, parallel, type TaskContext, TaskGraph, task, workflow } from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { failureOf, onClock } from "./support/tools.js";

const source = task("source", (_: TaskContext, n: number) => n);
const left = task("left", (_: TaskContext, n: number) => n + 1);
const right = task("right", (_: TaskContext, n: number) => n * 10);

function diamond(sinkInputs: unknown[], join: "all" | "any" = "all") {
  const sink = task("sink", { join }, (_: TaskContext, input: unknown) => {
    sinkInputs.push(input);
    return input;
  });
  const graph = new TaskGraph("diamond").add(source).add(left).add(right).add(sink);
  return graph.edge(source, left).edge(source, right).edge(left, sink).edge(right, sink);
}

describe("a join", () => {
  it("runs the sink of a diamond once, with all outputs by name", async () => {
    const inputs: unknown[] = [];
    expect(await ExecutionContext.create(diamond(inputs)).run(4)).toMatchObject({ output: { left: 5, right: 40 }, steps: 4 });
    expect(inputs).toEqual([{ left: 5, right: 40 }]);
  });

  it("gives the outputs in the order of its edges, whichever comes first", async () => {
    const clock = simulatedClock();
    const slow = task("slow", async (ctx: TaskContext, n: number) => {
      await ctx.sleep(50);
      return n;
    });
    const sink = task("sink", (_: TaskContext, input: object) => Object.keys(input));
    const graph = new TaskGraph("g").add(source).add(slow).add(right).add(sink);
    graph.edge(source, slow).edge(source, right).edge(slow, sink).edge(right, sink);
    expect((await onClock(clock, ExecutionContext.create(graph, { clock }).run(1))).output).toEqual(["slow", "right"]);
  });

  it("any runs on every token, with the output of one predecessor each", async () => {
    const inputs: unknown[] = [];
    expect(await ExecutionContext.create(diamond(inputs, "any")).run(4)).toMatchObject({ steps: 5 });
    expect(inputs).toEqual([5, 40]);
  });

  it("of many predecessors waits for the last of them", async () => {
    const graph = new TaskGraph("wide").add(source);
    const sink = task("sink", (_: TaskContext, input: Record<string, number>) => Object.values(input).reduce((a, b) => a + b));
    graph.add(sink);
    for (let n = 0; n < 50; n++) {
      const part = task(`part-${n}`, () => n);
      graph.add(part).edge(source, part).edge(part, sink);
    }
    expect(await ExecutionContext.create(graph).run(0)).toMatchObject({ output: 1_225, steps: 52 });
  });

  it("may stand behind another join, and behind a group", async () => {
    const group = parallel([task("g1", (_: TaskContext, n: number) => n), task("g2", (_: TaskContext, n: number) => -n)], {
      name: "group",
    });
    const sink = task("sink", (_: TaskContext, input: unknown) => input);
    const graph = new TaskGraph("g").add(source).add(group).add(left).add(sink);
    graph.edge(source, group).edge(source, left).edge(group, sink).edge(left, sink);
    expect(await ExecutionContext.create(graph).run(3)).toMatchObject({ output: { group: { g1: 3, g2: -3 }, left: 4 } });
  });

  it("is not hung by a branch that a goto left: it runs with what it has", async () => {
    const inputs: unknown[] = [];
    const leaves = task("leaves", (ctx: TaskContext, n: number) => {
      ctx.goto(aside, n);
      return n;
    });
    const aside = task("aside", (_: TaskContext, n: number) => n);
    const sink = task("sink", (_: TaskContext, input: unknown) => void inputs.push(input));
    const graph = new TaskGraph("g", { jumpTargets: true }).add(task("begin", { start: true }, (_: TaskContext, n: number) => n));
    graph.add(leaves).add(right).add(sink).add(aside);
    graph.edge("begin", leaves).edge("begin", right).edge(leaves, sink).edge(right, sink);
    const context = ExecutionContext.create(graph);
    await context.run(2);
    expect(inputs).toEqual([{ right: 20 }]);
    expect(new Set(context.completedTasks)).toEqual(new Set(["begin", "leaves", "aside", "right", "sink"]));
  });

  it("waits while a branch may still come, however long that takes: retries and jumps back included", async () => {
    const clock = simulatedClock();
    const inputs: unknown[] = [];
    const slow = task("slow", { retry: { maxRetries: 2, initialWait: "1h", jitter: 0 } }, (ctx: TaskContext, n: number) => {
      if (ctx.attempt < 3) throw new Error("not yet");
      if (ctx.cycle < 3) ctx.nextIteration(n + 1);
      return n;
    });
    const sink = task("sink", (_: TaskContext, input: unknown) => void inputs.push(input));
    const graph = new TaskGraph("g").add(source).add(slow).add(right).add(sink);
    graph.edge(source, slow).edge(source, right).edge(slow, sink).edge(right, sink);
    await onClock(clock, ExecutionContext.create(graph, { clock }).run(1));
    expect(inputs).toEqual([{ slow: 3, right: 10 }]);
  });

  it("never waits for a back edge: a loop over it begins without", async () => {
    const seen: unknown[] = [];
    const head = task("head", (_: TaskContext, n: number) => {
      seen.push(n);
      return n + 1;
    });
    const tail = task("tail", (ctx: TaskContext, n: number) => {
      if (n >= 4) ctx.terminate("far enough");
      return n;
    });
    const graph = new TaskGraph("g")
      .add(task("begin", { start: true }, (_: TaskContext, n: number) => n))
      .add(head)
      .add(tail);
    graph.edge("begin", head).edge(head, tail).edge(tail, head);
    expect(await ExecutionContext.create(graph).run(1)).toMatchObject({ output: 4, message: "far enough" });
    expect(seen).toEqual([1, 2, 3]);
  });

  it("with a back edge as well waits for its forward edges only: what comes back runs it at once, alone", async () => {
    const inputs: unknown[] = [];
    const head = task("head", (_: TaskContext, input: unknown) => {
      inputs.push(input);
      return inputs.length;
    });
    const tail = task("tail", (ctx: TaskContext, n: number) => {
      if (n === 3) ctx.terminate();
      return n;
    });
    const graph = new TaskGraph("g").add(task("begin", { start: true }, (_: TaskContext, n: number) => n));
    graph.add(left).add(right).add(head).add(tail);
    graph.edge("begin", left).edge("begin", right).edge(left, head).edge(right, head).edge(head, tail).edge(tail, head);
    await ExecutionContext.create(graph).run(1);
    expect(inputs).toEqual([{ left: 2, right: 10 }, 1, 2]);
  });

  it("in a loop runs once in each pass, with the outputs of that pass", async () => {
    const inputs: unknown[] = [];
    const sink = task("sink", (ctx: TaskContext, input: { readonly left: number; readonly right: number }) => {
      inputs.push({ ...input });
      if (ctx.cycle < 3) ctx.goto(source, input.left);
      return input.right;
    });
    const graph = new TaskGraph("g").add(source).add(left).add(right).add(sink);
    graph.edge(source, left).edge(source, right).edge(left, sink).edge(right, sink);
    expect(await ExecutionContext.create(graph).run(1)).toMatchObject({ output: 30, steps: 12 });
    expect(inputs).toEqual([
      { left: 2, right: 10 },
      { left: 3, right: 20 },
      { left: 4, right: 30 },
    ]);
  });

  it("half full is saved, and filled after a resume", async () => {
    const store = new MemoryCheckpointStore();
    const inputs: unknown[] = [];
    let broken = true;
    const fragile = task("fragile", (_: TaskContext, n: number) => {
      if (broken) throw new Error("broken");
      return -n;
    });
    const runs: string[] = [];
    const counted = task("counted", (_: TaskContext, n: number) => {
      runs.push("counted");
      return n;
    });
    const sink = task("sink", (_: TaskContext, input: unknown) => void inputs.push(input));
    const graph = new TaskGraph("g").add(source).add(counted).add(fragile).add(sink);
    graph.edge(source, counted).edge(source, fragile).edge(counted, sink).edge(fragile, sink);
    const w = workflow("w", graph);
    await failureOf(w.run(7, { runId: "r", checkpoints: store }));
    expect(inputs).toEqual([]);
    broken = false;
    await w.resume({ from: store, runId: "r" });
    expect([inputs, runs]).toEqual([[{ counted: 7, fragile: -7 }], ["counted"]]);
  });

  it("gives all of several ends of a graph, by name", async () => {
    const graph = new TaskGraph("g").add(source).add(left).add(right).edge(source, left).edge(source, right);
    expect((await ExecutionContext.create(graph).run(1)).output).toEqual({ left: 2, right: 10 });
  });
});
