import { type CheckpointView, type Explanation, explain, type Task, workflow } from "cairnflow";
import { coverageOf, type ModelPath, modelPaths } from "cairnflow/testing";
import { describe, expectTypeOf, it } from "vitest";

declare const task: Task<number, string, "a">;
declare const checkpoint: CheckpointView;

describe("paths, coverage and explanations", () => {
  it("take any workflow, and tell how a path is to end", () => {
    const [path] = modelPaths(workflow("w", task), { gotos: { a: ["b"] }, samples: { a: 1 } });
    expectTypeOf(path).toEqualTypeOf<ModelPath | undefined>();
    expectTypeOf<ModelPath["expected"]>().toEqualTypeOf<"completed" | "failed">();
    // @ts-expect-error: a list of names, not one.
    modelPaths(workflow("w", task), { gotos: { a: "b" } });
    // @ts-expect-error: paths choose their clock.
    void path?.run({ clock: { now: () => 0 } });
  });

  it("ask for parts that there are", () => {
    const coverage = coverageOf(workflow("w", task));
    coverage.assert({ tasks: 1, edges: 0.9 });
    // @ts-expect-error: there are no lines.
    coverage.assert({ lines: 1 });
    expectTypeOf(coverage.report().parts.edges.ratio).toBeNumber();
  });

  it("are unions by kind", () => {
    const explanation = explain(checkpoint, { now: 0 });
    expectTypeOf(explanation).toEqualTypeOf<Explanation>();
    const by = explanation.tasks[0]?.queuedBy;
    if (by?.kind === "edge") expectTypeOf(by.back).toBeBoolean();
    if (by?.kind === "join") expectTypeOf(by.missing).toEqualTypeOf<readonly string[]>();
    // @ts-expect-error: only what is not null can be explained.
    explain(null);
  });
});
