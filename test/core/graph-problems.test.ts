import { describe, expect, it } from "vitest";
import { InvalidGraphError } from "../../src/core/errors.js";
import { TaskGraph } from "../../src/core/graph.js";
import { assertRunnable, singleStart } from "../../src/core/graph-problem.js";
import type { AnyFlow } from "../../src/core/task.js";
import { aChain, aParallel, aTask, thrownBy } from "./graph-fixtures.js";

const graphOf = (...flows: AnyFlow[]): TaskGraph => flows.reduce((graph: TaskGraph, flow) => graph.add(flow), new TaskGraph("g"));
const found = (graph: TaskGraph, start?: string): [string, string | null][] =>
  graph.validate({ start }).map(({ kind, node }) => [kind, node]);

describe("validate", () => {
  it("finds nothing wrong with a chain", () => {
    expect(graphOf(aChain(aTask("a"), aTask("b"))).validate()).toEqual([]);
  });

  it("reports an empty graph and a pure cycle as without start", () => {
    expect(new TaskGraph("g").validate()).toMatchObject([{ kind: "no-start", message: expect.stringContaining("is empty") }]);
    const ring = graphOf(aTask("a", { next: ["b"] }), aTask("b", { next: ["a"] }));
    expect(found(ring)).toEqual([["no-start", null]]);
    expect(found(ring, "a")).toEqual([]);
  });

  it("takes a task with only a loop to itself as a start", () => {
    expect(found(graphOf(aTask("a", { next: ["a"] })))).toEqual([]);
  });

  it("reports two starts, unless the run names one", () => {
    const implied = graphOf(aTask("a", { next: ["c"] }), aTask("b", { next: ["c"] }), aTask("c"));
    const marked = graphOf(aTask("a", { start: true }), aTask("b", { start: true }));
    for (const graph of [implied, marked]) {
      expect(found(graph)).toEqual([["ambiguous-start", null]]);
      expect(found(graph, "b")).toEqual([]);
    }
  });

  it("reports a chosen start that is unknown or inside a group, and takes any other node", () => {
    const graph = graphOf(aChain(aTask("a"), aParallel([aTask("b")]), aTask("c")));
    expect(found(graph, "zz")).toEqual([["no-start", "zz"]]);
    expect(found(graph, "b")).toEqual([["no-start", "b"]]);
    expect(found(graph, "parallel-b")).toEqual([]);
    expect(found(graph, "c")).toEqual([]);
  });

  it("reports tasks that no start leads to", () => {
    const island = [aTask("x", { next: ["y"] }), aTask("y", { next: ["x"] })];
    expect(found(graphOf(aTask("a"), ...island))).toEqual([
      ["unreachable", "x"],
      ["unreachable", "y"],
    ]);
    expect(found(graphOf(aTask("a", { start: true }), aParallel([aTask("b")])))).toEqual([["unreachable", "parallel-b"]]);
  });

  it("leaves tasks for jumps alone where they are allowed and a start is marked", () => {
    const fill = (graph: TaskGraph, start: boolean): TaskGraph =>
      graph
        .add(aTask("a", { start }))
        .add(aTask("repair", { next: ["after-repair"] }))
        .add(aTask("after-repair"));
    expect(found(fill(new TaskGraph("g", { jumpTargets: true }), true))).toEqual([]);
    expect(found(fill(new TaskGraph("g", { jumpTargets: true }), false))).toEqual([["ambiguous-start", null]]);
    expect(found(fill(new TaskGraph("g"), true)).map(([kind]) => kind)).toEqual(["unreachable", "unreachable"]);
  });

  it("reports unknown names in next and after", () => {
    const graph = graphOf(aTask("a", { next: ["toString"] }), aTask("b", { start: true, next: ["a"], after: ["zz"] }));
    expect(found(graph)).toEqual([
      ["unknown-next", "a"],
      ["unknown-next", "b"],
    ]);
    expect(graph.validate()[0]?.message).toMatchInlineSnapshot(
      `"task "a" has next: "toString", which is not in graph "g": expected one of "a", "b"; correct the name, or add that task."`,
    );
  });

  it("reports options that lead across the border of a group", () => {
    const graph = graphOf(aChain(aParallel([aTask("a", { next: ["c"] }), aTask("b")]), aTask("c", { after: ["b"] })));
    expect(found(graph)).toEqual([
      ["crosses-group", "a"],
      ["crosses-group", "c"],
    ]);
  });

  it("reports a former name that stands for two tasks", () => {
    const renamed = [aTask("b", { formerly: ["old/m#x", "y"] }), aTask("c", { formerly: ["g#y"] })];
    expect(found(graphOf(aChain(aTask("x"), ...renamed)))).toEqual([["duplicate-id", "c"]]);
    expect(found(graphOf(aChain(aTask("x"), aTask("z", { formerly: ["x"] }))))).toEqual([["duplicate-id", "z"]]);
    expect(found(graphOf(aTask("z", { formerly: ["z", "w", "w"] })))).toEqual([]);
  });

  it("reports a reference without a function", () => {
    expect(found(graphOf({ ...aTask("a"), body: undefined } as unknown as AnyFlow))).toEqual([["missing-task", "a"]]);
  });
});

describe("the start of a run", () => {
  const two = graphOf(aTask("a"), aTask("b"));

  it("is the chosen one, or the only one", () => {
    expect(singleStart(graphOf(aTask("a")).plan())).toBe("a");
    expect(singleStart(two.plan(), "b")).toBe("b");
    expect(thrownBy(() => singleStart(two.plan()))).toMatchInlineSnapshot(
      `[InvalidGraphError: graph "g" has 2 starts ("a", "b"), but a run starts exactly one: mark only one with start: true, put one task before them, or name one as the \`start\` of the run.]`,
    );
    expect(() => singleStart(two.plan(), "zz")).toThrow(InvalidGraphError);
  });

  it("is refused together with every other problem of the graph", () => {
    expect(() => assertRunnable(two, "a")).not.toThrow();
    const broken = graphOf(aTask("a", { start: true, next: ["zz"] }), aTask("b"));
    const error = thrownBy(() => assertRunnable(broken)) as InvalidGraphError;
    expect(error.problems.map(({ kind }) => kind)).toEqual(["unknown-next", "unreachable"]);
    expect(error).toMatchInlineSnapshot(`
      [InvalidGraphError: graph "g" has 2 problems:
      - task "a" has next: "zz", which is not in graph "g": expected one of "a", "b"; correct the name, or add that task.
      - task "b" of graph "g" is never reached: no edge leads to it from "a"; add one (graph.edge, next or after), or take it out.]
    `);
  });
});
