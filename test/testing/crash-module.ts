// A workflow whose runs are killed in processes of their own.
import { chain, type TaskContext, task, workflow } from "cairnflow";

const count = task("count", { maxCycles: 5 }, async (ctx: TaskContext, n: number) => {
  await ctx.channel.append("seen", n);
  if (ctx.cycle === 1) ctx.checkpoint({}, { name: "one" });
  if (ctx.cycle < 2) ctx.nextIteration(n + 1);
  await ctx.sleep("3h");
  return n;
});
const end = task("end", (_ctx: TaskContext, n: number) => ({ n, at: new Date(0) }));

export const counting = workflow("counting", chain(count, end));

/** Gives something else in each process. */
export const changing = workflow(
  "changing",
  task("changing", (_ctx: TaskContext, _n: number) => process.pid),
);
