import { task } from "../../src/authoring/task.js";
import type { TaskContext } from "../../src/core/task-context.js";
import { ExecutionContext } from "../../src/execution-context.js";
import { workflow } from "../../src/workflow.js";

/** Runs a loop of 200,000 passes with every kind of request in it and prints how much memory was held early and late. */
const held: Record<number, number> = {};
const noted = task("noted", { maxCycles: 1e9 }, (_ctx: TaskContext, _pass: number): void => {});
const loop = task("loop", { maxCycles: 1e9 }, async (ctx: TaskContext, pass: number): Promise<number> => {
  await ctx.channel.set("pass", pass);
  ctx.metric("pass", pass);
  if (pass % 10 === 0) ctx.nextTask(noted, { input: pass });
  if (pass === 20_000 || pass === 180_000) {
    globalThis.gc?.();
    held[pass] = process.memoryUsage().heapUsed;
  }
  if (ctx.steps < 199_999) ctx.nextIteration(pass + 1);
  return pass;
});

let heard = 0;
const context = ExecutionContext.create(workflow("w", loop, { tasks: [noted] }), {
  maxSteps: 200_000,
  durability: "none",
  events: { taskCompleted: () => void heard++ },
});
await context.run(1).catch(() => {});
const [early, late] = Object.values(held);
process.stdout.write(JSON.stringify({ early, late, steps: context.steps, heard }));
