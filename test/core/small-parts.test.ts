import { describe, expect, it } from "vitest";
import { toMs } from "../../src/core/duration.js";
import { fromErrorRecord, toErrorRecord } from "../../src/core/error-record.js";
import { InvalidIdError, InvalidOptionError } from "../../src/core/errors.js";
import { checkedId, checkedKey, isId, quoted } from "../../src/core/ids.js";
import { RandomStream } from "../../src/core/random.js";

describe("durations", () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    ["250ms", 250],
    ["1.5s", 1_500],
    [" 2 minutes ", 120_000],
    ["1min", 60_000],
    ["5m", 300_000],
    ["1 hour", 3_600_000],
    ["3 days", 259_200_000],
    ["2 weeks", 1_209_600_000],
    ["2d", 172_800_000],
  ])("reads %j as %i ms", (text, ms) => expect(toMs(text, "wait")).toBe(ms));

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "", "5", "-1s", "1 s 2 ms", "1 fortnight", "1e3s", null, {}])(
    "refuses %j",
    (value) => {
      expect(() => toMs(value as number, "wait")).toThrow(InvalidOptionError);
      expect(() => toMs(value as number, "wait")).toThrow(/^wait is /);
    },
  );
});

describe("ids", () => {
  it.each(["a", "A-1.b_c", "0", "x".repeat(128)])("take %j", (id) => {
    expect(isId(id)).toBe(true);
    expect(checkedId(id, "id")).toBe(id);
    expect(checkedKey(id)).toBe(id);
  });

  it.each(["", "-a", ".a", "_a", "a b", "a/b", "a\n", "é", "x".repeat(129), 1, null, undefined, {}, ["a"]])("refuse %j", (id) => {
    expect(isId(id)).toBe(false);
    expect(() => checkedId(id, "run id")).toThrow(InvalidIdError);
  });

  it("show a text in a message short and escaped, and nothing of anything else", () => {
    expect(quoted('a"\n')).toBe('"a\\"\\n"');
    expect(quoted("x".repeat(200)).length).toBeLessThan(90);
    expect(quoted({ secret: 1 })).toBe("(object)");
    expect(quoted(null)).toBe("(null)");
  });
});

describe("errors as records", () => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error("trap");
      },
    },
  );
  const circular = new Error("round");
  circular.cause = circular;
  const endless = Array.from({ length: 50 }).reduce<Error>((cause, _, at) => new Error(`level ${at}`, { cause }), new Error("core"));

  it.each([
    null,
    undefined,
    1,
    10n,
    Symbol("s"),
    "text",
    () => {},
    hostile,
    {},
    [],
    circular,
    endless,
    { message: 1, name: {}, cause: "why" },
  ])("take whatever was thrown (%#), and can be written as JSON", (thrown) => {
    const record = toErrorRecord(thrown);
    expect(typeof record.name).toBe("string");
    expect(typeof record.message).toBe("string");
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });

  it("are capped in length and depth", () => {
    const record = toErrorRecord(Object.assign(endless, { message: "m".repeat(1e6), stack: "s".repeat(1e6), code: "c".repeat(1e6) }));
    expect(JSON.stringify(record).length).toBeLessThan(120_000);
    expect(record.message.length).toBeLessThanOrEqual(4_000);
  });

  it("come back as errors with name, message, code, stack and causes", () => {
    const thrown = Object.assign(new TypeError("outer", { cause: new RangeError("inner") }), { code: 42 });
    const back = fromErrorRecord(toErrorRecord(thrown));
    expect(back).toBeInstanceOf(Error);
    expect(back).toMatchObject({ name: "TypeError", message: "outer", code: "42", stack: thrown.stack });
    expect(back.cause).toMatchObject({ name: "RangeError", message: "inner" });
  });
});

describe("random streams", () => {
  it("hang on nothing but their key", () => {
    const draw = (key: string) =>
      Array.from(
        { length: 5 },
        (
          (stream) => () =>
            stream.next()
        )(new RandomStream(key)),
      );
    expect(draw("a")).toEqual(draw("a"));
    expect(draw("a")).not.toEqual(draw("b"));
    expect(new RandomStream("").next()).not.toBe(new RandomStream(" ").next());
  });

  it("stay what they are: runs that were saved long ago draw from them", () => {
    const stream = new RandomStream("seed task 1");
    expect([stream.next(), stream.next(), stream.uuid()]).toMatchInlineSnapshot(`
      [
        0.7389538957812561,
        0.8452150376898994,
        "cc4f3caf-d298-4cd1-a574-8960b51b0ec4",
      ]
    `);
  });
});
