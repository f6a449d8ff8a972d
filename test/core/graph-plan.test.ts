import { describe, expect, it } from "vitest";
import { InvalidGraphError } from "../../src/core/errors.js";
import { TaskGraph } from "../../src/core/graph.js";
import type { GraphPlan, ParallelNode, TaskNode } from "../../src/core/graph-plan.js";
import type { AnyTask } from "../../src/core/task.js";
import { aChain, anEach, aParallel, aTask } from "./graph-fixtures.js";

const edgesOf = (plan: GraphPlan): string[] =>
  [...plan.nodes.values()].flatMap((node) => node.next.map(({ to, back }) => `${node.id}${back ? "~>" : "->"}${to.id}`));
const joinsOf = (plan: GraphPlan): Record<string, readonly string[]> =>
  Object.fromEntries([...plan.nodes.values()].flatMap((node) => (node.joins === null ? [] : [[node.id, node.joins]])));

function diamond(join: "all" | "any" = "all"): TaskGraph {
  const [fetch, left, right, store] = [aTask("fetch"), aTask("left"), aTask("right"), aTask("store", { join })];
  const graph = new TaskGraph("etl").add(fetch).add(left).add(right).add(store);
  return graph.edge(fetch, left).edge(fetch, right).edge(left, store).edge(right, store);
}

describe("the plan of a graph", () => {
  it("joins the two sides of a diamond, in the order of the edges", () => {
    const plan = diamond().plan();
    expect(plan.starts).toEqual(["fetch"]);
    expect(joinsOf(plan)).toEqual({ store: ["left", "right"] });
    expect(edgesOf(plan)).toEqual(["fetch->left", "fetch->right", "left->store", "right->store"]);
  });

  it("has no join where a task joins any", () => {
    expect(joinsOf(diamond("any").plan())).toEqual({});
  });

  it("refers from edges to the nodes themselves, frozen", () => {
    const plan = diamond().plan();
    const fetch = plan.nodes.get("fetch") as TaskNode;
    expect(fetch.next[0]?.to).toBe(plan.nodes.get("left"));
    expect(fetch.ref).toEqual({ strategy: "reference", module: "etl", name: "fetch", qualname: "fn_fetch" });
    for (const part of [plan, plan.starts, fetch, fetch.next, fetch.next[0], fetch.ref]) expect(Object.isFrozen(part)).toBe(true);
  });

  it("is kept until the graph changes", () => {
    const graph = diamond();
    const plan = graph.plan();
    expect(graph.plan()).toBe(plan);
    expect(graph.plan("left")).toBe(graph.plan("left"));
    expect(graph.edge("store", "fetch").plan()).not.toBe(plan);
  });

  it("keeps nested groups apart, each with its branches", () => {
    const inner = anEach(aChain(aTask("b1"), aTask("b2")), { concurrency: 2, policy: "bestEffort" });
    const graph = new TaskGraph("g").add(aChain(aTask("s"), aParallel([aChain(aTask("a"), inner), aTask("c")]), aTask("z")));
    const plan = graph.plan();
    const group = plan.nodes.get("parallel-each-b2") as ParallelNode;
    expect(group.branches.map(({ key, head, last }) => [key, head.id, last])).toEqual([
      ["each-b2", "a", "each-b2"],
      ["c", "c", "c"],
    ]);
    expect(group).toMatchObject({ kind: "parallel", group: null, policy: "strict", concurrency: Number.POSITIVE_INFINITY });
    expect(plan.nodes.get("each-b2")).toMatchObject({
      kind: "each",
      group: "parallel-each-b2",
      concurrency: 2,
      branch: { key: "b2", last: "b2" },
    });
    expect(plan.nodes.get("b1")?.group).toBe("each-b2");
    expect(edgesOf(plan)).toEqual(["s->parallel-each-b2", "parallel-each-b2->z", "a->each-b2", "b1->b2"]);
    expect(plan.starts).toEqual(["s"]);
  });

  it("reads next and after of class workflows, whatever their order", () => {
    const tasks = [
      aTask("ship", { after: ["pay"] }),
      aTask("validate", { start: true, next: ["pay"] }),
      aTask("pay"),
      aTask("audit", { after: ["pay"], next: ["ship"] }),
    ];
    const graph = new TaskGraph("order");
    for (const task of tasks) graph.add(task);
    expect(graph.validate()).toEqual([]);
    expect(edgesOf(graph.plan())).toEqual(["validate->pay", "pay->ship", "pay->audit", "audit->ship"]);
    expect(joinsOf(graph.plan())).toEqual({ ship: ["pay", "audit"] });
  });
});

