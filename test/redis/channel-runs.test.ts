import { randomUUID } from "node:crypto";
import {
  type Channel,
  chain,
  ExecutionContext,
  each,
  fork,
  MemoryCheckpointStore,
  resume,
  run,
  StaleOwnerError,
  type TaskContext,
  task,
  UsageError,
  workflow,
} from "cairnflow";
import { type ChannelUnderTest, channelContract, simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { resultKey } from "../../src/core/result-key.js";
import { capture } from "../../src/core/serialize/index.js";
import { StoredChannel } from "../../src/core/stored-channel.js";
import { Deferred } from "../../src/engine/deferred.js";
import { sharedRedis } from "../servers/redis.js";
import { contentOf, keysBelow, newChannel, viewOf } from "./channel-support.js";
import { newClient } from "./support.js";

const url = sharedRedis();

/** The channel of a task of a run over Redis; at the end of the run Redis must have what the run has. */
async function openInsideTask(): Promise<ChannelUnderTest> {
  const clock = simulatedClock();
  const redis = newChannel({ url: url() });
  const opened = new Deferred<Channel>();
  const closed = new Deferred<void>();
  const body = task("body", async (ctx: TaskContext): Promise<void> => {
    opened.resolve(ctx.channel);
    await closed.promise;
  });
  const context = ExecutionContext.create(workflow("w", body), { clock, runId: "r", channel: redis });
  const running = context.run();
  return {
    channel: await opened.promise,
    pass: (ms) => clock.advance(ms),
    close: async () => {
      closed.resolve();
      await running;
      expect(await contentOf(redis.reader("r"))).toEqual(await viewOf(context.channel));
    },
  };
}

describe("the channel of a task whose run keeps it in Redis", () => {
  it.each(channelContract)("$name", ({ check }) => check(openInsideTask));
});

interface State {
  readonly sum: number;
  readonly seen: readonly unknown[];
  readonly whole: readonly unknown[];
}

/** All kinds of writes, lists that were set before they are added to, and tasks side by side. */
function busy(name: string) {
  const begin = task("begin", async (ctx: TaskContext<State>, n: number) => {
    await ctx.channel.set("whole", [n, { n }]);
    await ctx.channel.set("seen", []);
    return Array.from({ length: 12 }, (_, at) => n + at);
  });
  const work = task("work", async (ctx: TaskContext<State>, n: number) => {
    await ctx.channel.increment("sum", n / 4);
    await ctx.channel.append("seen", { n, at: new Date(n) });
    await (n % 2 === 0 ? ctx.channel.append("whole", [n]) : ctx.channel.prepend("whole", [n]));
    return n;
  });
  const end = task("end", async (ctx: TaskContext<State>, all: readonly number[]) => {
    await ctx.channel.update("seen", (seen = []) => seen.slice(0, 10));
    await ctx.channel.append("seen", new Map([["all", all.length]]));
    return ctx.channel.get("sum");
  });
  return workflow(name, chain(begin, each(work, { concurrency: 3 }), end));
}

describe("a run over Redis", () => {
  it("shows each task what was committed before, wherever the task reads it", async () => {
    const channel = newChannel({ url: url() });
    const reader = channel.reader("r");
    const seen: unknown[] = [];
    const first = task("first", async (ctx: TaskContext) => {
      await ctx.channel.append("list", 1);
      await expect(new StoredChannel(reader).get("list")).resolves.toBeUndefined();
      return "from first";
    });
    const second = task("second", async () => {
      seen.push(await new StoredChannel(reader).get("list"), (await reader.read(resultKey("first")))?.read(), await reader.length("list"));
    });
    await run(workflow("w", chain(first, second)), undefined, { channel, runId: "r" });
    expect(seen).toEqual([[1], "from first", 1]);
  });

  it("leaves in Redis what it has itself, three at once under one prefix, each its own", async () => {
    const channel = newChannel({ url: url() });
    const inputs = new Map([
      ["a", 0],
      ["a.b", 100],
      ["a-b", 1_000],
    ]);
    const contexts = Array.from(inputs, ([runId, n]) => ({ n, context: ExecutionContext.create(busy("busy"), { runId, channel }) }));
    await Promise.all(contexts.map(({ context, n }) => context.run(n)));
    for (const { context, n } of contexts) {
      const content = await contentOf(channel.reader(context.runId));
      expect(content).toEqual(await viewOf(context.channel, ["begin", "end"]));
      expect(content["sum"]).toBe((12 * n + 66) / 4);
      expect(content["whole"]).toHaveLength(14);
    }
  });

  it.each(["constructor", "meta", "channel", "0", "x".repeat(128)])("may be called %s", async (runId) => {
    const channel = newChannel({ url: url() });
    const keys = ["constructor", "toString", "a:b", "a/b", "index", "values", "list:a", "hasOwnProperty", "x".repeat(128)];
    const writes = task("writes", async (ctx: TaskContext) => {
      for (const key of keys) await ctx.channel.append(key, key);
    });
    await run(workflow("w", writes), undefined, { runId, channel });
    expect(await contentOf(channel.reader(runId))).toEqual(Object.fromEntries(keys.map((key) => [key, [key]])));
    for (const key of ["__proto__", "*", "a*", ""]) expect(await channel.reader(runId).read(key)).toBeUndefined();
    expect(await channel.reader(runId).keys("*")).toEqual([]);
  });

  it("keeps all its keys in one slot, and below its prefix", async () => {
    const prefix = `test-${randomUUID()}`;
    const client = newClient(url());
    const channel = newChannel({ url: url(), prefix });
    const before = (await client.keys("*")).length;
    await run(busy("busy"), 1, { runId: "r", channel });
    const keys = await keysBelow(client, prefix);
    expect(keys.filter((key) => !key.startsWith(`${prefix}:{r}:channel`))).toEqual([`${prefix}:probe`]);
    expect((await client.keys("*")).length).toBe(before + keys.length);
  });
});

describe("what a run leaves in Redis when it ends", () => {
  it("disappears after keepMs, all of it", async () => {
    const prefix = `test-${randomUUID()}`;
    const client = newClient(url());
    await run(busy("busy"), 1, { runId: "r", channel: newChannel({ url: url(), prefix, keepMs: 50_000 }) });
    const left = await Promise.all((await keysBelow(client, prefix)).map((key) => client.pttl(key)));
    expect(left.length).toBeGreaterThan(4);
    for (const ms of left) expect(ms).toBeGreaterThan(0);
    for (const ms of left) expect(ms).toBeLessThanOrEqual(60_000);
  });

  it.each(["completed", "failed", "stopped"])("is nothing with keepMs 0, if it has %s", async (how) => {
    const prefix = `test-${randomUUID()}`;
    const channel = newChannel({ url: url(), prefix, keepMs: 0 });
    const ends = task("ends", async (ctx: TaskContext) => {
      await ctx.channel.append("list", 1);
      if (how === "stopped") context.stop();
      ctx.nextTask(last);
    });
    const last = task("last", () => (how === "failed" ? Promise.reject(new Error("no")) : undefined));
    const context = ExecutionContext.create(workflow("w", ends, { tasks: [last] }), { runId: "r", channel });
    await context.run().catch(() => {});
    expect(await keysBelow(newClient(url()), `${prefix}:{r}`)).toEqual([]);
    await expect(channel.reader("r").read("list")).rejects.toThrow(UsageError);
  });

  it("stays when it did not end, until it is forgotten", async () => {
    const prefix = `test-${randomUUID()}`;
    const client = newClient(url());
    const channel = newChannel({ url: url(), prefix });
    const context = ExecutionContext.create(busy("busy"), { runId: "r", channel });
    for (let step = 0; step < 5; step++) await context.step(step === 0 ? 1 : undefined);
    for (const key of await keysBelow(client, `${prefix}:{r}`)) expect(await client.pttl(key)).toBe(-1);
    await channel.forget("r");
    expect(await keysBelow(client, `${prefix}:{r}`)).toEqual([`${prefix}:{r}:channel`]);
    expect(await client.pttl(`${prefix}:{r}:channel`)).toBeGreaterThan(0);
    await expect(channel.reader("r").keys("")).rejects.toThrow(/run r has no channel in .*expected one that its engine has begun/);
    await expect(context.step()).rejects.toThrow(StaleOwnerError);
  });
});

describe("the channel of a run, from outside,", () => {
  it("can be read, and not written", async () => {
    const channel = newChannel({ url: url() });
    await run(busy("busy"), 1, { runId: "r", channel });
    await expect(new StoredChannel(channel.reader("r")).set("k", 1)).rejects.toThrow(UsageError);
    expect((await new StoredChannel(channel.reader("r")).keys()).length).toBe(3);
  });

  it("is none for a run that is not there, and for a name that is none", async () => {
    const channel = newChannel({ url: url() });
    await expect(channel.reader("nobody").read("k")).rejects.toThrow(UsageError);
    for (const runId of ["*", "__proto__", "a:b", "_shared", ""]) {
      expect(() => channel.reader(runId)).toThrow(/not a valid id/);
      expect(() => channel.forRun(runId)).toThrow(/not a valid id/);
      await expect(channel.forget(runId)).rejects.toThrow(/not a valid id/);
    }
  });
});

describe("a run that is taken over", () => {
  it("writes nothing more, and fails, whoever replaced it", async () => {
    const channel = newChannel({ url: url() });
    const first = ExecutionContext.create(busy("busy"), { runId: "r", channel });
    await first.step(1);
    const second = ExecutionContext.create(busy("busy"), { runId: "r", channel });
    await second.step(50);
    const before = await contentOf(channel.reader("r"));
    await expect(first.step()).rejects.toThrow(StaleOwnerError);
    expect(await contentOf(channel.reader("r"))).toEqual(before);
    await second.run();
    expect(await contentOf(channel.reader("r"))).toEqual(await viewOf(second.channel));
  });

  it("is refused even if it has the older claim and begins later", async () => {
    const channel = newChannel({ url: url() });
    const [older, newer] = [channel.forRun("r"), channel.forRun("r")];
    expect(await older.claim()).toBeNull();
    await newer.claim();
    await newer.begin({ entries: [], steps: 3, now: 0 });
    await expect(older.begin({ entries: [], steps: 1, now: 0 })).rejects.toThrow(StaleOwnerError);
    expect(await channel.forRun("r").claim()).toBe(3);
  });
});

describe("writes of several items", () => {
  it("stand in a list in their order, and many of them at once", async () => {
    const channel = newChannel({ url: url() });
    const replica = channel.forRun("r");
    await replica.claim();
    await replica.begin({ entries: [], steps: 0, now: 0 });
    const add = (kind: "append" | "prepend", ...items: readonly number[]) =>
      ({ kind, key: "list", items: items.map((item) => capture(item, "item")), expiresAt: null }) as const;
    const many = Array.from({ length: 2_500 }, (_, at) => at);
    await replica.send(
      [{ steps: 1, ops: [add("append", 1, 2), add("prepend", 3, 4), add("append", ...many), add("prepend", ...many)] }],
      0,
    );
    const reader = channel.reader("r");
    expect((await reader.read("list"))?.read()).toEqual([...many, 3, 4, 1, 2, ...many]);
    expect(await reader.length("list")).toBe(5_004);
  });

  it("of more steps than one script takes keep their order", async () => {
    const channel = newChannel({ url: url() });
    const replica = channel.forRun("r");
    await replica.claim();
    await replica.begin({ entries: [], steps: 0, now: 0 });
    const steps = Array.from({ length: 2_300 }, (_, at) => ({
      steps: at + 1,
      ops: [{ kind: "append", key: "list", items: [capture(at, "item")], expiresAt: null }] as const,
    }));
    await replica.send(steps, 0);
    expect((await channel.reader("r").read("list"))?.read()).toEqual(steps.map((_, at) => at));
    expect(await channel.forRun("r").claim()).toBe(2_300);
  });
});

describe("a run that goes on", () => {
  it("has Redis at its checkpoint, says so if that was further, and leaves nothing of what was there", async () => {
    const prefix = `test-${randomUUID()}`;
    const client = newClient(url());
    const channel = newChannel({ url: url(), prefix });
    const checkpoints = new MemoryCheckpointStore();
    const first = ExecutionContext.create(busy("busy"), { runId: "r", channel, checkpoints });
    await first.step(1);
    await first.checkpoint();
    for (let step = 0; step < 6; step++) await first.step();
    const context = await ExecutionContext.resume(busy("busy"), { from: checkpoints, runId: "r", channel, takeOver: true });
    const warnings: string[] = [];
    context.events.on("warning", ({ message }) => void warnings.push(message));
    await context.step();
    expect(warnings).toEqual([expect.stringMatching(/was at step 7, and the run goes on from step 1: it was set back/)]);
    expect(await contentOf(channel.reader("r"))).toEqual(await viewOf(context.channel));
    await expect(first.step()).rejects.toThrow(StaleOwnerError);
    await context.run();
    expect(await contentOf(channel.reader("r"))).toEqual(await viewOf(context.channel));
    const generations = (await keysBelow(client, `${prefix}:{r}:channel:`)).map((key) => key.split(":")[3]);
    expect(new Set(generations)).toEqual(new Set(["2"]));
  });

  it("says so if it goes on without the channel that it had", async () => {
    const channel = newChannel({ url: url() });
    const checkpoints = new MemoryCheckpointStore();
    const first = ExecutionContext.create(busy("busy"), { runId: "r", channel, checkpoints });
    await first.step(1);
    await first.checkpoint();
    const codes: string[] = [];
    const events = { warning: ({ code }: { readonly code: string }) => void codes.push(code) };
    await ExecutionContext.resume(busy("busy"), { from: checkpoints, runId: "r", channel, takeOver: true, events });
    expect(codes).toEqual([]);
    await ExecutionContext.resume(busy("busy"), { from: checkpoints, runId: "r", takeOver: true, events });
    expect(codes).toEqual(["CHANNEL_CHANGED"]);
  });

  it("is seen by a reader as it was or as it is set back, and not in between", async () => {
    const channel = newChannel({ url: url() });
    const reader = channel.reader("r");
    const [first, second] = [channel.forRun("r"), channel.forRun("r")];
    const clock = simulatedClock();
    const image = async (n: number) => {
      const { backend } = new (await import("../../src/memory/memory-channel.js")).MemoryChannel();
      backend.useClock(clock);
      const entries = Array.from({ length: 1_700 }, (_, at) => ({ key: `k${at}`, value: n }));
      for (const { key, value } of entries) await new StoredChannel(backend).set(key, value);
      return { entries: entries.flatMap(({ key }) => backend.entry(key) ?? []), steps: n, now: clock.now() };
    };
    const [one, two] = [await image(1), await image(2)];
    await first.claim();
    await first.begin(one);
    await second.claim();
    const seen = new Set<unknown>();
    let isDone = false;
    const looking = (async () => {
      while (!isDone) {
        const pair = await Promise.all(["k0", "k1699"].map(async (key) => (await reader.read(key))?.read()));
        seen.add(String(pair));
      }
    })();
    await second.begin(two);
    isDone = true;
    await looking;
    expect([...seen].every((pair) => ["1,1", "2,2", "1,2"].includes(String(pair)))).toBe(true);
    expect(seen.has("1,1")).toBe(true);
    expect((await reader.read("k7"))?.read()).toBe(2);
  });

  it("as a fork has keys of its own", async () => {
    const channel = newChannel({ url: url() });
    const checkpoints = new MemoryCheckpointStore();
    const first = ExecutionContext.create(busy("busy"), { runId: "r", channel, checkpoints });
    await first.step(1);
    await first.checkpoint();
    const before = await contentOf(channel.reader("r"));
    await fork(busy("busy"), { from: checkpoints, runId: "r", newRunId: "f", newChannel: channel, channel: { sum: 1_000 } });
    expect(await contentOf(channel.reader("r"))).toEqual(before);
    expect((await contentOf(channel.reader("f")))["sum"]).toBe(1_000 + 78 / 4);
  });

  it("goes on from its last step with a journal", async () => {
    const channel = newChannel({ url: url() });
    const options = { channel, checkpoints: new MemoryCheckpointStore(), durability: "step" } as const;
    const first = ExecutionContext.create(busy("busy"), { runId: "r", ...options });
    await first.step(1);
    for (let step = 0; step < 6; step++) await first.step();
    const { channel: _, checkpoints: from, durability } = options;
    const context = await ExecutionContext.resume(busy("busy"), { from, runId: "r", channel, durability, takeOver: true });
    const warnings: string[] = [];
    context.events.on("warning", ({ code }) => void warnings.push(code));
    const { steps } = await context.run();
    expect([steps, warnings]).toEqual([14, []]);
    expect(await contentOf(channel.reader("r"))).toEqual(await viewOf(context.channel));
  });

  it("goes on elsewhere after its channel was kept in memory", async () => {
    const channel = newChannel({ url: url() });
    const checkpoints = new MemoryCheckpointStore();
    const first = ExecutionContext.create(busy("busy"), { runId: "r", checkpoints });
    await first.step(1);
    await first.checkpoint();
    const { steps } = await resume(busy("busy"), { from: checkpoints, runId: "r", channel, takeOver: true });
    expect(steps).toBe(14);
    expect((await contentOf(channel.reader("r")))["sum"]).toBe(78 / 4);
  });
});
