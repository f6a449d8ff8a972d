import { describe, expect, it } from "vitest";
import { CheckpointCorruptError } from "../../src/core/errors.js";
import { frame, unframe } from "../../src/file/journal-frames.js";

const record = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (bytes: Uint8Array): string[] => unframe(bytes, "journal").map((found) => new TextDecoder().decode(found));
const journal = Buffer.concat(["first", "", "[third record]"].map((text) => frame(record(text))));

describe("the framing of a journal", () => {
  it("gives back the records that were framed, in order", () => {
    expect(texts(journal)).toEqual(["first", "", "[third record]"]);
    expect(texts(new Uint8Array())).toEqual([]);
  });

  it("leaves out a last record that is cut off at any byte", () => {
    const whole = [0, 21, 37, journal.length];
    for (let length = 0; length <= journal.length; length++) {
      expect(texts(journal.subarray(0, length))).toHaveLength(whole.filter((end) => end > 0 && end <= length).length);
    }
  });

  it("leaves out a last record of which a part was never written", () => {
    for (let at = 37; at < journal.length; at++) {
      const torn = Buffer.from(journal);
      torn.fill(0, at);
      expect(texts(torn)).toEqual(at === journal.length ? ["first", "", "[third record]"] : ["first", ""]);
    }
  });

  it("refuses a damaged record, the last one too, whichever bit is flipped", () => {
    for (let bit = 0; bit < journal.length * 8; bit++) {
      const flipped = Buffer.from(journal);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => texts(flipped), `bit ${bit}`).toThrow(CheckpointCorruptError);
    }
  });
});
