import {
  CheckpointWriteError,
  CommitOutcomeUnknownError,
  chain,
  ExecutionContext,
  MemoryCheckpointStore,
  resume,
  run,
  StoreRolledBackError,
  StoreUnavailableError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { StoredChannel } from "../../src/core/stored-channel.js";
import { COMMIT_SHARED, COMMIT_STEPS } from "../../src/redis/channel-commit-scripts.js";
import { LOAD } from "../../src/redis/channel-run-scripts.js";
import { below, fromEnvironment, seeded } from "../faults/seeded.js";
import { ownRedis } from "../servers/redis.js";
import { contentOf, newChannel, viewOf } from "./channel-support.js";
import { FaultProxy, NETWORK_FAULTS, type NetworkFault } from "./fault-proxy.js";
import { HeldClient } from "./held-client.js";
import { LateClient } from "./late-client.js";
import { afterwards, newClient } from "./support.js";

const server = ownRedis({ persists: true });
const FAULTS = fromEnvironment("CAIRNFLOW_TEST_CHANNEL_FAULTS", 40);

const loop = task("loop", { maxCycles: 10_000 }, async (ctx: TaskContext, last: number) => {
  await ctx.channel.append("seen", ctx.cycle);
  await ctx.channel.prepend("turned", ctx.cycle);
  await ctx.channel.increment("sum");
  if (ctx.cycle < last) ctx.nextIteration(last);
});
const looping = workflow("looping", loop);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

async function newProxy(): Promise<FaultProxy> {
  const proxy = await FaultProxy.start(server().port);
  afterwards(() => proxy.stop());
  return proxy;
}

describe("a run whose network fails", () => {
  it(`applies every step once, and none twice, over ${FAULTS} faults`, async () => {
    const random = seeded(fromEnvironment("CAIRNFLOW_TEST_SEED", 20_27));
    const proxy = await newProxy();
    const channel = newChannel({ url: proxy.url, commandTimeoutMs: 300 });
    const context = ExecutionContext.create(looping, { runId: "r", channel });
    const steps = 4 * FAULTS;
    await context.step(steps);
    for (let turn = 0; turn < FAULTS; turn++) {
      const fault = NETWORK_FAULTS[turn % NETWORK_FAULTS.length] as NetworkFault;
      const met = proxy.arm(fault, below(random, 2), below(random, 400));
      for (let step = 0; step < 3; step++) await context.step();
      await met;
    }
    await context.run();
    await proxy.settled();
    const fired = Object.fromEntries(proxy.fired);
    console.log(`faults fired under a run: ${JSON.stringify(fired)}`);
    expect(Object.values(fired).reduce((sum, count) => sum + count)).toBe(FAULTS);
    const content = await contentOf(newChannel({ url: server().url, prefix: prefixOf(channel.location) }).reader("r"));
    expect(content).toEqual({ seen: upTo(steps), turned: upTo(steps).reverse(), sum: steps });
    expect(content).toEqual(await viewOf(context.channel));
  }, 120_000);

  it("fails when nobody answers, says what to do, and goes on when it is resumed", async () => {
    const proxy = await newProxy();
    const channel = newChannel({ url: proxy.url, commandTimeoutMs: 60 });
    const checkpoints = new MemoryCheckpointStore();
    const context = ExecutionContext.create(looping, { runId: "r", channel, checkpoints });
    await context.step(5);
    proxy.goAway();
    // Until the client has noticed.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const error = await context.run().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(String(error)).toMatch(
      /storing step 2 in the channel of run r failed.*see that the server runs and can be reached, and try again/,
    );
    proxy.comeBack();
    expect((await resume(looping, { from: checkpoints, runId: "r", channel })).steps).toBe(5);
    expect(await contentOf(channel.reader("r"))).toMatchObject({ seen: upTo(5), sum: 5 });
  });

  it("says so when nobody can know whether a step was stored, and goes on when it is resumed", async () => {
    const client = new HeldClient(newClient(server().url));
    const channel = newChannel({ client, commandTimeoutMs: 60 });
    const checkpoints = new MemoryCheckpointStore();
    const context = ExecutionContext.create(looping, { runId: "r", channel, checkpoints });
    await context.step(5);
    client.loseAnswers(1_000);
    const error = await context.run().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CommitOutcomeUnknownError);
    expect(error).toMatchObject({ outcome: "unknown", message: expect.stringContaining("storing step 2 in the channel of run r") });
    expect(client.lostAnswers).toBeGreaterThan(1);
    client.loseAnswers(0);
    expect((await resume(looping, { from: checkpoints, runId: "r", channel })).steps).toBe(5);
    expect(await contentOf(channel.reader("r"))).toMatchObject({ seen: upTo(5), sum: 5 });
  });

  it("does nothing more when an entry it began with comes late, once it was sent again", async () => {
    const client = new LateClient(newClient(server().url));
    const channel = newChannel({ client });
    const context = ExecutionContext.create(looping, { runId: "r", channel });
    await context.channel.set("given", "first");
    client.holdNext(LOAD);
    await context.step(9);
    await context.channel.set("given", "second");
    await context.step();
    expect(await client.deliver()).toEqual(["ok"]);
    expect(await contentOf(channel.reader("r"))).toEqual(await viewOf(context.channel));
  });

  it("does nothing more when a step comes late, once it was sent again", async () => {
    const client = new LateClient(newClient(server().url));
    const channel = newChannel({ client });
    const context = ExecutionContext.create(looping, { runId: "r", channel });
    await context.step(9);
    client.holdNext(COMMIT_STEPS);
    await context.step();
    await context.step();
    expect(await client.deliver()).toEqual(["ok"]);
    expect(await contentOf(channel.reader("r"))).toEqual(await viewOf(context.channel));
  });

  it.each([1, 2, 3])("answers the same when a step was done and its answer got lost %i times", async (times) => {
    const client = new HeldClient(newClient(server().url));
    const channel = newChannel({ client });
    const context = ExecutionContext.create(looping, { runId: "r", channel });
    await context.step(3);
    client.loseAnswers(times);
    await context.step();
    expect(client.lostAnswers).toBe(times);
    expect(await contentOf(channel.reader("r"))).toEqual({ seen: [1, 2], turned: [2, 1], sum: 2 });
  });
});

