import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StateTooLargeError } from "../../src/core/errors.js";
import { type KeySize, largestKeys, stateTooLarge } from "../../src/core/state-size.js";

describe("the largest keys", () => {
  it("come largest first, at most ten unless told otherwise", () => {
    const sizes = Array.from({ length: 25 }, (_, place): KeySize => [`k${place}`, (place * 7) % 25]);
    expect(largestKeys(sizes).map(([, bytes]) => bytes)).toEqual([24, 23, 22, 21, 20, 19, 18, 17, 16, 15]);
    expect(largestKeys(sizes, 2).map(([, bytes]) => bytes)).toEqual([24, 23]);
    expect(largestKeys(new Map([["only", 3]]))).toEqual([["only", 3]]);
    expect(largestKeys([])).toEqual([]);
  });

  it("come in the same order however they were given", () => {
    const sizes = fc.uniqueArray(fc.tuple(fc.string(), fc.nat(5)), { selector: ([key]) => key });
    fc.assert(
      fc.property(sizes, (given) => {
        expect(largestKeys(given.toReversed())).toEqual(largestKeys(given));
      }),
    );
  });

  it("leave what they were given as it was", () => {
    const sizes: KeySize[] = [
      ["a", 1],
      ["b", 2],
    ];
    largestKeys(sizes);
    expect(sizes.map(([key]) => key)).toEqual(["a", "b"]);
  });
});

describe("a state that is too large", () => {
  it("is refused with its size, its limit and its largest keys", () => {
    const error = stateTooLarge(
      "r1",
      120,
      100,
      largestKeys(
        new Map([
          ["rows", 40],
          ["model", 70],
        ]),
      ),
    );
    expect(error).toBeInstanceOf(StateTooLargeError);
    expect(error).toMatchObject({ code: "STATE_TOO_LARGE", bytes: 120, limit: 100, runId: "r1", outcome: "not-applied" });
    expect(error.message).toBe(
      'the state of run r1 takes 120 bytes: expected at most 100 (maxStateBytes); its largest keys are "model" (70 bytes), "rows" (40 bytes); ' +
        "nothing was written, keep large values elsewhere and their address here, or raise maxStateBytes.",
    );
  });

  it("is refused without keys as well", () => {
    expect(stateTooLarge("r1", 2, 1, []).message).toContain("expected at most 1 (maxStateBytes); nothing was written");
  });

  it("has hostile and long names escaped", () => {
    const { message } = stateTooLarge("r1", 2, 1, [
      ['a"\n\u001b[31m', 1],
      ["x".repeat(500), 1],
    ]);
    expect(message).toContain('"a\\"\\n\\u001b[31m" (1 bytes)');
    expect(message.length).toBeLessThan(400);
  });
});
