import {
  chain,
  each,
  MemoryCheckpointStore,
  parallel,
  type TaskContext,
  TaskGraph,
  task,
  type Workflow,
  type WorkflowOptions,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { failureOf, outputOf } from "./support/tools.js";

/** Saves a run under the old code, in which something fails, and ends it under the new code. */
async function carriedOver(before: (broken: () => void) => Workflow<unknown, unknown>, after: Workflow<unknown, unknown>, input: unknown) {
  const store = new MemoryCheckpointStore();
  const broken = (): void => {
    throw new Error("broken under the old code");
  };
  await failureOf(before(broken).run(input, { runId: "r", checkpoints: store }));
  return outputOf(after.resume({ from: store, runId: "r" }));
}
/** A workflow whose types have been worn off: old and new code do not fit each other. */
const make = (flow: unknown, options: WorkflowOptions = {}): Workflow<unknown, unknown> => workflow("w", flow as TaskGraph, options);

const begin = task("begin", (_: TaskContext, n: number) => n + 1);

describe("a run saved under old names", () => {
  it("goes on after its failed task was renamed", async () => {
    const old = (broken: () => void) =>
      make(
        chain(
          begin,
          task("work", () => broken()),
        ),
      );
    const renamed = task("toil", { formerly: "work" }, (_: TaskContext, n: number) => `toiled on ${n}`);
    expect(await carriedOver(old, make(chain(begin, renamed)), 1)).toBe("toiled on 2");
  });

  it("goes on after a completed task was renamed, and finds its result under the new name", async () => {
    const old = (broken: () => void) =>
      make(
        chain(
          begin,
          task("work", () => broken()),
        ),
      );
    const start = task("start", { formerly: ["w#begin"] }, (): number => {
      throw new Error("must not run again");
    });
    const work = task("work", async (ctx: TaskContext, n: number) => [n, await ctx.result(start)]);
    expect(await carriedOver(old, make(chain(start, work)), 1)).toEqual([2, 2]);
  });

  it("goes on after members of a group and a join were renamed", async () => {
    const quick = task("quick", (_: TaskContext, n: number) => n);
    const old = (broken: () => void) => make(chain(begin, parallel([quick, task("slow", () => broken())], { name: "both" })));
    const fast = task("fast", { formerly: ["quick"] }, (): number => {
      throw new Error("must not run again");
    });
    const lazy = task("lazy", { formerly: ["slow"] }, (_: TaskContext, n: number) => -n);
    expect(await carriedOver(old, make(chain(begin, parallel([fast, lazy], { name: "both" }))), 1)).toEqual({ fast: 2, lazy: -2 });
  });

  it("goes on after the branch of an unnamed group was renamed, which renames the group", async () => {
    const old = (broken: () => void) => make(each(task("item", (_: TaskContext, n: number) => (n === 2 ? broken() : n))));
    const now = task("element", { formerly: ["item"] }, (_: TaskContext, n: number) => n * 10);
    expect(await carriedOver(old, make(each(now)), [1, 2, 3])).toEqual([1, 20, 3]);
  });

  it("goes on after the inputs of a half full join were renamed", async () => {
    const graphOf = (names: readonly [string, string], formerly: readonly [string[], string[]], second: () => unknown) => {
      const one = task(names[0], { formerly: formerly[0] }, () => "one");
      const two = task(names[1], { formerly: formerly[1] }, () => second());
      const sink = task("sink", (_: TaskContext, input: unknown) => input);
      const graph = new TaskGraph("w").add(begin).add(one).add(two).add(sink);
      return make(graph.edge(begin, one).edge(begin, two).edge(one, sink).edge(two, sink));
    };
    const old = (broken: () => void) => graphOf(["a", "b"], [[], []], broken);
    expect(
      await carriedOver(
        old,
        graphOf(["c", "d"], [["a"], ["b"]], () => "two"),
        1,
      ),
    ).toEqual({ c: "one", d: "two" });
  });

  it("goes on after a dynamic task was renamed", async () => {
    const old = (broken: () => void) => {
      const extra = task("extra", () => broken());
      return make(
        task("asks", (ctx: TaskContext) => ctx.nextTask(extra, { id: "extra-1", input: 7 })),
        { tasks: [extra] },
      );
    };
    const seen: unknown[] = [];
    const more = task("more", { formerly: ["extra"] }, (ctx: TaskContext, n: number) => void seen.push([ctx.taskId, n]));
    const asks = task("asks", (ctx: TaskContext) => ctx.nextTask(more));
    await carriedOver(old, make(asks, { tasks: [more] }), undefined);
    expect(seen).toEqual([["extra-1", 7]]);
  });

  it("goes on after a task has moved from one module to another", async () => {
    const old = (broken: () => void) =>
      make(
        chain(
          begin,
          task("work", { module: "old/jobs" }, () => broken()),
        ),
      );
    const moved = task("work", { module: "new/jobs", formerly: ["old/jobs#work"] }, (_: TaskContext, n: number) => `moved ${n}`);
    expect(await carriedOver(old, make(chain(begin, moved)), 1)).toBe("moved 2");
  });

  it("goes on after it was renamed twice", async () => {
    const old = (broken: () => void) =>
      make(
        chain(
          begin,
          task("first", () => broken()),
        ),
      );
    const third = task("third", { formerly: ["second", "first"] }, (_: TaskContext, n: number) => n);
    expect(await carriedOver(old, make(chain(begin, third)), 1)).toBe(2);
  });

  it("keeps counting the passes of a loop that was renamed", async () => {
    const store = new MemoryCheckpointStore();
    const loop = (name: string, formerly: string[], limit: number) =>
      make(
        task(name, { formerly, maxCycles: limit }, (ctx: TaskContext, n: number) => {
          if (n < 6) ctx.nextIteration(n + 1);
          return [n, ctx.cycle];
        }),
      );
    await failureOf(loop("loop", [], 4).run(1, { runId: "r", checkpoints: store }));
    expect(await outputOf(loop("circle", ["loop"], 6).resume({ from: store, runId: "r" }))).toEqual([6, 6]);
  });
});