describe("a channel by itself whose network fails", () => {
  it(`does once what it is told once, over ${FAULTS} faults`, async () => {
    const random = seeded(fromEnvironment("CAIRNFLOW_TEST_SEED", 20_28));
    const proxy = await newProxy();
    const channel = newChannel({ url: proxy.url, commandTimeoutMs: 300 });
    await channel.open();
    for (let turn = 1; turn <= FAULTS; turn++) {
      const met = proxy.arm(NETWORK_FAULTS[turn % NETWORK_FAULTS.length] as NetworkFault, below(random, 2), below(random, 400));
      await channel.append("seen", turn);
      await channel.increment("sum");
      await channel.update("list", (list) => [...((list as number[] | undefined) ?? []), turn]);
      await met;
    }
    await proxy.settled();
    console.log(`faults fired under a channel: ${JSON.stringify(Object.fromEntries(proxy.fired))}`);
    expect(await channel.getMany(["seen", "sum", "list"])).toEqual([upTo(FAULTS), FAULTS, upTo(FAULTS)]);
  }, 120_000);

  it("loses nothing beside others that write the same keys", async () => {
    const channels = Array.from({ length: 4 }, () => newChannel({ url: server().url, prefix: "shared-by-four" }));
    await Promise.all(
      channels.flatMap((channel, at) =>
        upTo(15).map(async (n) => {
          await channel.increment("sum", n);
          await channel.append("seen", at);
          await channel.update("set", (set) => new Set([...((set as Set<string> | undefined) ?? []), `${at}-${n}`]));
        }),
      ),
    );
    const [sum, seen, set] = (await channels[0]?.getMany(["sum", "seen", "set"])) ?? [];
    expect([sum, (seen as unknown[]).length, (set as Set<string>).size]).toEqual([4 * 120, 60, 60]);
  });

  it("does nothing more when a write comes late", async () => {
    const client = new LateClient(newClient(server().url));
    const channel = newChannel({ client });
    client.holdNext(COMMIT_SHARED);
    await channel.append("list", 1);
    await channel.delete("list");
    expect(await client.deliver()).toEqual(["ok"]);
    expect(await channel.has("list")).toBe(false);
  });
});

