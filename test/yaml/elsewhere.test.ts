import { ExecutionContext, MemoryChannel, type TaskContext, task } from "cairnflow";
import { expect, it } from "vitest";
import { TextRunner } from "../engine/text-runner.js";
import { pipelineOf } from "./support.js";

it("resolves its templates where its tasks run, from text alone", async () => {
  const count = task("count", (ctx: TaskContext, n: number): number => {
    if (n < 3) ctx.nextIteration(n + 1);
    return n;
  });
  const text = `
id: p
params: { base: 10 }
steps:
  - { id: a, task: echo, parameters: { list: ["\${{ input }}", "\${{ params.base }}"] } }
  - { id: g, needs: a, each: { id: x, task: echo, parameters: "\${{ item }}!" }, items: "\${{ steps.a.output.list }}" }
  - { id: c, task: count, needs: g, parameters: 1 }
  - { id: z, task: echo, needs: c, parameters: ["\${{ steps.g.output }}", "\${{ steps.c.output }}"] }
`;
  const here = await pipelineOf(text, { tasks: { count } }).run("x");
  const pipeline = pipelineOf(text, { tasks: { count } });
  const channel = new MemoryChannel<object>();
  // Made anew from the text, as a worker would.
  const runner = new TextRunner([pipelineOf(text, { tasks: { count } })], channel as never);
  const there = await ExecutionContext.create(pipeline, { channel: channel as never, runner }).run("x");
  expect(there.output).toEqual([["x!", "10!"], 3]);
  expect(here.output).toEqual(there.output);
  expect(runner.tasks.map(({ taskId }) => taskId)).toEqual(["run.input", "a", "g.items", "x", "x", "c", "c", "c", "z"]);
});
