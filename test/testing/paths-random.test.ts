import {
  type AnyFlow,
  atLeast,
  bestEffort,
  chain,
  each,
  parallel,
  type Task,
  type TaskContext,
  TaskGraph,
  type TaskOptions,
  task,
} from "cairnflow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { walk } from "./path-runs.js";

type AnyStep = Task<unknown, never>;

/** A flow without names: how deep it goes, and what its tasks and groups are like. */
type Shape =
  | { readonly kind: "task"; readonly options: TaskOptions }
  | {
      readonly kind: "chain" | "parallel" | "each";
      readonly parts: readonly Shape[];
      readonly policy: number;
      readonly concurrency: number;
    };

const options = fc.record(
  {
    retry: fc.constantFrom(1, { maxRetries: 2, initialWait: "1m" }),
    timeout: fc.constant("5s"),
    critical: fc.boolean(),
    maxCycles: fc.constant(50),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<TaskOptions>;
const aTask: fc.Arbitrary<Shape> = options.map((given) => ({ kind: "task", options: given }));

const shapes = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    aTask,
    fc.record({
      kind: fc.constantFrom("chain" as const, "parallel" as const, "each" as const),
      parts: fc.array(tie("shape"), { minLength: 1, maxLength: 2 }),
      policy: fc.nat(3),
      concurrency: fc.constantFrom(1, 2, 100),
    }),
  ),
})).shape;

/** Tasks or flows, each with the earlier ones that lead to it, and a few edges back. */
const graphs = fc.record({
  parts: fc.array(fc.record({ shape: shapes, from: fc.array(fc.nat(10), { minLength: 1, maxLength: 2 }) }), { minLength: 1, maxLength: 3 }),
  back: fc.array(fc.tuple(fc.nat(10), fc.nat(10)), { maxLength: 2 }),
  jumps: fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 2 }),
});

class Builder {
  readonly tasks: AnyStep[] = [];
  #groups = 0;

  step(given: TaskOptions = {}): AnyStep {
    const made: AnyStep = task(`t${this.tasks.length}`, given as object, (_: TaskContext, _input: unknown): never => {
      throw new Error("the body of a task must not run");
    });
    this.tasks.push(made);
    return made;
  }

  flow(shape: Shape): AnyFlow {
    if (shape.kind === "task") return this.step(shape.options);
    const { concurrency } = shape;
    const name = `g${this.#groups++}`;
    if (shape.kind === "parallel") {
      const branches = shape.parts.map((part) => this.flow(part));
      const policy =
        ["strict" as const, bestEffort, atLeast(1), (results: readonly { ok: boolean }[]) => results[0]?.ok === true][shape.policy] ??
        bestEffort;
      return parallel(branches, { name: `p${name}`, policy, concurrency } as object);
    }
    const parts = shape.parts.flatMap((part) => [this.step(), this.flow(part)]) as [AnyStep, ...AnyStep[]];
    const made: AnyFlow = chain(...(parts as unknown as [AnyStep, AnyStep]));
    if (shape.kind === "chain") return made;
    const policy = (["strict", bestEffort, atLeast(1), atLeast(2)] as const)[shape.policy] ?? bestEffort;
    return each(made, { name: `e${name}`, policy, concurrency } as object);
  }
}

type Given = typeof graphs extends fc.Arbitrary<infer Value> ? Value : never;

function built({ parts, back, jumps }: Given): { readonly graph: TaskGraph; readonly gotos: Record<string, string[]> } {
  const builder = new Builder();
  const graph = new TaskGraph("random");
  const heads: AnyStep[] = [builder.step({ start: true })];
  const ends: AnyFlow[] = [heads[0] as AnyStep];
  graph.add(ends[0] as AnyFlow);
  for (const { shape, from } of parts) {
    const head = builder.step();
    const end = chain(head, builder.flow(shape) as AnyStep);
    graph.add(end);
    for (const place of from) graph.edge(ends[place % ends.length] as AnyFlow, head);
    heads.push(head);
    ends.push(end);
  }
  for (const [from, to] of back) {
    const [later, earlier] = [Math.max(from, to) % ends.length, Math.min(from, to) % ends.length];
    graph.edge(ends[Math.max(later, earlier)] as AnyFlow, heads[Math.min(later, earlier)] as AnyStep);
  }
  const gotos = new Map<string, string[]>();
  const at = (place: number): string => (builder.tasks[place % builder.tasks.length] as AnyStep).name;
  for (const [from, to] of jumps) if (at(from) !== at(to)) gotos.set(at(from), [at(to)]);
  return { graph, gotos: Object.fromEntries(gotos) };
}

describe("the paths of any small graph", () => {
  it("end as expected, see what they are there for, and together all there is", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (given) => {
        const { graph, gotos } = built(given);
        const { coverage, astray } = await walk(graph, { gotos });
        expect(astray).toEqual([]);
        expect(coverage.report().missing).toEqual([]);
      }),
      { numRuns: Number(process.env["PATH_RUNS"] ?? 30), ...(process.env["PATH_SEED"] ? { seed: Number(process.env["PATH_SEED"]) } : {}) },
    );
  });
});
