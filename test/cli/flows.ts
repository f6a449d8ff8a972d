import { chain, type TaskContext, task, workflow } from "../../src/index.js";

const one = task("one", (_: TaskContext, n: number): number => n + 1);
const gpu = task("gpu", { tags: ["gpu"] }, (_: TaskContext, n: number): number => n * 2);
const slow = task("slow", async (ctx: TaskContext): Promise<string> => {
  await ctx.sleep(700);
  return "done";
});

export const flow = workflow("flow", one);
export const tagged = workflow("tagged", chain(one, gpu));
export const waiting = workflow("waiting", slow);
/** @public Named by tests as a text. */
export const failing = workflow(
  "failing",
  task("fail", (): number => {
    throw new TypeError("no such column");
  }),
);
/** @public What is no workflow. */
export const notOne = { definition: "of nothing" };
