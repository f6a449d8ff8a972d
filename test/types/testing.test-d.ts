import { expectTypeOf, it } from "vitest";
import { chain } from "../../src/authoring/flow.js";
import { task } from "../../src/authoring/task.js";
import { TaskGraph } from "../../src/core/graph.js";
import type { TaskContext } from "../../src/core/task-context.js";
import type { RunResult } from "../../src/engine/run-result.js";
import { resumeScenario, returns, type Story, scenario, throwOnce, withMocks } from "../../src/testing/index.js";
import { type Workflow, workflow } from "../../src/workflow.js";

const load = task("load", (_ctx: TaskContext, path: string) => [path]);
const count = task("count", (_ctx: TaskContext, rows: readonly string[]) => rows.length);
const flow = workflow("flow", chain(load, count));
const plain = workflow(
  "plain",
  task("plain", (_ctx: TaskContext) => "done"),
);

it("keeps the input and the output of a workflow with mocks", () => {
  const mocked = withMocks(flow, { load: returns(["a"]), count: throwOnce(new Error("x")) });
  expectTypeOf(mocked).toEqualTypeOf<Workflow<string, number>>();
  // @ts-expect-error: a path is a text
  void mocked.run(5);
  expectTypeOf(withMocks(new TaskGraph("g"), {})).toEqualTypeOf<Workflow<unknown, unknown>>();
});

it("takes mocks with the parameters of the task, or without annotations", () => {
  interface State {
    readonly n: number;
  }
  withMocks(flow, {
    load: async (ctx: TaskContext<State>, path: string) => [await ctx.channel.get("n"), path],
    count: (ctx, rows, original) => {
      expectTypeOf(ctx).toEqualTypeOf<TaskContext<never>>();
      expectTypeOf(rows).toEqualTypeOf<unknown>();
      return original();
    },
  });
  withMocks(flow, { load: async (ctx: TaskContext) => [await ctx.channel.get("anything")] });
  // @ts-expect-error: a mock is a body or a series of outputs
  withMocks(flow, { load: "a" });
});

it("asks a scenario for the input of its workflow, and gives its output", async () => {
  const story = scenario(flow, { input: "a.csv" });
  expectTypeOf(story).toEqualTypeOf<Story<number>>();
  expectTypeOf(await story.toEnd()).toEqualTypeOf<RunResult<number>>();
  expectTypeOf(scenario(plain)).toEqualTypeOf<Story<string>>();
  expectTypeOf(await resumeScenario(flow, { from: story.store })).toEqualTypeOf<Story<number>>();
  // @ts-expect-error: the workflow needs a path
  scenario(flow);
  // @ts-expect-error: a path is a text
  scenario(flow, { input: 5 });
  // @ts-expect-error: bodies of a scenario run here
  scenario(flow, { input: "a.csv", runner: {} });
});

it("takes a class of tasks and a graph with any input", () => {
  class Steps {}
  expectTypeOf(scenario(new TaskGraph("g"), { input: 1 })).toEqualTypeOf<Story>();
  expectTypeOf(scenario(Steps)).toEqualTypeOf<Story>();
});
