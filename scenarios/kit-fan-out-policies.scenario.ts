import {
  atLeast,
  bestEffort,
  chain,
  critical,
  each,
  type GroupPolicy,
  parallel,
  strict,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { type Mocks, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

/** Three suppliers that answer after one, two and three seconds. */
const supplier = (name: string, seconds: number) =>
  task(name, async (ctx: TaskContext, item: string) => {
    await ctx.sleep(`${seconds}s`);
    return `${name} has ${item}`;
  });
const [north, south, west] = [supplier("north", 1), supplier("south", 2), supplier("west", 3)];
const choose = task("choose", (_ctx: TaskContext, offers: Readonly<Record<string, unknown>>) =>
  Object.entries(offers).flatMap(([name, offer]) => (typeof offer === "string" || (offer as { ok: boolean }).ok ? [name] : [])),
);
const ask = (policy: GroupPolicy) => workflow("ask", chain(parallel([north, south, west], { policy }), choose as never));
const fails: Mocks[string] = () => Promise.reject(new Error("closed"));

/** Who is chosen, or what the run fails with, and when. */
async function askAll(policy: GroupPolicy, closed: readonly string[]) {
  const story = scenario(ask(policy), { input: "bolts", mocks: Object.fromEntries(closed.map((name) => [name, fails])) });
  const { output } = await story.toEnd().catch((error) => ({ output: error.code }));
  return { output, at: story.trace.at(-1)?.at, trace: story.trace };
}

const anyone: GroupPolicy = (results) => Object.values(results).some(({ ok }) => ok);

describe("a fan-out", () => {
  it.each<{ name: string; policy: GroupPolicy; closed: readonly string[]; gives: readonly string[] | "GROUP_FAILED" }>([
    { name: "strict", policy: strict, closed: [], gives: ["north", "south", "west"] },
    { name: "strict", policy: strict, closed: ["south"], gives: "GROUP_FAILED" },
    { name: "bestEffort", policy: bestEffort, closed: ["south"], gives: ["north", "west"] },
    { name: "bestEffort", policy: bestEffort, closed: ["north", "south", "west"], gives: [] },
    { name: "atLeast(2)", policy: atLeast(2), closed: ["west"], gives: ["north", "south"] },
    { name: "atLeast(2)", policy: atLeast(2), closed: ["west", "north"], gives: "GROUP_FAILED" },
    { name: "critical(north)", policy: critical(["north"]), closed: ["south", "west"], gives: ["north"] },
    { name: "critical(north)", policy: critical(["north"]), closed: ["north"], gives: "GROUP_FAILED" },
    { name: "a function", policy: anyone, closed: ["north", "west"], gives: ["south"] },
    { name: "a function", policy: anyone, closed: ["north", "south", "west"], gives: "GROUP_FAILED" },
  ])("under $name, with $closed closed, gives $gives", async ({ policy, closed, gives }) => {
    const { output } = await askAll(policy, closed);
    expect(output).toEqual(gives);
  });

  it("waits for all members before it fails, and fails at the time of the last", async () => {
    const { at, trace } = await askAll(strict, ["north"]);
    expect(trace.map(({ task, became, at: time }) => [task, became, time])).toEqual([
      ["north", "failed", 0],
      ["south", "completed", 2_000],
      ["west", "completed", 3_000],
    ]);
    expect(at).toBe(3_000);
  });

  it("gives failed items their place among the others", async () => {
    const price = task("price", async (ctx: TaskContext, item: string) => {
      await ctx.sleep(item.length);
      if (item.startsWith("x")) throw new RangeError(`no price for ${item}`);
      return item.length;
    });
    const story = scenario(workflow("prices", each(price, { policy: bestEffort, concurrency: 2 })), {
      input: ["bolt", "xenon", "nut", "x", "wire"],
    });
    const { output } = await story.toEnd();
    expect((output as { ok: boolean; value?: number }[]).map(({ ok, value }) => (ok ? value : "failed"))).toEqual([
      4,
      "failed",
      3,
      "failed",
      4,
    ]);
    expect(story.trace.map(({ input, at }) => [input, at])).toEqual([
      ["bolt", 4],
      ["xenon", 5],
      ["x", 6],
      ["nut", 7],
      ["wire", 10],
    ]);
  });
});
