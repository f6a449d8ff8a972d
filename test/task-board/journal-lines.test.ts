import { describe, expect, it } from "vitest";
import { CheckpointCorruptError } from "../../src/core/errors.js";
import { lineOf, readLines } from "../../src/task-board/journal-lines.js";

const TEXTS = ['{"a":1}', `{"J*":"${"J*@ \u00e9".repeat(12)}"}`, "{}", '{"kind":"claim"}', "x".repeat(40)];
const LINES = TEXTS.map(lineOf);
const WHOLE = Buffer.concat(LINES);

const textsOf = (bytes: Buffer): readonly string[] => readLines(bytes, "f", 0).texts;

describe("the lines of a journal", () => {
  it("give back the texts they were made of", () => {
    expect(readLines(WHOLE, "f", 0)).toEqual({ texts: TEXTS, bytes: WHOLE.length });
    expect(readLines(Buffer.alloc(0), "f", 0)).toEqual({ texts: [], bytes: 0 });
  });

  it("are read up to the last whole one, wherever the file ends, and from there on when there is more", () => {
    for (let end = 0; end <= WHOLE.length; end++) {
      const first = readLines(WHOLE.subarray(0, end), "f", 0);
      const rest = readLines(WHOLE.subarray(first.bytes), "f", first.bytes);
      expect([...first.texts, ...rest.texts]).toEqual(TEXTS);
    }
  });

  it("lose only what was cut short, wherever it was cut", () => {
    const [cut, ...others] = [LINES[1] as Buffer, LINES[0] as Buffer, LINES[3] as Buffer];
    for (let end = 0; end < cut.length; end++) {
      expect(textsOf(Buffer.concat([cut.subarray(0, end), ...others]))).toEqual([TEXTS[0], TEXTS[3]]);
      expect(textsOf(Buffer.concat([LINES[0] as Buffer, cut.subarray(0, end)]))).toEqual([TEXTS[0]]);
    }
  });

  it("lose only what was never written, where a power cut has left zeros", () => {
    const [cut, ...others] = [LINES[1] as Buffer, LINES[0] as Buffer, LINES[3] as Buffer];
    for (let end = 1; end < cut.length; end++) {
      const zeros = Buffer.concat([cut.subarray(0, end), Buffer.alloc(cut.length - end)]);
      expect(textsOf(Buffer.concat([zeros, ...others]))).toEqual([TEXTS[0], TEXTS[3]]);
    }
  });

  it("are refused if any bit of them is another", () => {
    let refused = 0;
    for (let at = 0; at < WHOLE.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Buffer.from(WHOLE);
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        try {
          expect(textsOf(bytes), `bit ${bit} of byte ${at}`).toEqual(TEXTS);
        } catch (error) {
          if (!(error instanceof CheckpointCorruptError)) throw error;
          refused++;
        }
      }
    }
    expect(refused).toBe(WHOLE.length * 8);
  });

  it("are refused if there is more between them", () => {
    for (const more of ["x", " ", "{}", "}"]) {
      expect(() => textsOf(Buffer.concat([LINES[0] as Buffer, Buffer.from(more), LINES[1] as Buffer]))).toThrow(CheckpointCorruptError);
      expect(() => textsOf(Buffer.concat([Buffer.from(more), WHOLE]))).toThrow(CheckpointCorruptError);
    }
  });

  it("say where the damage is", () => {
    const bytes = Buffer.concat([LINES[0] as Buffer, Buffer.from("\nno line at all, and long enough"), LINES[1] as Buffer]);
    expect(() => readLines(bytes, "boards/x.log", 1_000)).toThrow(`boards/x.log is damaged at byte ${1_000 + (LINES[0]?.length ?? 0)}`);
  });
});