describe("back edges", () => {
  it("close cycles and never wait", () => {
    const [load, train, evaluate, report] = ["load", "train", "evaluate", "report"].map((name) => aTask(name));
    const graph = new TaskGraph("g")
      .add(aChain(load!, train!, evaluate!, report!))
      .edge(evaluate!, train!)
      .edge(train!, train!);
    expect(edgesOf(graph.plan())).toEqual(["load->train", "train->evaluate", "train~>train", "evaluate->report", "evaluate~>train"]);
    expect(joinsOf(graph.plan())).toEqual({});
    expect(graph.validate()).toEqual([]);
  });

  it("are found within a branch of a group", () => {
    const [a, b] = [aTask("a"), aTask("b", { next: ["a"] })];
    expect(edgesOf(new TaskGraph("g").add(anEach(aChain(a, b))).plan())).toEqual(["a->b", "b~>a"]);
  });

  it("depend on the start that is chosen", () => {
    const ring = new TaskGraph("g")
      .add(aTask("a", { next: ["b"] }))
      .add(aTask("b", { next: ["c"] }))
      .add(aTask("c", { next: ["a"] }));
    expect(edgesOf(ring.plan("b"))).toEqual(["a~>b", "b->c", "c->a"]);
    expect(ring.plan("b").starts).toEqual(["b"]);
    expect(ring.validate({ start: "b" })).toEqual([]);
  });
});

describe("joins and starts", () => {
  it("wait only for what a run from the chosen start can reach", () => {
    const graph = diamond();
    expect(joinsOf(graph.plan("left"))).toEqual({});
    expect(() => graph.plan("nope")).toThrow(InvalidGraphError);
    const two = diamond().add(aTask("other", { next: ["left", "right"] }));
    expect(two.plan().starts).toEqual(["fetch", "other"]);
    expect(joinsOf(two.plan("other"))).toEqual({ store: ["left", "right"] });
  });

  it("do not wait for tasks that only a jump reaches, nor do those wait", () => {
    const tasks = [
      aTask("a", { start: true, next: ["b", "c"] }),
      aTask("b", { next: ["d"] }),
      aTask("c", { next: ["d"] }),
      aTask("d"),
      aTask("repair", { next: ["b", "d"] }),
    ];
    const graph = new TaskGraph("g", { jumpTargets: true });
    for (const task of tasks) graph.add(task);
    expect(graph.validate()).toEqual([]);
    expect(graph.plan().starts).toEqual(["a"]);
    expect(joinsOf(graph.plan())).toEqual({ d: ["b", "c"] });
    expect(
      graph
        .plan()
        .nodes.get("repair")
        ?.next.map(({ to, back }) => [to.id, back]),
    ).toEqual([
      ["b", false],
      ["d", true],
    ]);
  });

  it("join behind a jump target, too", () => {
    const names: [string, string[]][] = [
      ["z", []],
      ["p", ["z"]],
      ["q", ["z"]],
      ["jump", ["p", "q"]],
    ];
    const graph = new TaskGraph("g", { jumpTargets: true }).add(aTask("a", { start: true }));
    for (const [name, next] of names) graph.add(aTask(name, { next }));
    expect(joinsOf(graph.plan())).toEqual({ z: ["p", "q"] });
  });
});

describe("a large graph", () => {
  const planTime = (graph: TaskGraph): number => {
    const started = performance.now();
    graph.plan();
    return performance.now() - started;
  };
  const chainOf = (count: number): TaskGraph => new TaskGraph("g").add(aChain(...Array.from({ length: count }, (_, i) => aTask(`t${i}`))));

  it("of 100,000 tasks in a row is planned, checked and hashed without overflow", () => {
    const graph = chainOf(100_000);
    expect(graph.validate()).toEqual([]);
    expect(graph.plan().nodes.size).toBe(100_000);
    expect(graph.hash()).toHaveLength(32);
    const deep = Array.from({ length: 100_000 }, (_, i): AnyTask => aTask(`t${i}`)).reduce(
      (flow, task) => aChain(flow, task),
      aChain(aTask("first")),
    );
    expect(new TaskGraph("g").add(deep).tasks()).toHaveLength(100_001);
  });

  it("is planned in linear time: ten times the tasks take about ten times as long", () => {
    planTime(chainOf(10_000));
    const small = Math.min(...[1, 2, 3].map(() => planTime(chainOf(5_000))));
    const large = Math.min(...[1, 2, 3].map(() => planTime(chainOf(50_000))));
    expect(large / small).toBeLessThan(40);
  });

  it("of one task before and one behind 10,000 has one join of them all", () => {
    const [from, to] = [aTask("from"), aTask("to")];
    const graph = new TaskGraph("g").add(from).add(to);
    for (let i = 0; i < 10_000; i++) graph.add(aTask(`m${i}`, { after: ["from"], next: ["to"] }));
    expect(graph.plan().nodes.get("to")?.joins).toHaveLength(10_000);
    expect(graph.validate()).toEqual([]);
  });
});
