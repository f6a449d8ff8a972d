import { describe, expect, it } from "vitest";
import { aes256gcm } from "../../src/codec/aes256gcm.js";
import { CodedJournal } from "../../src/codec/coded-journal.js";
import { withCodec } from "../../src/codec/coded-store.js";
import { Coder } from "../../src/codec/coder.js";
import { CheckpointCorruptError } from "../../src/core/errors.js";
import type { StoreCodec } from "../../src/core/store-codec.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { bytesOf } from "../../src/testing/checkpoint-store-support.js";
import { keyOf, textOf } from "./support.js";

const codec = aes256gcm({ key: keyOf(1) });

describe("an encoded journal", () => {
  it("keeps its order while the codec takes its time", async () => {
    const slowFirst: StoreCodec = {
      ...codec,
      encode: async (bytes, place) => {
        for (let turn = Number(place.id); turn < 20; turn++) await Promise.resolve();
        return codec.encode(bytes, place);
      },
    };
    const store = withCodec(new MemoryCheckpointStore(), slowFirst);
    const journal = await (await store.acquire("r1")).beginJournal(1);
    const texts = Array.from({ length: 20 }, (_, place) => `step ${place}`);
    await Promise.all(texts.map((text) => journal.append(bytesOf(text))));
    expect((await store.readJournal("r1", 1)).map(textOf)).toEqual(texts);
  });

  it("takes nothing more after a failure, whether that record is there or not", async () => {
    const appended: Uint8Array[] = [];
    let fails = 0;
    const inner = {
      append: async (record: Uint8Array) => {
        if (appended.length === 1 && fails++ === 0) throw new RangeError("no answer");
        appended.push(record);
      },
      close: async () => {},
    };
    const journal = new CodedJournal(inner, new Coder(codec), "r1", 1);
    await journal.append(bytesOf("one"));
    for (const text of ["two", "three"]) await expect(journal.append(bytesOf(text))).rejects.toThrow("no answer");
    await journal.close();
    expect([fails, appended.length]).toEqual([1, 1]);
  });

  it.each([
    ["without its first record", [1, 2]],
    ["without one in the middle", [0, 2]],
    ["with two records exchanged", [1, 0, 2]],
    ["with a record twice", [0, 0, 1, 2]],
  ] as const)("is refused %s", async (_, order) => {
    const inner = new MemoryCheckpointStore();
    const store = withCodec(inner, codec);
    const journal = await (await store.acquire("r1")).beginJournal(1);
    for (const text of ["one", "two", "three"]) await journal.append(bytesOf(text));
    const raw = await inner.readJournal("r1", 1);
    const forged = await (await inner.acquire("r1", { takeOver: true })).beginJournal(1);
    for (const place of order) await forged.append(raw[place] as Uint8Array);
    await expect(store.readJournal("r1", 1)).rejects.toThrow(CheckpointCorruptError);
    await expect(store.readJournal("r1", 1)).rejects.toThrow(/run r1: record \d of the journal after checkpoint 1: its tag is wrong/);
  });
});
