// Three tasks with a checkpoint after each; the values are large enough for blobs of their own.
import { chain, type TaskContext, task, workflow } from "../../src/index.js";

interface State {
  done: string[];
  total: number;
  [big: `big.${string}`]: string;
}

async function work(ctx: TaskContext<State>, bytes: number): Promise<void> {
  await ctx.channel.append("done", `${ctx.taskId}.${ctx.cycle}`);
  await ctx.channel.increment("total");
  await ctx.channel.set(`big.${ctx.taskId}`, ctx.taskId.repeat(bytes));
}

const one = task("one", async (ctx: TaskContext<State>, start: number) => {
  await work(ctx, 10_000);
  return start + 1;
});
const two = task("two", async (ctx: TaskContext<State>, sum: number) => {
  await work(ctx, 10_000);
  ctx.checkpoint({ sum }, { name: "middle" });
  return sum * 2;
});
const three = task("three", async (ctx: TaskContext<State>, sum: number) => {
  await work(ctx, 1_000);
  return sum + 3;
});

export const committed = workflow("committed", chain(one, two, three));
export const INPUT = 20;
export const OUTPUT = 45;
export const NAMES = ["one.1", "two.1", "three.1"];
