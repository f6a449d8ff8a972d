import { describe, expect, it } from "vitest";
import { capture, StoredValue } from "../../../src/core/serialize/index.js";
import { DEPTH_LIMIT } from "../../../src/core/serialize/limits.js";
import { same } from "./same.js";

const bare = (parts: object): object => Object.assign(Object.create(null), parts);
const sticky = Object.assign(/a/gy, { lastIndex: 3 });
const coded = Object.assign(new RangeError("no"), { code: "E_NO", errno: -2 });
const renamed = Object.assign(new Error("gone"), { name: "AbortError" });

const exact: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  "a lone surrogate": "a\ud800b\udfff\u2028\u0000",
  "minus zero": -0,
  "numbers JSON has no word for": [Number.NaN, Number.NaN, Infinity, -Infinity, -0, 0],
  "extreme numbers": [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53 + 2, 0.1, 255, 256, -1],
  "undefined in containers": { a: undefined, b: [undefined, { c: undefined }] },
  bigints: [0n, -1n, 5n, 5n, 2n ** 900n],
  "plain data": { a: [1, "two", true, null, { b: [] }], "": {}, "a.b": { "c\\.d": [""] } },
  "odd keys beside rich parts": { "a.b": { "c\\": undefined, "": new Date(3), "\\.": { "": { "": 1n } } } },
  "keys of every object": { toString: 1, hasOwnProperty: undefined, toJSON: 1, json: 1n, meta: { values: undefined } },
  "an object without prototype": bare({ a: 1, b: bare({ c: undefined, d: [bare({})] }) }),
  dates: [new Date(0), new Date(-8.64e15), new Date(8.64e15), new Date(Number.NaN)],
  "regular expressions": [/a\/b[/]/giu, /(?:)/, /\/\n/, sticky],
  "a Map of anything": new Map<unknown, unknown>([
    [{ k: 1 }, new Set([1n, new Map([[new Date(1), undefined]])])],
    [Number.NaN, -0],
    ["a.b", new Map()],
  ]),
  "a Set of anything": new Set([undefined, null, [1], [1], new Set(), Buffer.from("x")]),
  "a URL": [new URL("https://user:p%20w@example.org:81/a%20b?q=1&q=%22#f")],
  errors: [new Error("x", { cause: new TypeError("y", { cause: undefined }) }), coded, renamed, new Error()],
  "an aggregate of errors": new AggregateError([new Error("a"), 1, { b: undefined }], "both"),
  "an error without stack": (() => {
    const error = new SyntaxError("s");
    Reflect.deleteProperty(error, "stack");
    return error;
  })(),
  "typed arrays": [
    new Float64Array([1.5, Number.NaN, -0]),
    new Float32Array([0.1]),
    new Int8Array([-1]),
    new Uint8Array([1, 2]),
    new Uint8ClampedArray([9]),
    new BigInt64Array([-5n]),
    new BigUint64Array([5n]),
    new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2),
  ],
  "a Buffer": { buffer: Buffer.from("hello"), none: Buffer.alloc(0) },
  "an ArrayBuffer": new Uint8Array([9, 8]).buffer,
};

describe("an exact value", () => {
  for (const [name, value] of Object.entries(exact)) {
    it(`comes back equal: ${name}`, () => {
      const stored = capture(value, "value");
      expect(same(stored.read(), value)).toBe(true);
      expect(same(stored.read(), value)).toBe(true);
      expect(same(StoredValue.fromText(stored.text()).read(), value)).toBe(true);
      const parsed = StoredValue.fromDocument(JSON.parse(stored.text()));
      expect(same(parsed.read(), value)).toBe(true);
      expect(parsed.text()).toBe(stored.text());
    });

    it(`has the same text when what was read is captured again: ${name}`, () => {
      const stored = capture(value, "value");
      const again = capture(stored.read(), "value");
      expect(again.text()).toBe(stored.text());
      expect(again.equals(stored)).toBe(true);
    });
  }

  it("is written as superjson's document, plain JSON where that is exact", () => {
    expect(capture({ a: [1, "x"] }, "value").text()).toBe('{"json":{"a":[1,"x"]}}');
    expect(capture(undefined, "value").text()).toBe('{"json":null,"meta":{"values":["undefined"],"v":1}}');
    expect(capture([1n, 1n], "value").text()).toBe('{"json":["1","1"],"meta":{"values":{"0":["bigint"],"1":["bigint"]},"v":1}}');
    expect(capture({ p: { q: 1 }, d: new Date(0) }, "value").text()).toBe(
      '{"json":{"p":{"q":1},"d":"1970-01-01T00:00:00.000Z"},"meta":{"values":{"d":["Date"]},"v":1}}',
    );
  });

  it("may be nested up to the limit in every kind of container", () => {
    const wraps: [number, (part: unknown) => unknown][] = [
      [1, (part) => ({ part })],
      [1, (part) => [part]],
      [1, (part) => new Set([part])],
      [2, (part) => new Map([[part, 1]])],
      [2, (part) => bare({ part })],
      [3, (cause) => new Error("e", { cause })],
    ];
    for (const [levels, wrap] of wraps) {
      let value: unknown = 1n;
      for (let depth = 0; depth < Math.floor(DEPTH_LIMIT / levels); depth++) value = wrap(value);
      const text = capture(value, "value").text();
      expect(StoredValue.fromText(text).text()).toBe(text);
      expect(() => capture(wrap(wrap(value)), "value")).toThrow(/more than 1000 levels/);
    }
  });

  it("comes back as two equal copies where one object stood twice", () => {
    const part = { n: 1n };
    const read = capture({ a: part, b: part }, "value").read() as { a: unknown; b: unknown };
    expect(read).toStrictEqual({ a: { n: 1n }, b: { n: 1n } });
    expect(read.a).not.toBe(read.b);
  });
});

describe("a stored value", () => {
  it("gives its elements as stored values", () => {
    for (const list of [
      [1, { a: [2] }, "x"],
      [undefined, { b: 1n }, { c: 1 }],
      [new Date(1), { d: 1 }],
    ]) {
      const stored = capture(list, "list");
      expect(stored.items().map((item) => item.text())).toStrictEqual(list.map((item) => capture(item, "item").text()));
      expect(stored.items().map((item) => item.read())).toStrictEqual(list);
      expect(stored.item(1).read()).toStrictEqual(list[1]);
      expect(stored.item(9).read()).toBeUndefined();
    }
    expect(() => capture({ a: 1 }, "value").items()).toThrow(/no array/);
  });

  it("is the same one again when what was read is captured as it is", () => {
    const stored = capture(
      Array.from({ length: 100 }, (_, id) => ({ id })),
      "value",
    );
    expect(capture(stored.read(), "other")).toBe(stored);
    expect(capture(7, "a")).toBe(capture(7, "b"));
  });

  it("tells its size and what it equals", () => {
    const stored = capture({ a: "12345" }, "value");
    expect(stored.bytes()).toBe(stored.text().length);
    expect(stored.equals(capture({ a: "12345" }, "value"))).toBe(true);
    expect(stored.equals(capture({ a: "12346" }, "value"))).toBe(false);
  });
});
