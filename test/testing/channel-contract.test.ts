import { type Channel, run, task, workflow } from "cairnflow";
import { type ChannelUnderTest, channelContract } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { Deferred } from "../../src/engine/deferred.js";
import { MemoryChannel } from "../../src/memory/memory-channel.js";
import { simulatedClock } from "../../src/testing/simulated-clock.js";

/** The channel of a task that is under way until it is closed; its run must end well. */
async function openInsideTask(): Promise<ChannelUnderTest> {
  const clock = simulatedClock();
  const opened = new Deferred<Channel>();
  const closed = new Deferred<void>();
  const body = task("body", async (ctx): Promise<void> => {
    opened.resolve(ctx.channel);
    await closed.promise;
  });
  const running = run(workflow("w", body), undefined, { clock });
  return {
    channel: await opened.promise,
    pass: (ms) => clock.advance(ms),
    close: async () => {
      closed.resolve();
      expect((await running).status).toBe("completed");
    },
  };
}

async function openMemory(): Promise<ChannelUnderTest> {
  const clock = simulatedClock();
  const channel = new MemoryChannel();
  channel.backend.useClock(clock);
  return { channel, pass: (ms) => clock.advance(ms) };
}

it("makes at least 35 promises, each under a name of its own", () => {
  expect(channelContract.length).toBeGreaterThanOrEqual(35);
  expect(new Set(channelContract.map(({ name }) => name)).size).toBe(channelContract.length);
});

describe("a MemoryChannel", () => {
  it.each(channelContract)("$name", ({ check }) => check(openMemory));
});

describe("the channel of a task, which is a view of its run's", () => {
  it.each(channelContract)("$name", ({ check }) => check(openInsideTask));
});

describe("a channel that breaks a promise", () => {
  const broken = (breakIt: (channel: Channel) => Partial<Channel>) => async (): Promise<ChannelUnderTest> => {
    const { channel, pass } = await openMemory();
    const changed = new Proxy(channel, {
      get: (target, key) => {
        const own = (breakIt(target) as Record<string | symbol, unknown>)[key];
        const value = own ?? Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { channel: changed, pass };
  };
  const faults: readonly (readonly [string, (channel: Channel) => Partial<Channel>])[] = [
    ["unsorted keys", (channel) => ({ keys: async (prefix) => (await channel.keys(prefix)).reverse() })],
    ["thawed values", (channel) => ({ get: async (key) => structuredClone(await channel.get(key)) })],
    ["no lifetimes", (channel) => ({ set: (key, value) => channel.set(key, value) })],
    ["a delete that always says yes", (channel) => ({ delete: async (key) => (await channel.delete(key)) || true })],
    ["an append that gives the index", (channel) => ({ append: async (key, item) => (await channel.append(key, item)) - 1 })],
  ];
  it.each(faults)("is found out: %s", async (_, breakIt) => {
    const ends = await Promise.allSettled(channelContract.map(({ check }) => check(broken(breakIt))));
    expect(ends.some((end) => end.status === "rejected")).toBe(true);
  });
});
