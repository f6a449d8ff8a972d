import { describe, expect, it } from "vitest";
import { CheckpointCorruptError, CheckpointError, LimitExceededError } from "../../../src/core/errors.js";
import { capture, StoredValue } from "../../../src/core/serialize/index.js";

const withMeta = (json: string, values: string, more = ""): string => `{"json":${json},"meta":{"values":${values},"v":1${more}}}`;

const corrupt: Record<string, string> = {
  "no JSON": "{",
  nothing: "",
  "another document": '{"value":1}',
  "an array": "[1]",
  "a key too many": '{"json":1,"x":1}',
  "a key __proto__": '{"json":{"a":{"__proto__":{"isAdmin":1}}}}',
  "a key __proto__ in escapes": '{"json":{"\\u005f_proto_\\u005f":{"x":1}}}',
  "a key __proto__ in the document": '{"json":1,"__proto__":{"meta":1}}',
  "a key constructor": '{"json":[{"constructor":{"prototype":{"x":1}}}]}',
  "a key prototype": '{"json":{"prototype":1}}',
  "a key __proto__ beside annotations": withMeta('{"a":null,"__proto__":{"x":1}}', '{"a":["undefined"]}'),
  "a number out of range": '{"json":1e999}',
  "minus zero without annotation": '{"json":[-0]}',
  "meta that is no object": '{"json":1,"meta":1}',
  "meta of another version": '{"json":null,"meta":{"values":["undefined"]}}',
  "a path to __proto__": withMeta('{"a":1}', '{"__proto__":["set"]}'),
  "a path through __proto__": withMeta('{"a":{}}', '{"a.__proto__.polluted":["undefined"]}'),
  "a path through constructor": withMeta('{"a":{}}', '{"a.constructor.prototype.x":["undefined"]}'),
  "a path to an inherited method": withMeta("{}", '{"toString":["undefined"]}'),
  "a path that does not exist": withMeta('{"a":null}', '{"b":["undefined"]}'),
  "a path into a text": withMeta('"abc"', '{"length":["undefined"]}'),
  "a path to a length": withMeta("[null]", '{"length":["number"]}'),
  "a path beyond an array": withMeta("[null]", '{"1":["undefined"]}'),
  "a path through what is no longer JSON": withMeta('{"a":["1"]}', '{"a":["set"],"a.0":["bigint"]}'),
  "two annotations for one place": withMeta("[[]]", '{"0":["set",{}],"\\\\0":["map"]}'),
  "a container that is annotated twice": withMeta('{"a":[[]]}', '{"a.0":["set"],"a":["set",{"0":["map"]}]}'),
  "an unknown type": withMeta("null", '["eval"]'),
  "a type of every object": withMeta("null", '["toString"]'),
  "a class of superjson": withMeta("{}", '[["class","Money"]]'),
  "a symbol of superjson": withMeta('"x"', '[["symbol","x"]]'),
  "a typed array of superjson": withMeta("[1]", '[["typed-array","Int8Array"]]'),
  "an Error of superjson": withMeta('{"message":"x"}', '["Error"]'),
  "an unknown custom type": withMeta('["buffer",""]', '[["custom","constructor"]]'),
  "an unknown part": withMeta('["valueOf",""]', '[["custom","cairnflow"]]'),
  "a part without a name": withMeta("[1,2]", '[["custom","cairnflow"]]'),
  "bytes that are no base64": withMeta('["buffer","$$$$"]', '[["custom","cairnflow"]]'),
  "bytes that do not fill an element": withMeta('["typed-array",["Float64Array","AAAA"]]', '[["custom","cairnflow"]]'),
  "an unknown typed array": withMeta('["typed-array",["Function","AAAA"]]', '[["custom","cairnflow"]]'),
  "an error of an unknown class": withMeta('["error",["Function",{},{}]]', '[["custom","cairnflow"]]'),
  "a malformed error": withMeta('["error",["Error",1,2]]', '[["custom","cairnflow"]]'),
  "undefined that is something": withMeta("1", '["undefined"]'),
  "a bigint that is none": withMeta('"1e9"', '["bigint"]'),
  "a bigint that is too long": withMeta(`"${"9".repeat(100_000)}"`, '["bigint"]'),
  "a date that is none": withMeta('"tomorrow"', '["Date"]'),
  "a regular expression that is none": withMeta('"/(/"', '["regexp"]'),
  "a URL that is none": withMeta('"nowhere"', '["URL"]'),
  "a Map that is none": withMeta("[[1]]", '["map"]'),
  "a Set that is none": withMeta("{}", '["set"]'),
  "a number that is none": withMeta('"7"', '["number"]'),
  "annotations in an array": withMeta("[null]", '[["undefined"]]'),
  "annotations of nothing": withMeta("null", "null"),
  "referential equalities": withMeta("[null,{}]", '{"0":["undefined"]}', ',"referentialEqualities":{"1":["0"]}'),
};

