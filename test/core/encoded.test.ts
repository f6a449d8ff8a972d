import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEncoded, markEncoded, readEncoded } from "../../src/core/encoded.js";

const payload = Uint8Array.of(1, 2, 0);

describe("the mark of a codec", () => {
  it("can be taken off again, whatever it is around", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9+.-]{1,230}$/), fc.uint8Array(), (codec, bytes) => {
        const read = readEncoded(markEncoded(codec, bytes));
        expect(read?.codec).toBe(codec);
        expect(Buffer.compare(read?.payload as Uint8Array, bytes)).toBe(0);
      }),
    );
  });

  it("has a form that does not change: magic, version, length and name of the codec, content, end", () => {
    expect(Buffer.from(markEncoded("gzip", payload)).toString("latin1")).toBe("\x89CRN\x01\x04gzip\x01\x02\x00]");
  });

  it("is not found in what is written without a codec", () => {
    for (const text of ["", "{}", "[]", '{"sha256":"x"}', "\x89CRN", "\u0089"]) {
      const bytes = new TextEncoder().encode(text);
      expect([isEncoded(bytes), readEncoded(bytes)]).toEqual([false, null]);
    }
  });

  it("is not read if it is damaged, cut off or of another version", () => {
    const marked = markEncoded("gzip", payload);
    for (const [place, byte] of [
      [0, 0x88],
      [4, 2],
      [5, 200],
      [marked.length - 1, 0],
    ] as const)
      expect(readEncoded(marked.with(place, byte)), `byte ${place}`).toBe(null);
    for (let length = 0; length < marked.length; length++) expect(readEncoded(marked.subarray(0, length)), `${length} bytes`).toBe(null);
    expect(isEncoded(marked.with(4, 2))).toBe(true);
  });
});
