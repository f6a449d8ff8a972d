import assert from "node:assert/strict";
import { NotSerializableError } from "../core/errors.js";
import { type ChannelContractCase, promise } from "./channel-support.js";

function keeps(name: string, make: () => unknown): ChannelContractCase {
  return promise(`keeps ${name}`, async (channel) => {
    const given = make();
    await channel.set("value", given);
    assert.deepStrictEqual(await channel.get("value"), given);
    assert.equal(await channel.has("value"), true);
  });
}

const VALUES = [
  keeps("a text, an empty one too", () => ["", "text", "\u2028 \u0000 🙂 \ud800"]),
  keeps("numbers exactly", () => [0, -0, 0.1, -1e-7, 1e21, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE]),
  keeps("NaN and the infinities", () => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
  keeps("false and null", () => [false, null]),
  keeps("null alone", () => null),
  keeps("nested objects and lists", () => ({ a: { b: [1, { c: [] }] }, "key with spaces": {}, 1: "one" })),
  keeps("a Map and a Set", () => ({ map: new Map<unknown, unknown>([["k", new Set([1, 2])]]), set: new Set(["a"]) })),
  keeps("a Date", () => new Date("2026-01-02T03:04:05.678Z")),
  keeps("a bigint", () => 2n ** 200n),
  keeps("typed arrays", () => ({ bytes: new Uint8Array([0, 255]), floats: new Float64Array([0.5, -0]) })),
  keeps("undefined inside of an object", () => ({ there: undefined, list: [undefined] })),
  keeps("a large value", () => Array.from({ length: 20_000 }, (_, at) => ({ at, text: `item ${at}` }))),
];

const BY_VALUE = [
  promise("gives nothing for a key that was never set", async (channel) => {
    assert.equal(await channel.get("nothing"), undefined);
    assert.equal(await channel.has("nothing"), false);
  }),
  promise("replaces a value, of another kind too", async (channel) => {
    await channel.set("k", [1]);
    await channel.set("k", "text");
    assert.equal(await channel.get("k"), "text");
  }),
  promise("keeps what a value was when it was set", async (channel) => {
    const given = { list: [1] };
    await channel.set("k", given);
    given.list.push(2);
    assert.deepStrictEqual(await channel.get("k"), { list: [1] });
  }),
  promise("gives frozen values: changing one in place throws and changes nothing", async (channel) => {
    await channel.set("k", { list: [{ n: 1 }] });
    const read = (await channel.get("k")) as { list: { n: number }[] };
    assert.throws(() => read.list.push({ n: 2 }), TypeError);
    assert.throws(() => Object.assign(read.list[0] as object, { n: 2 }), TypeError);
    assert.deepStrictEqual(await channel.get("k"), { list: [{ n: 1 }] });
  }),
  promise("keeps readers of a Map apart", async (channel) => {
    await channel.set("k", new Map([["a", 1]]));
    const read = (await channel.get("k")) as Map<string, number>;
    try {
      read.set("b", 2);
    } catch {
      // Refused is as good as unnoticed.
    }
    assert.deepStrictEqual(await channel.get("k"), new Map([["a", 1]]));
  }),
];

const REFUSED: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["a function", () => ({ layers: [{}, { w: () => 0 }] }), /channel\.k\.layers\[1\]\.w/],
  ["a symbol", () => ({ a: Symbol("s") }), /channel\.k\.a/],
  ["an instance of a class nobody registered", () => ({ at: [new (class Own {})()] }), /channel\.k\.at\[0\]/],
  ["a value that contains itself", selfContaining, /channel\.k\.self/],
];

function selfContaining(): unknown {
  const value: Record<string, unknown> = {};
  value["self"] = value;
  return value;
}

const SERIALIZABLE = REFUSED.map(([name, make, path]) =>
  promise(`refuses ${name} when it is set, with its path, and keeps the value before`, async (channel) => {
    await channel.set("k", "before");
    await assert.rejects(channel.set("k", make()), (error) => error instanceof NotSerializableError && path.test(error.message));
    assert.equal(await channel.get("k"), "before");
  }),
);

/** What a channel promises of the values it holds. */
export const channelValues: readonly ChannelContractCase[] = [...VALUES, ...BY_VALUE, ...SERIALIZABLE];
