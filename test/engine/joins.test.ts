import { chain, each, parallel, run, type TaskContext, TaskGraph, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";

describe("joins that some inputs never reach", () => {
  it("run in the order of the graph: what one gives is there for the next", async () => {
    const runs: string[] = [];
    const step = (name: string, goes?: (ctx: TaskContext) => void) =>
      task(name, (ctx: TaskContext, input: unknown): string => {
        runs.push(`${name} ${Object.keys(Object(input)).join()}`.trim());
        goes?.(ctx);
        return "";
      });
    const away = step("away");
    const [begin, a, c] = [step("begin"), step("a"), step("c")];
    const b = step("b", (ctx) => ctx.goto(away));
    const [first, second] = [step("first"), step("second")];
    const graph = new TaskGraph("g");
    for (const node of [begin, c, a, b, second, first]) graph.add(node);
    graph.edge(begin, c).edge(begin, a).edge(begin, b);
    graph.edge(a, first).edge(b, first).edge(c, second).edge(first, second);
    graph.add(away).edge(second, away);
    await run(graph);
    expect(runs.filter((line) => /first|second/.test(line))).toEqual(["first a", "second c,first"]);
  });
});

describe("a group in a branch", () => {
  it("that has no members ends its branch", async () => {
    const list = task("list", (): number[] => []);
    const item = task("item", (_ctx: TaskContext, n: number): number => n);
    const other = task("other", (): string => "other");
    const { output, steps } = await run(workflow("w", parallel([chain(list, each(item)), other])));
    expect(output).toEqual({ "each-item": [], other: "other" });
    expect(steps).toBe(2);
  });

  it("that has no members ends its branch in a group of one", async () => {
    const list = task("list", (): number[] => []);
    const item = task("item", (_ctx: TaskContext, n: number): number => n);
    expect((await run(workflow("w", parallel([chain(list, each(item))])))).output).toEqual({ "each-item": [] });
  });
});

describe("each", () => {
  it("refuses a record from a join or a group, instead of doing nothing", async () => {
    const leaf = (name: string) => task(name, (): number => 1);
    const item = task("item", (_ctx: TaskContext, n: unknown): unknown => n);
    const flow = workflow("w", chain(parallel([leaf("a"), leaf("b")]) as never, each(item) as never) as never);
    await expect((async () => run(flow))()).rejects.toThrow(/not a list/);
  });
});
