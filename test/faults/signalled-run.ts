// A process that runs a workflow which stops at SIGTERM: <store>. The task goes on until it has been told, and then a little.
import { writeSync } from "node:fs";
import { chain, ExecutionContext, type TaskContext, task, workflow } from "../../src/index.js";

const [store = "", mode = ""] = process.argv.slice(2);
const first = task("first", async (ctx: TaskContext) => {
  const busy = setInterval(() => {}, 1_000); // waiting for a signal alone would not keep the process running
  writeSync(1, "ready\n");
  await new Promise((resolve) => process.once("SIGTERM", resolve));
  clearInterval(busy);
  if (mode === "deaf") await new Promise((resolve) => setTimeout(resolve, 60_000));
  await ctx.channel.set("told", true);
  return 1;
});
const second = task("second", (_, one: number) => one + 1);
const context = ExecutionContext.create(workflow("signalled", chain(first, second)), {
  runId: "r",
  checkpoints: { store, onSignal: ["SIGTERM"] },
});
const { status, steps, message } = await context.run();
writeSync(1, `${JSON.stringify({ status, steps, message })}\n`);
