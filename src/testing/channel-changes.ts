import assert from "node:assert/strict";
import type { Channel } from "../core/channel.js";
import { InvalidOptionError, NotSerializableError, UsageError } from "../core/errors.js";
import { type ChannelContractCase, promise } from "./channel-support.js";

const LISTS = [
  promise("appends to a list, which it makes, and gives the new length", async (channel) => {
    assert.equal(await channel.append("list", "a"), 1);
    assert.equal(await channel.append("list", { b: [1] }), 2);
    assert.deepStrictEqual(await channel.get("list"), ["a", { b: [1] }]);
  }),
  promise("prepends to a list, which it makes, and gives the new length", async (channel) => {
    assert.equal(await channel.prepend("list", 1), 1);
    assert.equal(await channel.prepend("list", 2), 2);
    assert.deepStrictEqual(await channel.get("list"), [2, 1]);
  }),
  promise("adds to both ends of a list that was set", async (channel) => {
    await channel.set("list", [2]);
    assert.equal(await channel.append("list", 3), 2);
    assert.equal(await channel.prepend("list", 1), 3);
    assert.equal(await channel.append("list", new Date(0)), 4);
    assert.deepStrictEqual(await channel.get("list"), [1, 2, 3, new Date(0)]);
  }),
  promise("adds a list as one item", async (channel) => {
    await channel.append("list", [1, 2]);
    assert.deepStrictEqual(await channel.get("list"), [[1, 2]]);
  }),
  promise("keeps a list that somebody has read as it was", async (channel) => {
    await channel.append("list", 1);
    const before = await channel.get("list");
    await channel.append("list", 2);
    assert.deepStrictEqual(before, [1]);
  }),
  promise("keeps the order of many appends", async (channel) => {
    const expected = Array.from({ length: 300 }, (_, at) => at);
    for (const item of expected) await channel.append("list", item);
    assert.deepStrictEqual(await channel.get("list"), expected);
  }),
  promise("refuses to append what could not be stored, with the path", async (channel) => {
    await assert.rejects(channel.append("list", { f() {} }), (error) => {
      return error instanceof NotSerializableError && /channel\.list\[\]\.f/.test(error.message);
    });
    assert.equal(await channel.has("list"), false);
  }),
];

const NUMBERS = [
  promise("increments from nothing, by one or another number, and gives the sum", async (channel) => {
    assert.equal(await channel.increment("n"), 1);
    assert.equal(await channel.increment("n", 41), 42);
    assert.equal(await channel.increment("n", -2.5), 39.5);
    assert.equal(await channel.get("n"), 39.5);
  }),
  promise("refuses to increment by what is no finite number", async (channel) => {
    for (const by of [Number.NaN, Number.POSITIVE_INFINITY, "1", null])
      await assert.rejects(channel.increment("n", by as number), InvalidOptionError);
    assert.equal(await channel.has("n"), false);
  }),
];

const WRONG: readonly (readonly [string, unknown, (channel: Channel) => Promise<unknown>])[] = [
  ["append to a text", "text", (channel) => channel.append("k", 1)],
  ["append to null", null, (channel) => channel.append("k", 1)],
  ["append to an object", { 0: "a", length: 1 }, (channel) => channel.append("k", 1)],
  ["prepend to a number", 1, (channel) => channel.prepend("k", 1)],
  ["increment a text", "1", (channel) => channel.increment("k")],
  ["increment null", null, (channel) => channel.increment("k")],
  ["increment a bigint", 1n, (channel) => channel.increment("k")],
];

const WRONG_KINDS = WRONG.map(([name, value, use]) =>
  promise(`refuses to ${name}, at the call, and leaves it as it is`, async (channel) => {
    await channel.set("k", value);
    await assert.rejects(use(channel), UsageError);
    assert.deepStrictEqual(await channel.get("k"), value);
    await channel.set("k", "usable");
    assert.equal(await channel.get("k"), "usable");
  }),
);

const UPDATES = [
  promise("updates from the value there is, and gives the new one", async (channel) => {
    await channel.set("k", { n: 1 });
    const updated = await channel.update("k", (value) => ({ n: (value as { n: number }).n + 1 }));
    assert.deepStrictEqual(updated, { n: 2 });
    assert.deepStrictEqual(await channel.get("k"), { n: 2 });
  }),
  promise("updates from undefined where there is nothing", async (channel) => {
    assert.equal(await channel.update("k", (value) => (value === undefined ? "first" : "other")), "first");
  }),
  promise("hands an update a frozen value", async (channel) => {
    await channel.set("k", [1]);
    await assert.rejects(
      channel.update("k", (value) => {
        (value as number[]).push(2);
        return value;
      }),
      TypeError,
    );
    assert.deepStrictEqual(await channel.get("k"), [1]);
  }),
  promise("rejects with what an update throws, and keeps the value", async (channel) => {
    await channel.set("k", 1);
    const thrown = new RangeError("no");
    await assert.rejects(
      channel.update("k", () => {
        throw thrown;
      }),
      (error) => error === thrown,
    );
    assert.equal(await channel.get("k"), 1);
  }),
  promise("refuses an asynchronous update", async (channel) => {
    await assert.rejects(
      channel.update("k", async () => 1),
      UsageError,
    );
    assert.equal(await channel.has("k"), false);
  }),
  promise("applies writes of all kinds in their order", async (channel) => {
    await channel.append("k", 1);
    await channel.update("k", (value) => [...(value as number[]), 2]);
    await channel.prepend("k", 0);
    await channel.delete("k");
    await channel.increment("k", 5);
    await channel.update("k", (value) => (value as number) * 2);
    assert.equal(await channel.increment("k"), 11);
  }),
];

/** What a channel promises of lists, numbers and updates. */
export const channelChanges: readonly ChannelContractCase[] = [...LISTS, ...NUMBERS, ...WRONG_KINDS, ...UPDATES];
