import { describe, expect, it } from "vitest";
import { DefinitionError, DuplicateIdError, InvalidIdError } from "../../src/core/errors.js";
import { TaskGraph } from "../../src/core/graph.js";
import { aChain, anEach, aParallel, aTask, thrownBy } from "./graph-fixtures.js";

const noTask = (): ReturnType<typeof aTask> => undefined as never;

describe("adding to a graph", () => {
  it("takes tasks and flows, and lists every task in the order of adding", () => {
    const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => aTask(name));
    const graph = new TaskGraph("g").add(a!).add(aChain(b!, aParallel([c!, anEach(d!)]), e!));
    expect(graph.tasks().map((task) => task.name)).toEqual(["a", "b", "c", "d", "e"]);
    expect([...graph.nodes.keys()]).toEqual(["a", "b", "parallel-c", "c", "each-d", "d", "e"]);
    expect(graph.has("each-d")).toBe(true);
    expect(graph.has("toString")).toBe(false);
  });

  it("changes nothing when the same task or flow is added again", () => {
    const [a, b] = [aTask("a"), aTask("b")];
    const group = aParallel([b]);
    const graph = new TaskGraph("g").add(aChain(a, group));
    const before = graph.toJSON();
    expect(graph.add(a).add(b).add(group).add(aChain(a, group)).toJSON()).toEqual(before);
  });

  it("connects what is at the top level already", () => {
    const [a, b, c] = [aTask("a"), aTask("b"), aTask("c")];
    const graph = new TaskGraph("g").add(a).add(aChain(a, b)).add(aChain(b, c));
    expect(graph.toText()).toBe("g\n  a (start) -> b\n  b -> c\n  c\n");
  });

  it("refuses a second task of the same name, and then adds nothing of the flow", () => {
    const graph = new TaskGraph("g").add(aTask("a"));
    expect(thrownBy(() => graph.add(aChain(aTask("new"), aTask("a"))))).toMatchInlineSnapshot(
      `[DuplicateIdError: graph "g" has another task named "a": names are ids, so each may be used once; rename one of the two.]`,
    );
    expect(graph.tasks().map((task) => task.name)).toEqual(["a"]);
  });

  it("refuses the same task as two nodes", () => {
    const a = aTask("a");
    const flows = [aChain(a, aTask("b"), a), aParallel([a, a]), aParallel([aChain(aTask("b"), a), aChain(aTask("c"), a)])];
    for (const flow of flows) expect(() => new TaskGraph("g").add(flow)).toThrow(DuplicateIdError);
    expect(() => new TaskGraph("g").add(a).add(aParallel([a]))).toThrow("give a second one another name");
    expect(() => new TaskGraph("g").add(aParallel([a])).add(aChain(a, aTask("b")))).toThrow(DuplicateIdError);
    expect(() => new TaskGraph("g").add(aTask("parallel-a")).add(aParallel([a]))).toThrow("another task named");
  });

  it("refuses names that are no ids, and values that are no flows", () => {
    expect(() => new TaskGraph("g").add(aTask('x"]; y'))).toThrow(InvalidIdError);
    expect(() => new TaskGraph("g").add(aParallel([aTask("a")], { name: "a b" }))).toThrow(InvalidIdError);
    expect(() => new TaskGraph("g").add(noTask())).toThrow("found (undefined) where a graph expects a task or a flow");
    expect(() => new TaskGraph("g").add(aChain())).toThrow("chain() has no parts");
    expect(() => new TaskGraph("g").add(aParallel([]))).toThrow("parallel([]) has no branches");
    for (const name of ["", "a\nb", "\u001b[31m", "x".repeat(129)]) expect(() => new TaskGraph(name)).toThrow(DefinitionError);
  });

  it("asks for a name when the derived id of a group is too long", () => {
    const long = aTask("x".repeat(125));
    expect(() => new TaskGraph("g").add(aParallel([long]))).toThrow("give the group a `name`");
    expect(new TaskGraph("g").add(aParallel([long], { name: "fan" })).has("fan")).toBe(true);
  });

  it("refuses a start mark inside a group", () => {
    expect(() => new TaskGraph("g").add(aParallel([aTask("a", { start: true })]))).toThrow('"a" is marked start: true inside group');
  });
});

describe("edges", () => {
  it("lead from the end of a flow to the head of another", () => {
    const first = aChain(aTask("a"), aParallel([aTask("b")]));
    const second = aChain(anEach(aTask("c")), aTask("d"));
    const graph = new TaskGraph("g").add(first).add(second).edge(first, second).edge("d", "a");
    expect(graph.toJSON().edges).toEqual([
      { from: "a", to: "parallel-b", back: false },
      { from: "parallel-b", to: "each-c", back: false },
      { from: "each-c", to: "d", back: false },
      { from: "d", to: "a", back: true },
    ]);
  });

  it("need both nodes in the graph", () => {
    const a = aTask("a");
    const graph = new TaskGraph("g").add(a);
    expect(thrownBy(() => graph.edge(a, "zz"))).toMatchInlineSnapshot(
      `[DefinitionError: edge to "zz" in graph "g": there is no "zz" in it; add the task first, with graph.add(...).]`,
    );
    expect(() => graph.edge(aTask("a"), a)).toThrow("another task of that name");
    expect(() => graph.edge(aChain(aTask("q"), aTask("a")), a)).toThrow("another task of that name");
    expect(() => graph.edge(noTask(), a)).toThrow(DefinitionError);
  });

  it("do not cross the border of a group", () => {
    const [a, b, c, d] = [aTask("a"), aTask("b"), aTask("c"), aTask("d")];
    const graph = new TaskGraph("g").add(aChain(aParallel([aChain(a, b), c]), d));
    expect(() => graph.edge(b, a)).not.toThrow();
    expect(thrownBy(() => graph.edge(b, d))).toMatchInlineSnapshot(
      `[DefinitionError: graph "g": an edge from "b" (in group "parallel-b") to "d" (top level) crosses the border of a group: expected both in one branch; lead it to or from the group itself, or use ctx.goto() inside the branch.]`,
    );
    expect(() => graph.edge(d, a)).toThrow(DefinitionError);
    expect(() => graph.edge(b, c)).toThrow(DefinitionError);
  });

  it("count once, however often they are written", () => {
    const [a, b] = [aTask("a", { next: ["b", "b"] }), aTask("b", { after: ["a"] })];
    expect(new TaskGraph("g").add(aChain(a, b)).edge(a, b).plan().nodes.get("a")?.next.length).toBe(1);
  });
});
