import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { gzip } from "../../src/codec/gzip.js";
import { zstd } from "../../src/codec/zstd.js";
import { CheckpointCorruptError, InvalidOptionError, LimitExceededError } from "../../src/core/errors.js";
import type { StoreCodec } from "../../src/core/store-codec.js";
import { bytesOf } from "../../src/testing/checkpoint-store-support.js";
import { hasZstd, SOME_PLACE, textOf } from "./support.js";

interface Kind {
  readonly name: string;
  readonly make: typeof gzip;
  readonly levels: readonly [least: number, most: number];
  pack(bytes: Uint8Array): Promise<Uint8Array>;
}

const GZIP: Kind = { name: "gzip", make: gzip, levels: [0, 9], pack: promisify<Uint8Array, Buffer>(zlib.gzip) };
type Pack = (bytes: Uint8Array, done: (error: Error | null, result: Buffer) => void) => void;
const zstdPack = (bytes: Uint8Array): Promise<Buffer> => promisify((zlib as unknown as { zstdCompress: Pack }).zstdCompress)(bytes);
const KINDS = hasZstd ? [GZIP, { name: "zstd", make: zstd, levels: [1, 22], pack: zstdPack } satisfies Kind] : [GZIP];

/** What the codec writes, but with another packed part, which says that it unpacks to `length` bytes. */
function forged(length: number, content: Uint8Array, ...packed: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(10);
  head.writeUIntBE(length, 0, 6);
  head.writeUInt32BE(zlib.crc32(content), 6);
  return Buffer.concat([head, ...packed]);
}

const decode = async (codec: StoreCodec, bytes: Uint8Array): Promise<Uint8Array> => codec.decode(bytes, SOME_PLACE);
const causeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => (error as CheckpointCorruptError).cause,
  );

describe.each(KINDS)("$name", ({ make, levels: [least, most], pack, name }) => {
  const text = bytesOf("some text ".repeat(1_000));

  it("makes text smaller, at every level", async () => {
    for (const level of [least, 1, most]) {
      const codec = make({ level });
      const packed = await codec.encode(text, SOME_PLACE);
      if (level > 0) expect(packed.length).toBeLessThan(text.length / 10);
      expect(textOf(await decode(codec, packed))).toBe(textOf(text));
    }
  });

  it("reads what is packed as it says it is", async () => {
    expect(textOf(await decode(make(), forged(text.length, text, await pack(text))))).toBe(textOf(text));
  });

  it("neither writes nor reads more than maxBytes", async () => {
    const large = await make().encode(text, SOME_PLACE);
    const small = make({ maxBytes: text.length - 1 });
    await expect(decode(small, large)).rejects.toThrow(LimitExceededError);
    await expect(small.encode(text, SOME_PLACE)).rejects.toThrow(LimitExceededError);
    await expect(decode(small, large)).rejects.toThrow(/has 10000 bytes unpacked: expected at most 9999/);
    expect((await decode(make({ maxBytes: text.length }), large)).length).toBe(text.length);
  });

  it("refuses a bomb before it is unpacked: 300 MiB in its own words", async () => {
    const bomb = forged(300 * 2 ** 20, text, await pack(new Uint8Array(2 ** 20)));
    await expect(decode(make(), bomb)).rejects.toThrow(LimitExceededError);
  });

  it("unpacks no more of a bomb than it says it holds", async () => {
    const zeros = new Uint8Array(64 * 2 ** 20);
    const packed = await pack(zeros);
    expect(packed.length).toBeLessThan(100_000);
    const bomb = decode(make(), forged(10, zeros.subarray(0, 10), packed));
    await expect(bomb).rejects.toThrow(CheckpointCorruptError);
    expect(await causeOf(bomb)).toMatchObject({ code: "ERR_BUFFER_TOO_LARGE" });
  });

  it("refuses what is added behind the packed bytes", async () => {
    const packed = await pack(text);
    for (const more of [bytesOf("garbage"), new Uint8Array(4), await pack(bytesOf("more"))]) {
      await expect(decode(make(), forged(text.length, text, packed, more))).rejects.toThrow(CheckpointCorruptError);
    }
  });

  it("refuses what is not as long as it says, or not what it was", async () => {
    const packed = await pack(text);
    await expect(decode(make(), forged(text.length + 1, text, packed))).rejects.toThrow(CheckpointCorruptError);
    await expect(decode(make(), forged(text.length, text.toReversed(), packed))).rejects.toThrow(CheckpointCorruptError);
  });

  it("refuses packed bytes that are cut off, at every byte", async () => {
    const packed = await pack(bytesOf("abcdefgh"));
    for (let length = 0; length < packed.length - 4; length++) {
      const cut = forged(8, bytesOf("abcdefgh"), packed.subarray(0, length));
      await expect(decode(make(), cut), `${length} bytes`).rejects.toThrow(CheckpointCorruptError);
    }
  });

  it.each([
    { level: most + 1 },
    { level: least - 1 },
    { level: 1.5 },
    { level: Number.NaN },
    { level: "6" },
    { maxBytes: 0 },
    { maxBytes: -1 },
    { maxBytes: 2 ** 33 },
    { maxBytes: Number.POSITIVE_INFINITY },
    { quality: 3 },
    null,
    6,
    [6],
  ])("refuses the options %j", (options) => {
    expect(() => make(options as never)).toThrow(InvalidOptionError);
    expect(() => make(options as never)).toThrow(new RegExp(name));
  });
});

describe("zstd", () => {
  it.skipIf(hasZstd)("says which Node it needs where it is missing, and what to use instead", () => {
    expect(() => zstd()).toThrow(InvalidOptionError);
    expect(() => zstd()).toThrow(/needs Node 22\.15, 23\.8 or newer: found v\d+.*gzip\(\)/);
  });
});
