import assert from "node:assert/strict";
import type { Channel } from "../core/channel.js";
import { InvalidIdError, InvalidOptionError, NotSerializableError, UsageError } from "../core/errors.js";

/** A channel to be checked, new and empty, and its time. */
export interface ChannelUnderTest {
  readonly channel: Channel;
  /** Lets this many milliseconds pass on the clock by which the channel's values expire. */
  pass(ms: number): Promise<void>;
  /** Lets go of what the channel holds. */
  close?(): Promise<void>;
}

/** One promise of a channel, for any test runner: `for (const { name, check } of channelContract) it(name, () => check(open))`. */
export interface ChannelContractCase {
  readonly name: string;
  /** Rejects if the promise is broken. */
  check(open: () => Promise<ChannelUnderTest>): Promise<void>;
}

type Body = (channel: Channel, pass: ChannelUnderTest["pass"]) => Promise<void>;

/** Runs one check with a channel, and closes the channel however it ends. */
function promise(name: string, body: Body): ChannelContractCase {
  const check: ChannelContractCase["check"] = async (open) => {
    const opened = await open();
    try {
      await body(opened.channel, (ms) => opened.pass(ms));
    } finally {
      await opened.close?.();
    }
  };
  return { name, check };
}

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

/** What every channel promises. `open` gives a new, empty channel and its time. */
export const channelContract: readonly ChannelContractCase[] = [
  ...[...VALUES, ...BY_VALUE, ...SERIALIZABLE],
  ...[...KEYS, ...INVALID_KEYS],
  ...[...LISTS, ...NUMBERS, ...WRONG_KINDS, ...UPDATES],
  ...LIFETIMES,
];
