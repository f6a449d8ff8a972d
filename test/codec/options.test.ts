import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { aes256gcm } from "../../src/codec/aes256gcm.js";
import { withCodec } from "../../src/codec/coded-store.js";
import { gzip } from "../../src/codec/gzip.js";
import { CairnError, CodecError, InvalidOptionError } from "../../src/core/errors.js";
import type { StoreCodec } from "../../src/core/store-codec.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { bytesOf, put, record } from "../../src/testing/checkpoint-store-support.js";
import { keyOf, SOME_PLACE, textOf } from "./support.js";

const key = keyOf(1);
const hex = Buffer.from(key).toString("hex");
const base64 = Buffer.from(key).toString("base64");

const reversing: StoreCodec = { name: "reversing", encode: (bytes) => bytes.toReversed(), decode: (bytes) => bytes.toReversed() };

describe("the key of aes256gcm", () => {
  it("is the same as bytes, in hex and in base64", async () => {
    const encoded = await aes256gcm({ key }).encode(bytesOf("text"), SOME_PLACE);
    for (const same of [hex, hex.toUpperCase(), base64, Buffer.from(key)]) {
      expect(textOf(await aes256gcm({ key: same }).decode(encoded, SOME_PLACE))).toBe("text");
    }
  });

  it("is copied: changing the given bytes changes nothing", async () => {
    const given = key.slice();
    const codec = aes256gcm({ key: given });
    given.fill(0);
    const encoded = await codec.encode(bytesOf("text"), SOME_PLACE);
    expect(textOf(await aes256gcm({ key }).decode(encoded, SOME_PLACE))).toBe("text");
  });

  it.each([
    key.subarray(1),
    new Uint8Array(33),
    new Uint8Array(0),
    hex.slice(1),
    `${hex}00`,
    `${hex.slice(2)}zz`,
    base64.slice(1),
    `${base64}\n`,
    "a password",
    "",
    7,
    null,
    {},
    key.buffer,
  ])("must have 32 bytes: %j", (bad) => {
    expect(() => aes256gcm({ key: bad as never })).toThrow(InvalidOptionError);
    expect(() => aes256gcm({ key: bad as never })).toThrow(/option aes256gcm\.key .*expected 32 bytes/);
    expect(() => aes256gcm({ keys: [key, bad as never] })).toThrow(/option aes256gcm\.keys\[1\]/);
  });

  it.each([
    {},
    { keys: [] },
    { keys: key },
    { keys: hex },
    { key, keys: [key] },
    { keys: [key, base64] },
    { key, iv: "" },
    undefined,
    null,
    key,
  ])("must be one key or a list of different ones: %j", (options) => {
    expect(() => aes256gcm(options as never)).toThrow(InvalidOptionError);
  });

  it("is in no message and in nothing that is printed", () => {
    const secrets = [hex, base64, hex.slice(0, 40), [...key].join(","), [...key].join(", ")];
    const shown: string[] = [];
    for (const bad of [`${hex}00`, `${base64}==`, key.subarray(1)]) {
      try {
        aes256gcm({ key: bad });
      } catch (error) {
        shown.push(inspect(error, { depth: 9, showHidden: true }));
      }
    }
    expect(shown.length).toBe(3);
    const codec = aes256gcm({ key });
    const store = withCodec(new MemoryCheckpointStore(), [gzip(), codec]);
    for (const printed of [codec, store]) shown.push(inspect(printed, { depth: 9, showHidden: true }), JSON.stringify(printed));
    for (const text of shown) for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe("the codecs of a store", () => {
  const make = (codec: unknown) => () => withCodec(new MemoryCheckpointStore(), codec as never);

  it.each([
    [],
    null,
    undefined,
    "gzip",
    {},
    gzip,
    { ...reversing, decode: null },
    [gzip(), "aes"],
    [[gzip()]],
    Array.from({ length: 8 }, () => gzip()),
  ])("are one to seven codecs: %j", (codec) => {
    expect(make(codec)).toThrow(InvalidOptionError);
    expect(make(codec)).toThrow(/option codec/);
  });

  it.each(["", "Gzip", "a+b", "a b", "a/b", "-a", "é", "x".repeat(33), 7])("have names of a-z 0-9 . -: %j", (name) => {
    expect(make({ ...reversing, name })).toThrow(InvalidOptionError);
  });

  it("are applied in order, and undone backwards", async () => {
    const calls: string[] = [];
    const marking = (name: string): StoreCodec => ({
      name,
      encode: async (bytes) => Buffer.concat([Buffer.of(name.charCodeAt(0)), bytes]),
      decode: async (bytes) => {
        calls.push(String.fromCharCode(bytes[0] as number));
        return bytes.subarray(1);
      },
    });
    const inner = new MemoryCheckpointStore();
    const store = withCodec(inner, [marking("a"), marking("b")]);
    await put(store, record("r1", 1, "x"));
    expect(textOf((await inner.read({ runId: "r1", seq: 1, id: "x" }))?.meta)).toMatch(/a\+bbameta of x\]$/);
    expect(textOf((await store.read({ runId: "r1", seq: 1, id: "x" }))?.meta)).toBe("meta of x");
    expect(calls.slice(0, 2).sort()).toEqual(["b", "b"]);
    expect(calls.filter((call) => call === "a").length).toBe(3);
  });

  it("may be your own, and their failures are errors of the library", async () => {
    const store = withCodec(new MemoryCheckpointStore(), reversing);
    await put(store, record("r1", 1, "x"));
    expect(textOf((await store.read({ runId: "r1", seq: 1, id: "x" }))?.state)).toBe("state of x");
    for (const encode of [() => "text", () => null, () => Promise.reject(new RangeError("no")), () => undefined]) {
      const broken = withCodec(new MemoryCheckpointStore(), { ...reversing, encode: encode as never });
      await expect(put(broken, record("r1", 1, "x"))).rejects.toThrow(CodecError);
      expect(await broken.runs()).toEqual([]);
    }
  });

  it("cannot be given back anything but bytes", async () => {
    const inner = new MemoryCheckpointStore();
    await put(withCodec(inner, reversing), record("r1", 1, "x"));
    for (const decode of [() => "text", () => Promise.reject(new RangeError("no"))]) {
      const files = await withCodec(inner, { ...reversing, decode: decode as never }).read({ runId: "r1", seq: 1, id: "x" });
      expect(() => files?.meta).toThrow(CairnError);
      expect(() => files?.meta).toThrow(/the codec reversing could not decode it/);
    }
  });
});
