import assert from "node:assert/strict";
import type { Channel } from "../core/channel.js";
import { InvalidIdError, UsageError } from "../core/errors.js";
import { type ChannelContractCase, promise } from "./channel-support.js";

const KEYS = [
  promise("tells whether there was something to delete", async (channel) => {
    await channel.set("k", 1);
    assert.equal(await channel.delete("k"), true);
    assert.equal(await channel.delete("k"), false);
    assert.equal(await channel.has("k"), false);
    assert.equal(await channel.get("k"), undefined);
  }),
  promise("lists keys sorted, whatever the order of writing", async (channel) => {
    for (const key of ["b", "a10", "a2", "B", "a"]) await channel.set(key, 1);
    assert.deepStrictEqual(await channel.keys(), ["B", "a", "a10", "a2", "b"]);
  }),
  promise("lists the keys of a prefix, taken literally", async (channel) => {
    for (const key of ["user:1", "user:2", "users", "user.x", "us"]) await channel.set(key, 1);
    assert.deepStrictEqual(await channel.keys("user:"), ["user:1", "user:2"]);
    assert.deepStrictEqual(await channel.keys("user."), ["user.x"]);
    assert.deepStrictEqual(await channel.keys("u*"), []);
    assert.deepStrictEqual(await channel.keys("nothing"), []);
  }),
  promise("lists no key that was deleted", async (channel) => {
    await channel.set("a", 1);
    await channel.set("b", 1);
    await channel.delete("a");
    assert.deepStrictEqual(await channel.keys(), ["b"]);
  }),
  promise("takes keys in segments, up to 512 characters", async (channel) => {
    const long = `a/${"b".repeat(127)}:${"c".repeat(127)}/${"d".repeat(127)}`;
    for (const key of ["a/b:c", "model.v1_2-x", "0", long]) await channel.set(key, key);
    assert.equal(await channel.get(long), long);
  }),
  promise("gives many values in the order of the keys", async (channel) => {
    await channel.set("a", 1);
    await channel.set("b", [2]);
    assert.deepStrictEqual(await channel.getMany(["b", "nothing", "a", "b"]), [[2], undefined, 1, [2]]);
    assert.deepStrictEqual(await channel.getMany([]), []);
  }),
  promise("keeps writes to the result of a task out", async (channel) => {
    const key = "task.__result__";
    for (const write of writes(channel, key)) await assert.rejects(write(), UsageError);
    assert.equal(await channel.has(key), false);
    assert.deepStrictEqual(await channel.keys(), []);
  }),
];

const INVALID = ["", "*", "a b", "__proto__", "a//b", "/a", "a:", ".a", "a\n", "é", "../a", "a".repeat(129), "a/".repeat(300) + "a"];

const INVALID_KEYS = INVALID.map((key) =>
  promise(
    `refuses the key ${JSON.stringify(key.length > 20 ? `${key.slice(0, 8)}… (${key.length} characters)` : key)}`,
    async (channel) => {
      for (const use of [...writes(channel, key), () => channel.get(key), () => channel.has(key), () => channel.getMany([key])])
        await assert.rejects(use(), InvalidIdError);
      assert.deepStrictEqual(await channel.keys(), []);
    },
  ),
);

function writes(channel: Channel, key: string): (() => Promise<unknown>)[] {
  return [
    () => channel.set(key, 1),
    () => channel.append(key, 1),
    () => channel.prepend(key, 1),
    () => channel.increment(key),
    () => channel.update(key, () => 1),
    () => channel.delete(key),
  ];
}

/** What a channel promises of its keys. */
export const channelKeys: readonly ChannelContractCase[] = [...KEYS, ...INVALID_KEYS];