describe("a document that this library did not write", () => {
  for (const [name, text] of Object.entries(corrupt)) {
    it(`is refused as corrupt: ${name}`, () => {
      expect(() => StoredValue.fromText(text)).toThrow(CheckpointCorruptError);
    });
  }

  it("changes no prototype", () => {
    const before = [Object.prototype, Array.prototype, Function.prototype, Map.prototype].map(
      (prototype) => Reflect.ownKeys(prototype).length,
    );
    for (const text of Object.values(corrupt)) expect(() => StoredValue.fromText(text)).toThrow(CheckpointError);
    expect(
      [Object.prototype, Array.prototype, Function.prototype, Map.prototype].map((prototype) => Reflect.ownKeys(prototype).length),
    ).toStrictEqual(before);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("is refused when it is too deep, in JSON or in its annotations", () => {
    const deep = 100_000;
    expect(() => StoredValue.fromText(`{"json":${"[".repeat(deep)}${"]".repeat(deep)}}`)).toThrow(LimitExceededError);
    expect(() => StoredValue.fromText(`{"json":${'{"a":'.repeat(deep)}1${"}".repeat(deep)}}`)).toThrow(LimitExceededError);
    expect(() => StoredValue.fromText(withMeta("[]", `${'["set",{"0":'.repeat(deep)}["set"]${"}]".repeat(deep)}`))).toThrow(
      CheckpointError,
    );
    expect(() => StoredValue.fromText(withMeta("[]", `{"${"0.".repeat(deep)}0":["set"]}`))).toThrow(CheckpointError);
  });

  // A hang shows as the time limit of the test: hundreds of times of what it takes.
  it("is answered though made to take long", () => {
    const many = 20_000;
    const path = Array.from({ length: 900 }, () => "0").join(".");
    const leaves = Array.from({ length: many }, () => '"9"').join(",");
    const annotations = Array.from({ length: many }, (_, index) => `"${index}":["bigint"]`).join(",");
    const texts = [
      withMeta(`${"[".repeat(900)}[${leaves}]${"]".repeat(900)}`, `{"${path}":["set",{${annotations}}]}`),
      withMeta(
        "[null,{}]",
        '{"0":["undefined"]}',
        `,"referentialEqualities":{${Array.from({ length: many }, (_, index) => `"${index}":["0"]`).join(",")}}`,
      ),
      withMeta(`[${Array.from({ length: 100 }, () => `"${"9".repeat(10_000)}"`).join(",")}]`, `{${annotations}}`),
      withMeta('"/(((((a*)*)*)*)*)*$/"', '["regexp"]'),
      withMeta(`"/${"(".repeat(100_000)}/"`, '["regexp"]'),
      withMeta(`["buffer","${"A".repeat(1_000_001)}"]`, '[["custom","cairnflow"]]'),
    ];
    const answers = texts.map((text) => {
      try {
        return StoredValue.fromText(text);
      } catch (error) {
        return error;
      }
    });
    for (const answer of answers) expect(answer instanceof CheckpointError || answer instanceof StoredValue).toBe(true);
  });

  it("is refused when more work is asked for than the limit", () => {
    const levels = 990;
    const leaves = 25_000;
    const text = withMeta(
      `${"[".repeat(levels)}[${Array.from({ length: leaves }, () => '"9"').join(",")}]${"]".repeat(levels)}`,
      `{"${Array.from({ length: levels }, () => "0").join(".")}":["set",{${Array.from({ length: leaves }, (_, index) => `"${index}":["bigint"]`).join(",")}}]}`,
    );
    expect(() => StoredValue.fromText(text)).toThrow(LimitExceededError);
  });

  it("is refused without showing what it holds", () => {
    for (const text of [
      '{"json": hunter2',
      withMeta('"hunter2"', '["Date"]'),
      withMeta('"/(hunter2/"', '["regexp"]'),
      '{"json":1,"hunter2":1}',
    ]) {
      let found: unknown;
      try {
        StoredValue.fromText(text);
      } catch (error) {
        found = error;
      }
      expect(found).toBeInstanceOf(CheckpointCorruptError);
      expect(`${(found as Error).stack}${String((found as Error).cause)}`).not.toContain("hunter2");
    }
  });

  it("may speak of __proto__ in its texts", () => {
    const value = { text: 'say "__proto__": loud', list: ["constructor"] };
    expect(StoredValue.fromText(capture(value, "value").text()).read()).toStrictEqual(value);
  });

  it("is refused or read, and nothing else, whatever is changed in it", () => {
    const value = { a: [1n, undefined, new Map([["k", new Set([new Date(5)])]])], b: Buffer.from("abc"), e: new Error("x"), r: /a/g };
    const text = capture(value, "value").text();
    for (let position = 0; position < text.length; position++) {
      for (const char of ['"', "0", "]", "}", "\\", "x"]) {
        try {
          StoredValue.fromText(text.slice(0, position) + char + text.slice(position + 1)).read();
        } catch (error) {
          if (!(error instanceof CheckpointError)) throw error;
        }
      }
    }
  });
});
