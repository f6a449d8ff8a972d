import { describe, expect, it } from "vitest";
import type { ChannelOp } from "../../src/core/channel.js";
import { capture } from "../../src/core/serialize/index.js";
import { MemoryChannel } from "../../src/memory/memory-channel.js";
import { simulatedClock } from "../../src/testing/simulated-clock.js";

const set = (key: string, value: unknown, expiresAt: number | null = null): ChannelOp => ({
  kind: "set",
  key,
  value: capture(value, key),
  expiresAt,
});
const append = (key: string, item: unknown): ChannelOp => ({ kind: "append", key, items: [capture(item, key)], expiresAt: null });

describe("MemoryChannel", () => {
  it("applies all operations of a commit or none", async () => {
    const channel = new MemoryChannel();
    await channel.set("text", "text");
    await channel.append("list", 1);
    await channel.get("list");
    const ops = [append("list", 2), set("new", 1), set("text", "changed"), append("list", 3), append("text", 1)];
    expect(() => channel.backend.commit(ops)).toThrow(/append.*"text"/);
    expect(await channel.getMany(["text", "list", "new"])).toEqual(["text", [1], undefined]);
    expect(await channel.append("list", 4)).toBe(2);
    expect(await channel.get("list")).toEqual([1, 4]);
  });

  it("tells a tracker what changes, what there was before, and what expires", async () => {
    const clock = simulatedClock();
    const channel = new MemoryChannel();
    channel.backend.useClock(clock);
    await channel.set("before", 1);
    const heard: string[] = [];
    channel.backend.track({ touch: (key) => void heard.push(`touch ${key}`), gone: (key) => void heard.push(`gone ${key}`) });
    await channel.set("short", 1, { ttl: 10 });
    await channel.append("list", 1);
    await channel.delete("before");
    await clock.advance(20);
    expect(channel.backend.entry("short")).toBeUndefined();
    expect(heard).toEqual(["touch before", "touch short", "touch list", "gone before", "gone short"]);
  });

  it("is set back to entries, and to nothing else", async () => {
    const clock = simulatedClock();
    const channel = new MemoryChannel();
    channel.backend.useClock(clock);
    await channel.set("old", 1);
    const entries = [
      { key: "a", value: capture([1], "a"), expiresAt: null },
      { key: "b", value: capture(2, "b"), expiresAt: clock.now() + 10 },
    ];
    channel.backend.restore(entries);
    expect(await channel.keys()).toEqual(["a", "b"]);
    expect(await channel.append("a", 2)).toBe(2);
    await clock.advance(20);
    expect(await channel.keys()).toEqual(["a"]);
  });

  it("reads an updated value again only if somebody else has written it", async () => {
    const channel = new MemoryChannel();
    await channel.set("n", 1);
    let calls = 0;
    const double = (value: unknown): number => (calls++, (value as number) * 2);
    await Promise.all([channel.update("n", double), channel.update("n", double)]);
    expect(await channel.get("n")).toBe(4);
    expect(calls).toBe(3);
  });
});
