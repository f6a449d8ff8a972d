import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NotSerializableError } from "../../../src/core/errors.js";
import { capture, StoredValue } from "../../../src/core/serialize/index.js";
import { same } from "./same.js";

const leaf = fc.oneof(
  fc.anything({ maxDepth: 0, withBigInt: true, withDate: true, withTypedArray: true }),
  fc.constantFrom<unknown>(-0, Number.NaN, Infinity, undefined, /a.b/g, Symbol("s"), () => 1, new Date(Number.NaN), "__proto__"),
  fc.string({ unit: "binary" }),
  fc.webUrl().map((text) => new URL(text)),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => bytes.slice().buffer),
);
const key = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom("a", "a.b", "\\", "", "0", "toString", "constructor", "__proto__", "toJSON", "json"),
);

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 3, arbitrary: leaf },
    { weight: 3, arbitrary: fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: false }) },
    { weight: 3, arbitrary: fc.array(tie("tree"), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(fc.tuple(tie("tree"), tie("tree")), { maxLength: 3 }).map((rows) => new Map(rows)) },
    { weight: 1, arbitrary: fc.array(tie("tree"), { maxLength: 3 }).map((members) => new Set(members)) },
    { weight: 1, arbitrary: fc.tuple(fc.string(), tie("tree")).map(([message, cause]) => new RangeError(message, { cause })) },
    { weight: 1, arbitrary: fc.sparseArray(tie("tree"), { maxLength: 3 }) },
    {
      weight: 1,
      arbitrary: fc.tuple(tie("tree"), key).map(([part, name]) => Object.defineProperty({}, name, { value: part, enumerable: false })),
    },
    { weight: 1, arbitrary: tie("tree").map((part) => [part, part]) },
  ),
}));

function check(value: unknown): "exact" | "refused" {
  let stored: StoredValue;
  try {
    stored = capture(value, "value");
  } catch (error) {
    if (error instanceof NotSerializableError && error.message.startsWith("value")) return "refused";
    throw error;
  }
  const text = stored.text();
  const parsed = StoredValue.fromText(text);
  if (!same(stored.read(), value) || !same(parsed.read(), value)) throw new Error("not the same");
  if (capture(parsed.read(), "again").text() !== text) throw new Error("not the same text");
  return "exact";
}

describe("any value", () => {
  it("comes back equal or is refused: 25,000 random values", { timeout: 120_000 }, () => {
    const counts = { exact: 0, refused: 0 };
    fc.assert(
      fc.property(tree, (value) => void counts[check(value)]++),
      { numRuns: 25_000, seed: 20_261_121 },
    );
    expect(counts.exact).toBeGreaterThan(10_000);
    expect(counts.refused).toBeGreaterThan(2_000);
  });

  it("comes back equal from any JSON: 5,000 random documents", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const safe = JSON.parse(
          JSON.stringify(value)
            .replace(/"(__proto__|constructor|prototype)":/g, '"x":')
            .replace(/-0(?=[,\]}]|$)/g, "0"),
        ) as unknown;
        expect(same(StoredValue.fromText(JSON.stringify({ json: safe })).read(), safe)).toBe(true);
      }),
      { numRuns: 5_000, seed: 7 },
    );
  });
});
