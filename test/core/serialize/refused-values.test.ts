import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { NotSerializableError } from "../../../src/core/errors.js";
import { capture } from "../../../src/core/serialize/index.js";

class Connection {
  secret = "hunter2";
}
class Tagged extends Map<string, number> {}
class MyError extends Error {}

const sparse = [1, 2, 3];
delete sparse[1];
const cycle: { a: { b: unknown[] } } = { a: { b: [1] } };
cycle.a.b.push(cycle.a);
const loop = new Error("e");
loop.cause = { inner: loop };
const hidden = Object.defineProperty({ a: 1 }, "h", { value: 1 });
const tag = (strings: TemplateStringsArray): TemplateStringsArray => strings;

const refused: [name: string, value: unknown, message: string][] = [
  ["a function", { layers: [0, 1, 2, { w: () => 1 }] }, ".layers[3].w: function;"],
  ["a function alone", () => 1, ": function;"],
  ["a class", { a: Connection }, ".a: function;"],
  ["a symbol", [Symbol("x")], "[0]: symbol;"],
  ["a symbol as a key", { a: { [Symbol("x")]: 1 } }, ".a[symbol]: symbol as a key;"],
  [
    "a getter",
    {
      a: {
        get b(): number {
          throw new Error("called");
        },
      },
    },
    ".a.b: getter or setter;",
  ],
  ["a setter", { a: { set b(_: number) {} } }, ".a.b: getter or setter;"],
  ["a getter in an array", { a: Object.defineProperty([1], 0, { get: () => 1, enumerable: true }) }, ".a[0]: getter or setter;"],
  ["a hidden property", { a: hidden }, ".a.h: non-enumerable property;"],
  ["a hidden element", Object.defineProperty([1, 2], 0, { enumerable: false }), "[1]: non-enumerable property;"],
  ["an empty slot", { a: sparse }, ".a[1]: empty slot;"],
  ["a long empty array", new Array(5), "[0]: empty slot;"],
  ["a property on an array", { a: Object.assign([1], { x: 1 }) }, ".a.x: property beside the elements of an array;"],
  ["the result of a match", "ab".match(/b/), ".index: property beside the elements of an array;"],
  ["the strings of a template", tag`a`, ".raw: non-enumerable property;"],
  ["the key __proto__", { a: JSON.parse('{"__proto__":1}') }, ".a.__proto__: key __proto__;"],
  ["the key constructor", [{ constructor: 1 }], "[0].constructor: key constructor;"],
  ["the key prototype", { prototype: 1 }, ".prototype: key prototype;"],
  ["a cycle", cycle, ".a.b[1]: circular reference;"],
  ["a cycle through an error", { e: loop }, ".e.cause.inner: circular reference;"],
  ["a Promise", { p: Promise.resolve(1) }, ".p: Promise; await it first."],
  ["a WeakMap in a Map", new Map([["k", new WeakMap()]]), "<0>: WeakMap;"],
  [
    "a function as a key",
    new Map([
      [1, 1],
      [() => 1, 2],
    ] as [unknown, unknown][]),
    "<key 1>: function;",
  ],
  ["a function in a Set", { s: new Set([1, () => 1]) }, ".s<1>: function;"],
  ["a DataView", [new DataView(new ArrayBuffer(1))], "[0]: DataView;"],
  ["shared memory", [new Uint8Array(new SharedArrayBuffer(1))], "[0]: view of shared memory;"],
  ["a boxed number", { n: Object(1) }, ".n: Number;"],
  ["a boxed text", { n: Object("x") }, ".n: String;"],
  [
    "an instance",
    { c: [new Connection()] },
    ".c[0]: instance of Connection; registerCodec(Connection, { name, to, from }) makes it storable.",
  ],
  ["a subclass of Map", { t: new Tagged() }, ".t: instance of Tagged;"],
  ["a subclass of Error", { e: new MyError("x") }, ".e: instance of MyError;"],
  ["a prototype of one's own", { o: Object.create({ a: 1 }) }, ".o: "],
  ["a false Date", { d: Object.create(Date.prototype) }, ".d: built-in prototype on an object that is none;"],
  ["a false Map", Object.create(Map.prototype), ": built-in prototype on an object that is none;"],
  ["a false Error", Object.create(Error.prototype), ": built-in prototype on an object that is none;"],
  ["a Date with a property", { d: Object.assign(new Date(1), { x: 1 }) }, ".d.x: property of a built-in object;"],
  ["a typed array with a property", [Object.assign(new Uint8Array(2), { x: 1 })], "[0].x: property of a built-in object;"],
  ["a regular expression without position", { r: Object.assign(/a/, { lastIndex: -1 }) }, ".r.lastIndex: not a position;"],
  ["a function on an error", Object.assign(new Error("e"), { f: () => 1 }), ".f: function;"],
  ["an object of another realm", { o: runInNewContext("({ a: 1 })") }, ".o: Object of another realm;"],
  [
    "a proxy that throws",
    new Proxy(
      { a: 1 },
      {
        ownKeys: () => {
          throw new Error("trap");
        },
      },
    ),
    ": cannot be read;",
  ],
  ["a huge bigint", { b: 10n ** 10_000n }, ".b: bigint of more than 10000 digits;"],
  ["an odd key", { "two words": { "\u001b[31m": () => 1 } }, '["two words"]["\\u001b[31m"]: function;'],
];

describe("a value that would not come back equal", () => {
  for (const [name, value, message] of refused) {
    it(`is refused with its path: ${name}`, () => {
      expect(() => capture(value, "channel.model")).toThrow(NotSerializableError);
      expect(() => capture(value, "channel.model")).toThrow(`channel.model${message}`);
    });
  }

  it("is refused when it is `arguments`", () => {
    expect(() =>
      capture(
        (function (..._: number[]) {
          // biome-ignore lint/complexity/noArguments: it is what is tested
          return arguments;
        })(1),
        "value",
      ),
    ).toThrow(NotSerializableError);
  });

  it("never shows what it holds", () => {
    const values = [
      { a: new Connection(), b: "hunter2" },
      new Map([["hunter2", () => 1]]),
      Object.assign(new Error("hunter2"), { f: () => 1 }),
    ];
    for (const value of values) {
      expect(() => capture(value, "value")).toThrow(expect.not.objectContaining({ message: expect.stringContaining("hunter2") }));
    }
  });

  it("is refused, not hung upon, when shared parts multiply", () => {
    let value: unknown = [1];
    for (let level = 0; level < 40; level++) value = [value, value];
    expect(() => capture(value, "value")).toThrow(/more than 5000000 parts/);
  });

  it("does not have its getters called", () => {
    let calls = 0;
    expect(() =>
      capture(
        {
          get a() {
            return ++calls;
          },
        },
        "value",
      ),
    ).toThrow(NotSerializableError);
    expect(() => capture(Object.defineProperty([1], 0, { get: () => ++calls, enumerable: true }), "value")).toThrow(NotSerializableError);
    expect(calls).toBe(0);
  });
});
