import {
  type AnyFlow,
  atLeast,
  bestEffort,
  chain,
  critical,
  each,
  InvalidOptionError,
  parallel,
  type StandardSchema,
  strict,
  type Task,
  type TaskContext,
  TaskGraph,
  type TaskOptions,
  task,
  workflow,
  workflowOf,
} from "cairnflow";
import { modelPaths } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { walk } from "./path-runs.js";

/** A task whose own body must not run: paths bring their own. Its types fit anywhere. */
const never = (name: string, options: TaskOptions = {}): Task<unknown, never> =>
  task(name, options as object, (_: TaskContext, _input: unknown): never => {
    throw new Error(`the body of ${name} must not run`);
  });

function graphOf(edges: readonly (readonly [string, string])[], flows: readonly AnyFlow[] = []): TaskGraph {
  const graph = new TaskGraph("g");
  for (const flow of flows) graph.add(flow);
  const given = new Set(
    flows.flatMap((flow) =>
      new TaskGraph("x")
        .add(flow)
        .tasks()
        .map(({ name }) => name),
    ),
  );
  for (const name of new Set(edges.flat()))
    if (!given.has(name) && !graph.has(name)) graph.add(never(name, name === "start" ? { start: true } : {}));
  for (const [from, to] of edges) graph.edge(from, to);
  return graph;
}

const retry = { maxRetries: 2, initialWait: "1h" };

const GRAPHS: Record<string, TaskGraph> = {
  chain: new TaskGraph("g").add(
    chain(never("a"), never("b", { retry, timeout: "5m" }), never("c", { timeout: "1s", checkpoint: "before" })),
  ),
  diamond: graphOf([
    ["start", "left"],
    ["start", "right"],
    ["left", "sink"],
    ["right", "sink"],
  ]),
  loop: graphOf([
    ["start", "try"],
    ["try", "start"],
    ["try", "end"],
  ]),
  "nested loops": graphOf([
    ["start", "a"],
    ["a", "b"],
    ["b", "a"],
    ["b", "c"],
    ["c", "start"],
    ["c", "end"],
    ["c", "c2"],
    ["c2", "end"],
  ]),
  ring: graphOf([
    ["start", "b"],
    ["b", "c"],
    ["c", "start"],
  ]),
  "ring with a long way round": graphOf([
    ["start", "b"],
    ["b", "start"],
    ["start", "c"],
    ["c", "d"],
    ["d", "e"],
    ["e", "start"],
  ]),
  iteration: new TaskGraph("g").add(chain(never("load"), never("train", { maxCycles: 9 }), never("store"))),
  "critical task": new TaskGraph("g").add(chain(never("a", { critical: true }), never("b", { checkpoint: "after", retry: 1 }))),
  "group at the start": new TaskGraph("g").add(chain(each(never("a")), never("b"))),
  "each of each": new TaskGraph("g").add(chain(never("a"), each(each(never("b", { retry: 1 }), { policy: atLeast(1) })), never("c"))),
};
for (const [name, policy] of Object.entries({ strict, bestEffort, atLeast: atLeast(1), most: atLeast(2), critical: critical(["b"]) })) {
  GRAPHS[`parallel, ${name}`] = new TaskGraph("g").add(
    chain(
      never("a"),
      parallel([chain(never("b0"), never("b", { retry, timeout: "1s" })), never("c")], { policy: policy as "strict", name: "p" }),
      never("d"),
    ),
  );
  if (name === "critical") continue;
  GRAPHS[`each, ${name}`] = new TaskGraph("g").add(
    chain(
      never("a"),
      each(chain(never("b"), never("c", { retry: 1 })), { policy: policy as "strict", name: "e", concurrency: 1 }),
      never("d"),
    ),
  );
  GRAPHS[`nested, ${name}`] = new TaskGraph("g").add(
    chain(
      never("a"),
      parallel(
        [
          each(parallel([never("b"), never("c")], { policy: policy as "strict", name: "inner" }), { name: "e", policy: atLeast(1) }),
          never("x"),
        ],
        {
          policy: bestEffort,
          name: "outer",
        },
      ),
      never("d"),
    ),
  );
}
GRAPHS["a policy of one's own"] = new TaskGraph("g").add(
  chain(
    never("a"),
    parallel([never("b"), never("c"), never("d")], { policy: (results) => results.filter(({ ok }) => !ok).length !== 1, name: "odd" }),
  ),
);

