import { randomUUID } from "node:crypto";
import { run, type TaskContext, task, UsageError, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";
import { CheckpointCorruptError } from "../../src/core/errors.js";
import { sharedRedis } from "../servers/redis.js";
import { newChannel } from "./channel-support.js";
import { newClient } from "./support.js";

const url = sharedRedis();

const writing = workflow(
  "writing",
  task("write", async (ctx: TaskContext): Promise<void> => {
    await ctx.channel.set("value", 7);
    await ctx.channel.set("array", [1, 2]);
    for (const item of [1, 2, 3]) await ctx.channel.append("list", item);
  }),
);

/** The channel of a run that has ended, and a client to damage it. */
async function written() {
  const prefix = `test-${randomUUID()}`;
  const channel = newChannel({ url: url(), prefix });
  await run(writing, undefined, { runId: "r", channel });
  const client = newClient(url());
  const generation = await client.hget(`${prefix}:{r}:channel`, "generation");
  return { channel, client, base: `${prefix}:{r}:channel:${generation}` };
}

describe("a channel of a run of which a part was lost", () => {
  it("says so instead of reading something else", async () => {
    const { channel, client, base } = await written();
    const reader = channel.reader("r");
    expect((await reader.read("list"))?.read()).toEqual([1, 2, 3]);
    await client.del(`${base}:values`);
    await client.lpop(`${base}:list:list`);
    for (const key of ["value", "array", "list"]) await expect(reader.read(key)).rejects.toThrow(CheckpointCorruptError);
    await client.del(`${base}:list:list`);
    await expect(reader.read("list")).rejects.toThrow(CheckpointCorruptError);
  });

  it("says so as well when what is there cannot be read", async () => {
    const { channel, client, base } = await written();
    const reader = channel.reader("r");
    await client.hset(`${base}:values`, "value", "{");
    await client.hset(`${base}:index`, "array", "a 1");
    for (const key of ["value", "array"]) await expect(reader.read(key)).rejects.toThrow(CheckpointCorruptError);
  });
});

describe("a channel of a run that was forgotten", () => {
  it("is not there, however often a reader asks", async () => {
    const { channel } = await written();
    const reader = channel.reader("r");
    expect(await reader.length("list")).toBe(3);
    await channel.forget("r");
    for (let time = 0; time < 3; time++) {
      await expect(reader.read("value")).rejects.toThrow(UsageError);
      await expect(reader.keys("")).rejects.toThrow(UsageError);
    }
  });
});