describe("a server in trouble", () => {
  it("may crash and come back while a run is under way", async () => {
    const channel = newChannel({ url: server().url, commandTimeoutMs: 5_000 });
    const context = ExecutionContext.create(looping, { runId: "crash", channel });
    for (let round = 0; round < 3; round++) {
      await context.step(round === 0 ? 8 : undefined);
      await Promise.all([server().restart(), context.step()]);
    }
    await context.run();
    expect(await contentOf(channel.reader("crash"))).toEqual({ seen: upTo(8), turned: upTo(8).reverse(), sum: 8 });
  }, 60_000);

  it("has lost steps that it had confirmed: the run is stopped, and can be resumed", async () => {
    const admin = newClient(server().url);
    const prefix = "rolled-back";
    const channel = newChannel({ url: server().url, prefix });
    const checkpoints = new MemoryCheckpointStore();
    const context = ExecutionContext.create(looping, { runId: "r", channel, checkpoints });
    await context.step(4);
    const meta = await admin.hgetall(`${prefix}:{r}:channel`);
    await context.step();
    await admin.hset(`${prefix}:{r}:channel`, meta);
    const error = await context.run().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StoreRolledBackError);
    expect(String(error)).toMatch(/found commit 1, expected commit 2.*resume the run from its newest checkpoint/);
    await resume(looping, { from: checkpoints, runId: "r", channel });
    expect(await contentOf(channel.reader("r"))).toMatchObject({ seen: upTo(4), sum: 4 });
  });

  it("has lost everything: the run is stopped", async () => {
    const channel = newChannel({ url: server().url });
    const context = ExecutionContext.create(looping, { runId: "r", channel });
    await context.step(4);
    await newClient(server().url).flushall();
    await expect(context.step()).rejects.toThrow(StoreRolledBackError);
  });

  it("is full: a step is refused as a whole, and the run goes on when there is room", async () => {
    const admin = newClient(server().url);
    const channel = newChannel({ url: server().url });
    const checkpoints = new MemoryCheckpointStore();
    const context = ExecutionContext.create(looping, { runId: "r", channel, checkpoints });
    await context.step(4);
    await admin.config("SET", "maxmemory", "1mb");
    afterwards(() => newClient(server().url).config("SET", "maxmemory", "0"));
    const error = await context.run().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CheckpointWriteError);
    expect(String(error)).toMatch(/a full server \(maxmemory is reached\) \(OOM\).*give the server more memory/);
    expect(await contentOf(channel.reader("r"))).toMatchObject({ seen: [1], sum: 1 });
    await admin.config("SET", "maxmemory", "0");
    await resume(looping, { from: checkpoints, runId: "r", channel });
    expect(await contentOf(channel.reader("r"))).toMatchObject({ seen: upTo(4), sum: 4 });
  });

  it("can only be read: the run fails, and is told to find the primary", async () => {
    const admin = newClient(server().url);
    const channel = newChannel({ url: server().url, commandTimeoutMs: 60 });
    const context = ExecutionContext.create(looping, { runId: "r", channel });
    await context.step(4);
    await admin.replicaof("127.0.0.1", 1);
    afterwards(() => newClient(server().url).replicaof("NO", "ONE"));
    const error = await context.run().catch((error: unknown) => error);
    await admin.replicaof("NO", "ONE");
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(String(error)).toMatch(/give the address of the primary server/);
  });

  it("forgets its scripts, which nobody notices", async () => {
    const admin = newClient(server().url);
    const channel = newChannel({ url: server().url });
    const flush = task("flush", async (ctx: TaskContext) => {
      await admin.script("FLUSH");
      await ctx.channel.append("list", 1);
    });
    await run(
      workflow(
        "w",
        chain(
          flush,
          task("next", () => 1),
        ),
      ),
      undefined,
      { runId: "r", channel },
    );
    expect(await new StoredChannel(channel.reader("r")).get("list")).toEqual([1]);
  });
});

const prefixOf = (location: string): string => location.split(" prefix ")[1] as string;