describe("the paths of a model", () => {
  it.each(Object.keys(GRAPHS))("cover all of it, and end as expected: %s", async (name) => {
    const { coverage, astray } = await walk(GRAPHS[name] as TaskGraph);
    expect(astray).toEqual([]);
    expect(coverage.report().missing).toEqual([]);
  });

  it.each([
    ["chain", "b uses up its attempts", ["retries: b used up"]],
    ["critical task", "b fails once and is tried again", ["retries: b recovered"]],
    ["chain", "c runs longer than its time-out", ["timeouts: c"]],
    ["iteration", "train runs once more", ["cycles: train -> train"]],
    ["a policy of one's own", "group odd fails", ["groups: odd failed"]],
    ["nested, bestEffort", "group inner succeeds with failed members", ["groups: inner succeeded with failed members"]],
  ])("are missed when one is left out: %s without %j", async (name, left, missing) => {
    const graph = GRAPHS[name] as TaskGraph;
    expect(modelPaths(graph).filter((path) => path.name === left)).toHaveLength(1);
    const { coverage } = await walk(graph, {}, (path) => path.name !== left);
    expect(coverage.report().missing).toEqual(missing);
  });

  it("go where only bodies know the way, in as many jumps as it takes", async () => {
    const extra = never("extra");
    const graph = new TaskGraph("g", { jumpTargets: true });
    graph
      .add(never("start", { start: true, next: "review" }))
      .add(never("review", { next: "archive" }))
      .add(never("archive"));
    graph
      .add(never("rework", { next: "check" }))
      .add(never("check"))
      .add(never("escalate", { retry: 1 }));
    const flow = workflow("w", graph, { tasks: [extra] });
    const gotos = { review: ["rework", "archive"], check: ["escalate", "review"], escalate: ["extra"] };
    const { coverage, astray, paths } = await walk(flow, { gotos });
    expect(astray).toEqual([]);
    expect(coverage.report()).toMatchObject({ missing: [], parts: { jumps: { seen: 5 }, retries: { seen: 2 } } });
    expect(paths.map(({ name }) => name)).toEqual([
      "everything succeeds",
      "review goes to rework",
      "check goes to escalate",
      "escalate goes to extra",
      "review goes to archive",
      "check goes to review",
      "escalate fails once and is tried again",
      "escalate uses up its attempts",
    ]);
  });

  it("judge failures after a jump out of a group by that group", async () => {
    const graph = new TaskGraph("g", { jumpTargets: true });
    graph.add(chain(never("start", { start: true }), parallel([never("a"), never("b")], { policy: bestEffort, name: "p" })));
    graph.add(never("aside", { retry: 1, timeout: "1s" }));
    const { coverage, astray } = await walk(graph, { gotos: { a: ["aside"] } });
    expect(astray).toEqual([]);
    expect(coverage.report().missing).toEqual([]);
  });

  it("are as many as the model is large, and no more", () => {
    const wide = new TaskGraph("wide");
    const names = Array.from({ length: 60 }, (_, at) => `t${at}`);
    for (const name of names) wide.add(never(name, { retry: 1 }));
    for (const from of names) for (const to of names) if (Number(from.slice(1)) < Number(to.slice(1))) wide.edge(from, to);
    expect(modelPaths(wide)).toHaveLength(1 + 2 * 60);
  });

  it("throw what a task is tried again after", async () => {
    class Busy extends Error {}
    const kinds = {
      class: Busy,
      code: "E_BUSY",
      transient: "transient",
      own: (error: unknown) => (error as { mine?: true }).mine === true,
    };
    for (const [kind, on] of Object.entries(kinds)) {
      const flow = workflow("w", never("a", { retry: { maxRetries: 1, on } }));
      const options = kind === "own" ? { errors: { a: { mine: true } } } : {};
      const { coverage, astray } = await walk(flow, options);
      expect([kind, astray, coverage.report().missing]).toEqual([kind, [], []]);
    }
  });

  it("give samples to schemas, to bodies that are jumped to, and as input", async () => {
    const flow = workflow("w", chain(never("a", { input: word, output: word }), never("b", { input: word }), each(never("c"))));
    const jumps = workflow(
      "w",
      new TaskGraph("g", { jumpTargets: true }).add(never("s", { start: true })).add(never("t", { input: word })),
    );
    expect(() => modelPaths(flow)).toThrow(
      /samples: "a" has an output schema; input: "a" has an input schema; samples: the output of "a" goes into the input schema of "b"/,
    );
    expect(await walk(flow, { input: "x", samples: { a: "y", b: [1, 2, 3] } })).toMatchObject({ astray: [] });
    expect(() => modelPaths(jumps, { gotos: { s: ["t"] } })).toThrow(/inputs: "t" has an input schema, and a goto leads to it/);
    expect(await walk(jumps, { gotos: { s: ["t"] }, inputs: { t: "z" } })).toMatchObject({ astray: [] });
  });

  it("are refused where nobody says what the graph does not tell", () => {
    const graph = new TaskGraph("g", { jumpTargets: true }).add(never("s", { start: true })).add(never("t"));
    expect(() => modelPaths(graph)).toThrow(/no known way leads to "t": name the task that goes there, as in gotos: \{ task: \["t"\] \}/);
    const choosy = never("a", { retry: { maxRetries: 1, on: (error) => error === graph } });
    expect(() => modelPaths(workflow("w", choosy))).toThrow(/errors: no error was found that "a" is tried again after/);
  });

  it.each([
    [null],
    [{ gotos: 1 }],
    [{ gotos: { a: "b" } }],
    [{ gotos: { a: ["nowhere"] } }],
    [{ gotos: { nowhere: ["a"] } }],
    [{ gotos: JSON.parse('{"__proto__":["a"]}') as object }],
    [{ iterates: "a" }],
    [{ iterates: ["nowhere"] }],
    [{ samples: [] }],
    [{ samples: { nowhere: 1 } }],
    [{ inputs: { nowhere: 1 } }],
    [{ errors: { nowhere: 1 } }],
    [{ start: "nowhere" }],
    [{ sample: {} }],
  ])("refuse the options %j", (options) => {
    expect(() => modelPaths(new TaskGraph("g").add(chain(never("a"), never("b"))), options as never)).toThrow(
      (options as { start?: string } | null)?.start === undefined ? InvalidOptionError : /nowhere/,
    );
  });
});

const word: StandardSchema<string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => (typeof value === "string" ? { value } : { issues: [{ message: "not a word" }] }),
  },
};

@workflow("gate")
class Gate {
  @task({ start: true })
  async look(ctx: TaskContext, n: number): Promise<void> {
    ctx.goto(this.pass, n);
  }
  @task()
  async pass(_: TaskContext, n: number): Promise<number> {
    return n;
  }
}

describe("the paths of a class", () => {
  it.each([
    ["a class", Gate],
    ["an instance", new Gate()],
    ["a workflow", workflowOf(new Gate())],
  ])("jump where its bodies may: given as %s", async (_, target) => {
    const paths = modelPaths(target, { gotos: { look: ["pass"] } });
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.flatMap(({ covers }) => covers).join()).toMatch(/look.*pass/);
    for (const path of paths) expect([path.name, (await path.run()).status]).toEqual([path.name, path.expected]);
  });
});
