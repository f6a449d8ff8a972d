import { describe, expect, it } from "vitest";
import { aes256gcm } from "../../src/codec/aes256gcm.js";
import { withCodec } from "../../src/codec/coded-store.js";
import { gzip } from "../../src/codec/gzip.js";
import type { CheckpointStore } from "../../src/core/checkpoint.js";
import { CodecError } from "../../src/core/errors.js";
import type { StoreCodec } from "../../src/core/store-codec.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { bytesOf, digestOf, holds, put, record } from "../../src/testing/checkpoint-store-support.js";
import { keyOf, textOf } from "./support.js";

const encrypted = (inner: CheckpointStore, ...seeds: readonly number[]): CheckpointStore =>
  withCodec(inner, aes256gcm({ keys: seeds.map(keyOf) }));
const blob = bytesOf("shared");
const digest = digestOf(blob);

describe("a store whose key is changed", () => {
  it("reads what was written with each key it has, and writes with the first", async () => {
    const inner = new MemoryCheckpointStore();
    await put(encrypted(inner, 1), record("r1", 1, "a", blob));
    const both = encrypted(inner, 2, 1);
    await holds(both, record("r1", 1, "a", blob));
    await put(both, record("r1", 2, "b", bytesOf("new")));
    await holds(encrypted(inner, 2), record("r1", 2, "b", bytesOf("new")));
    await holds(encrypted(inner, 3, 2, 1), record("r1", 1, "a", blob));
  });

  it("reads a journal of which the key was changed between two records", async () => {
    const inner = new MemoryCheckpointStore();
    const writer = await encrypted(inner, 1).acquire("r1");
    await (await writer.beginJournal(1)).append(bytesOf("one"));
    expect((await encrypted(inner, 2, 1).readJournal("r1", 1)).map(textOf)).toEqual(["one"]);
    await expect(encrypted(inner, 2).readJournal("r1", 1)).rejects.toThrow(CodecError);
  });

  it("says which key is missing, by an id that is not part of it", async () => {
    const inner = new MemoryCheckpointStore();
    await put(encrypted(inner, 1), record("r1", 1, "a"));
    const files = await encrypted(inner, 2, 3).read({ runId: "r1", seq: 1, id: "a" });
    const expected = /meta\.json: it is encrypted with key [0-9a-f]{16}: expected [0-9a-f]{16}, [0-9a-f]{16}; add the key/;
    expect(() => files?.meta).toThrow(CodecError);
    expect(() => files?.meta).toThrow(expected);
    expect(() => files?.meta).not.toThrow(Buffer.from(keyOf(1)).toString("hex").slice(0, 8));
  });

  it("names its blobs once, whichever key they were written with", async () => {
    const inner = new MemoryCheckpointStore();
    await put(encrypted(inner, 1), record("r1", 1, "a", blob, bytesOf("old")));
    const both = encrypted(inner, 2, 1);
    await put(both, record("r1", 2, "b", blob));
    expect((await inner.blobs("r1")).length).toBe(3);
    expect(await both.blobs("r1")).toEqual([digest, digestOf(bytesOf("old"))].sort());
  });

  it("removes a blob under all its names, and asks once whether it is unused, when it is under none", async () => {
    const inner = new MemoryCheckpointStore();
    await put(encrypted(inner, 1), record("r1", 1, "a", blob));
    const both = encrypted(inner, 2, 1);
    await put(both, record("r1", 2, "b", blob));
    expect((await inner.blobs("r1")).length).toBe(2);
    const asked: unknown[] = [];
    const answer = (isUnused: boolean) => async () => {
      asked.push(await both.readBlob("r1", digest), (await inner.blobs("r1")).length);
      return isUnused;
    };
    expect(await both.deleteBlob("r1", digest, answer(false))).toBe(false);
    expect((await inner.blobs("r1")).length).toBe(2);
    await expect(both.deleteBlob("r1", digest, () => Promise.reject(new RangeError("no answer")))).rejects.toThrow(RangeError);
    expect((await inner.blobs("r1")).length).toBe(2);
    expect(await both.deleteBlob("r1", digest, answer(true))).toBe(true);
    expect(asked).toEqual([null, 0, null, 0]);
    expect(await inner.blobs("r1")).toEqual([]);
  });

  it("never takes blobs of a key that it does not have for garbage", async () => {
    const inner = new MemoryCheckpointStore();
    await put(encrypted(inner, 1), record("r1", 1, "a", blob));
    for (const store of [encrypted(inner, 2), encrypted(inner, 2, 3)]) {
      for (const name of [...(await store.blobs("r1")), digest, ...(await inner.blobs("r1"))]) {
        expect(await store.deleteBlob("r1", name)).toBe(false);
      }
    }
    await holds(encrypted(inner, 1), record("r1", 1, "a", blob));
  });
});

describe("the name of an encrypted blob", () => {
  const nameOf = async (codec: StoreCodec | readonly StoreCodec[], runId = "r1"): Promise<string | undefined> => {
    const inner = new MemoryCheckpointStore();
    await put(withCodec(inner, codec), record(runId, 1, "a", blob));
    return (await inner.blobs(runId))[0];
  };

  it("depends on the key and the run, and is not the digest of anything known", async () => {
    const one = aes256gcm({ key: keyOf(1) });
    const names = [await nameOf(one), await nameOf(one, "r2"), await nameOf(aes256gcm({ key: keyOf(2) }))];
    expect(new Set([...names, digest, digestOf(Buffer.from(digest)), digestOf(Buffer.from(digest, "hex"))]).size).toBe(6);
    expect(await nameOf(aes256gcm({ key: keyOf(1) }))).toBe(names[0]);
    expect(await nameOf([gzip(), one])).toBe(names[0]);
    expect(await nameOf(gzip())).toBe(digest);
  });

  it("leads back to the digest through two keys at once", async () => {
    const codec = [aes256gcm({ keys: [keyOf(1), keyOf(2)] }), aes256gcm({ keys: [keyOf(3), keyOf(4)] })];
    const inner = new MemoryCheckpointStore();
    await put(withCodec(inner, codec), record("r1", 1, "a", blob));
    const store = withCodec(inner, [aes256gcm({ keys: [keyOf(5), keyOf(1)] }), aes256gcm({ keys: [keyOf(6), keyOf(3)] })]);
    expect(await store.blobs("r1")).toEqual([digest]);
    await holds(store, record("r1", 1, "a", blob));
    expect(await store.deleteBlob("r1", digest)).toBe(true);
  });
});
