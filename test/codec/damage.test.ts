import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aes256gcm } from "../../src/codec/aes256gcm.js";
import { chained } from "../../src/codec/codec-chain.js";
import { Coder } from "../../src/codec/coder.js";
import { gzip } from "../../src/codec/gzip.js";
import { CheckpointCorruptError, CheckpointError, CodecError, LimitExceededError } from "../../src/core/errors.js";
import type { StoredPart } from "../../src/core/store-codec.js";
import { bytesOf } from "../../src/testing/checkpoint-store-support.js";
import { CODECS, keyOf, SOME_PLACE, textOf } from "./support.js";

const place = fc.record({
  runId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
  seq: fc.nat(),
  part: fc.constantFrom<StoredPart>("context", "state", "meta", "blob", "journal"),
  id: fc.stringMatching(/^[a-z0-9]{1,64}$/),
});

const REFUSALS: readonly unknown[] = [CheckpointCorruptError, CodecError, LimitExceededError];
const TEXT = '{"text":"the quick brown fox"}';

/** What comes of stored bytes: the content, or the class of the error. */
async function outcomeOf(coder: Coder, bytes: Uint8Array): Promise<unknown> {
  return coder.decode(bytes, SOME_PLACE).then(textOf, (error: unknown) => {
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as Error).constructor;
  });
}

/** The bytes with each of their bits turned, one at a time. */
function* flipped(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const other = bytes.slice();
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
    yield other;
  }
}

describe.each(CODECS)("%s", (name, codec) => {
  const coder = new Coder(chained(codec()));
  const encrypts = name.includes("aes256gcm");

  it("gives back any bytes in any place, and ends in no zero", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000, size: "max" }), place, async (bytes, at) => {
        const encoded = await coder.encode(bytes, at);
        expect(encoded.at(-1)).not.toBe(0);
        expect(Buffer.compare(await coder.decode(encoded, at), bytes)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("never gives back anything but what was stored, whichever bit is turned", async () => {
    const encoded = await coder.encode(bytesOf(TEXT), SOME_PLACE);
    const outcomes = new Set<unknown>();
    for (const other of flipped(encoded)) outcomes.add(await outcomeOf(coder, other));
    // The head of gzip has bits that mean nothing.
    if (!encrypts) outcomes.delete(TEXT);
    expect([...outcomes].filter((outcome) => !REFUSALS.includes(outcome))).toEqual([]);
    expect(outcomes).toContain(CheckpointCorruptError);
  });

  it("refuses bytes that were cut off or added to, wherever", async () => {
    const encoded = await coder.encode(bytesOf(TEXT), SOME_PLACE);
    for (let length = 0; length < encoded.length; length++) {
      expect(await outcomeOf(coder, encoded.slice(0, length)), `${length} bytes`).toBe(CheckpointCorruptError);
      const longer = Buffer.concat([encoded.subarray(0, length), Buffer.of(0x5d), encoded.subarray(length)]);
      expect(REFUSALS, `a byte more after ${length}`).toContain(await outcomeOf(coder, longer));
    }
  });
});

describe("aes256gcm", () => {
  it("never stores the same twice in the same bytes", async () => {
    const coder = new Coder(aes256gcm({ key: keyOf(1) }));
    const stored = new Set<string>();
    for (let turn = 0; turn < 100; turn++) stored.add(Buffer.from(await coder.encode(bytesOf(TEXT), SOME_PLACE)).toString("hex"));
    expect(stored.size).toBe(100);
  });
});

describe("bytes that a codec has not written", () => {
  const coder = new Coder(gzip());

  it.each(["{}", '{"sha256":"0"}', '[["set"]]'])("are told apart from damage if they are plain: %s", async (text) => {
    await expect(coder.decode(bytesOf(text), SOME_PLACE)).rejects.toThrow(CodecError);
    await expect(coder.decode(bytesOf(text), SOME_PLACE)).rejects.toThrow(/context\.json: it is not encoded: expected the codec "gzip"/);
  });

  it("are told to be of another codec", async () => {
    const encoded = await new Coder(aes256gcm({ key: keyOf(1) })).encode(bytesOf(TEXT), SOME_PLACE);
    await expect(coder.decode(encoded, SOME_PLACE)).rejects.toThrow(CodecError);
    await expect(coder.decode(encoded, SOME_PLACE)).rejects.toThrow(/written with the codec "aes256gcm": expected "gzip"/);
  });

  it.each([[[]], [[0]], [[0x89, 0x43, 0x52]], [[0x89, 0x43, 0x52, 0x4e]], [[0x89, 0x43, 0x52, 0x4e, 1, 200, 0x5d]]])(
    "are damaged if they are nothing: %j",
    async (bytes) => {
      await expect(coder.decode(Uint8Array.from(bytes), SOME_PLACE)).rejects.toThrow(CheckpointCorruptError);
    },
  );
});
