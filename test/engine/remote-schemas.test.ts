import { ExecutionContext, type ExecutionOptions, type RunResult, type TaskContext, task, typedChannel, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { TextRunner } from "./text-runner.js";

interface State {
  count: number;
  name: string;
  list: number[];
  other: string;
}

const channelOf = () => typedChannel({ count: z.number().max(3), name: z.string().trim(), list: z.array(z.number()).max(2) });

type Body = (ctx: TaskContext<State>) => Promise<unknown>;

async function ended(body: Body, isRemote: boolean) {
  const channel = channelOf();
  const flow = workflow(
    "typed",
    task("write", async (ctx: TaskContext<State>): Promise<void> => void (await body(ctx))),
  );
  const runner = new TextRunner([flow], channel);
  const options: ExecutionOptions = { channel, ...(isRemote ? { runner } : {}) };
  const run: Promise<RunResult> = ExecutionContext.create(flow, options).run();
  const how = await run.then(
    ({ status }) => status,
    (error: Error) => (error.cause as Error).message,
  );
  expect(runner.tasks).toHaveLength(isRemote ? 1 : 0);
  return { how, state: await channel.getMany(["count", "name", "list"]) };
}

const bodies: readonly (readonly [promise: string, body: Body])[] = [
  ["takes what fits, as its schema gives it back", (ctx) => ctx.channel.set("name", "  Ada ")],
  ["takes lists and numbers that fit", async (ctx) => [await ctx.channel.append("list", 1), await ctx.channel.increment("count", 3)]],
  ["takes an update that fits", (ctx) => ctx.channel.update("count", (count = 1) => count + 1)],
  ["refuses a value that does not fit", (ctx) => ctx.channel.set("count", 4)],
  ["refuses what a number becomes", async (ctx) => [await ctx.channel.set("count", 3), await ctx.channel.increment("count")]],
  ["refuses what a list becomes", async (ctx) => [await ctx.channel.set("list", [1, 2]), await ctx.channel.append("list", 3)]],
  ["refuses an update that does not fit", (ctx) => ctx.channel.update("count", () => 9)],
  ["refuses a key without a schema", (ctx) => ctx.channel.set("other", "x")],
];

describe("a channel with schemas", () => {
  it.each(bodies)("%s, written here or elsewhere", async (_, body) => {
    const here = await ended(body, false);
    expect(await ended(body, true)).toEqual(here);
  });

  it("keeps what a body elsewhere deletes and writes again", async () => {
    const body: Body = async (ctx) => {
      await ctx.channel.set("count", 1);
      await ctx.channel.delete("count");
      await ctx.channel.set("count", 2);
    };
    expect((await ended(body, true)).state).toEqual([2, undefined, undefined]);
  });
});
