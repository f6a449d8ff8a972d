import { expectTypeOf, it } from "vitest";
import { chain } from "../../src/authoring/flow.js";
import { task } from "../../src/authoring/task.js";
import type { RunResult } from "../../src/engine/run-result.js";
import { loadWorkflow, type PipelineWorkflow, parseWorkflow } from "../../src/yaml/index.js";

const load = task("load", (_ctx, path: string) => path.length);

it("makes a workflow of anything, to anything, of tasks whatever their types", async () => {
  const pipeline = parseWorkflow("", { tasks: { load } });
  expectTypeOf(pipeline).toEqualTypeOf<PipelineWorkflow>();
  expectTypeOf(loadWorkflow("pipeline.yaml", { tasks: { load } })).toEqualTypeOf<Promise<PipelineWorkflow>>();
  expectTypeOf(pipeline.run({ path: "x" }, { checkpoints: "memory:" })).toEqualTypeOf<Promise<RunResult>>();
  expectTypeOf(pipeline.run()).resolves.toHaveProperty("output").toBeUnknown();
});

it("takes tasks only, and options it knows", () => {
  // @ts-expect-error a chain is no task
  parseWorkflow("", { tasks: { load: chain(load) } });
  // @ts-expect-error a function is no task
  parseWorkflow("", { tasks: { load: () => 1 } });
  // @ts-expect-error tasks are needed
  parseWorkflow("", {});
  // @ts-expect-error nobody knows this
  void loadWorkflow("pipeline.yaml", { tasks: { load }, file: "x" });
});
