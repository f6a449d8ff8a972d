// Workflows whose tasks run in threads. They use the library as it is built, as a program would.
import { threadId } from "node:worker_threads";
import { chain, each, task, workflow } from "../../dist/index.js";

const busy = (ms) => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

const handler = "thread";

const seed = task("seed", async (ctx) => {
  await ctx.channel.set("n", 40);
  return { by: 2 };
});
const count = task("count", { handler }, async (ctx, { by }) => {
  const sum = await ctx.channel.increment("n", by);
  const known = await ctx.once("dice", () => ctx.random());
  ctx.progress(1, 2, "half");
  ctx.log.info({ sum }, "counted");
  ctx.metric("sum", sum);
  const { by: seen } = await ctx.result(seed);
  return { sum, seen, known, thread: threadId, key: ctx.idempotencyKey("a"), keys: await ctx.channel.keys() };
});
export const counting = workflow("counting", chain(seed, count));

const list = task("list", () => [60, 60, 60, 60]);
const work = task("work", { handler }, (_, ms) => {
  busy(ms);
  return threadId;
});
export const spreading = workflow("spreading", chain(list, each(work)));

const flaky = task("flaky", { handler, retry: 2 }, (ctx) => {
  if (ctx.attempt < 3) throw new TypeError("not yet");
  return ctx.attempt;
});
export const retried = workflow("retried", chain(flaky));

const endless = task("endless", { handler, timeout: 100 }, () => {
  for (;;);
});
export const hanging = workflow("hanging", chain(endless));

const dying = task("dying", { handler, retry: 1 }, (ctx) => {
  if (ctx.attempt === 1) process.exit(3);
  return "lived";
});
export const deadly = workflow("deadly", chain(dying));

const patient = task("patient", { handler }, (ctx) => ctx.sleep("10 min"));
export const waiting = workflow("waiting", chain(patient));

const saver = task("saver", { handler }, async (ctx) => {
  await ctx.channel.set("half", true);
  const { seq } = await ctx.checkpoint({ at: "half" }, { mode: "immediate", name: "half" }).committed;
  await ctx.channel.set("whole", true);
  return seq;
});
export const saving = workflow("saving", chain(saver));
