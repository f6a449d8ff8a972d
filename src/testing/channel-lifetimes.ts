import assert from "node:assert/strict";
import { InvalidOptionError } from "../core/errors.js";
import { type ChannelContractCase, promise } from "./channel-support.js";

const LIFETIMES = [
  promise("forgets a value when its time is over, and not before", async (channel, pass) => {
    await channel.set("k", 1, { ttl: "1s" });
    await channel.set("stays", 1);
    await pass(500);
    assert.equal(await channel.get("k"), 1);
    await pass(1_500);
    assert.equal(await channel.get("k"), undefined);
    assert.equal(await channel.has("k"), false);
    assert.deepStrictEqual(await channel.keys(), ["stays"]);
    assert.equal(await channel.delete("k"), false);
  }),
  promise("counts a lifetime from the last write", async (channel, pass) => {
    await channel.set("k", 1, { ttl: 1_000 });
    await pass(700);
    await channel.set("k", 2, { ttl: 1_000 });
    await pass(700);
    assert.equal(await channel.get("k"), 2);
  }),
  promise("keeps a value for good once it is set without a lifetime", async (channel, pass) => {
    await channel.set("k", 1, { ttl: 1_000 });
    await channel.set("k", 2);
    await pass(5_000);
    assert.equal(await channel.get("k"), 2);
  }),
  promise("gives lists, numbers and updated values a lifetime, too", async (channel, pass) => {
    await channel.append("list", 1, { ttl: 1_000 });
    await channel.prepend("front", 1, { ttl: 1_000 });
    await channel.increment("n", 1, { ttl: 1_000 });
    await channel.update("u", () => 1, { ttl: 1_000 });
    await pass(2_000);
    assert.deepStrictEqual(await channel.keys(), []);
  }),
  promise("refuses a lifetime that is none", async (channel) => {
    for (const ttl of [-1, Number.NaN, "soon", "1 fortnight"]) await assert.rejects(channel.set("k", 1, { ttl }), InvalidOptionError);
    assert.equal(await channel.has("k"), false);
  }),
];

/** What a channel promises of values that disappear. */
export const channelLifetimes: readonly ChannelContractCase[] = LIFETIMES;
