import { ExecutionContext, type TaskContext, task, workflow } from "cairnflow";
import type { Redis } from "ioredis";
import { expect, it } from "vitest";
import { ownRedis } from "../servers/redis.js";
import { newChannel } from "./channel-support.js";
import { CountingClient } from "./counting-client.js";
import { newClient } from "./support.js";

const server = ownRedis();
const STEPS = 10;

/** Each step writes to the same keys, in every way but `update`. */
const loop = task("loop", async (ctx: TaskContext, n: number) => {
  await ctx.channel.set("last", n);
  await ctx.channel.append("list", n);
  await ctx.channel.prepend("set", n);
  await ctx.channel.increment("sum");
  expect(await ctx.channel.has("k7")).toBe(true);
  ctx.nextIteration(n);
});

/** How many commands the server has done, those of scripts among them. */
async function callsOf(client: Redis): Promise<number> {
  const stats = await client.info("commandstats");
  return [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].reduce(
    (sum, [, name, calls]) => (name === "info" ? sum : sum + Number(calls)),
    0,
  );
}

/** What steps cost in a run whose channel has so many keys, and lists of so many items. */
async function costOf(keys: number, items: number) {
  const admin = newClient(server().url);
  const client = new CountingClient(newClient(server().url));
  const context = ExecutionContext.create(workflow("w", loop), { runId: "r", channel: newChannel({ client }) });
  for (let at = 0; at < keys; at++) await context.channel.set(`k${at}`, at);
  await context.channel.set(
    "set",
    Array.from({ length: items }, (_, at) => at),
  );
  for (let at = 0; at < items; at++) await context.channel.append("list", at);
  await context.step(1_000);
  const begun = client.take();
  // The array that was set as a whole is a list from here on.
  await context.step();
  client.take();
  const before = await callsOf(admin);
  for (let step = 0; step < STEPS; step++) await context.step();
  return { begun, steps: client.take(), calls: (await callsOf(admin)) - before };
}

it("is the same for each step, whether there are 10 keys or 10,000, and 10 items or 100,000", async () => {
  const [small, large] = [await costOf(10, 10), await costOf(10_000, 100_000)];
  console.log(`${STEPS} steps: ${JSON.stringify({ small, large })}`);
  expect(small.steps.commands).toBe(STEPS);
  expect(large.steps.commands).toBe(STEPS);
  expect(Math.abs(large.steps.bytes - small.steps.bytes)).toBeLessThan(10 * STEPS);
  expect(large.steps.bytes).toBeLessThan(1_500 * STEPS);
  expect(large.calls).toBe(small.calls);
  expect(large.begun.largest).toBeLessThan(5 << 20);
  expect(large.begun.commands).toBeLessThan(10_000 / 500 + 15);
}, 60_000);
