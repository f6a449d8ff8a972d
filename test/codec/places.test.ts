import { describe, expect, it } from "vitest";
import { aes256gcm } from "../../src/codec/aes256gcm.js";
import { withCodec } from "../../src/codec/coded-store.js";
import { gzip } from "../../src/codec/gzip.js";
import { CHECKPOINT_FILES, type CheckpointStore } from "../../src/core/checkpoint.js";
import { CheckpointCorruptError } from "../../src/core/errors.js";
import type { StoreCodec } from "../../src/core/store-codec.js";
import { bytesOf, digestOf, record } from "../../src/testing/checkpoint-store-support.js";
import { keyOf, rawOf, TamperedStore } from "./support.js";

const RUNS = ["r1", "r2"];
const BLOBS = ["shared", "other"].map(bytesOf);

/** Two runs of two checkpoints with the same ids, two blobs and a journal of two records, all of them with the same content. */
async function filled(
  codec: StoreCodec | readonly StoreCodec[],
): Promise<{ readonly inner: TamperedStore; readonly store: CheckpointStore }> {
  const inner = new TamperedStore();
  const store = withCodec(inner, codec);
  for (const runId of RUNS) {
    const writer = await store.acquire(runId);
    for (const seq of [1, 2]) {
      const { files } = record(runId, seq, "a");
      const same = { context: files.meta, state: files.meta, meta: files.meta };
      await writer.put({ ...record(runId, seq, "a", ...BLOBS), files: same });
    }
    const journal = await writer.beginJournal(2);
    for (const _ of [0, 1]) await journal.append(bytesOf("step"));
  }
  return { inner, store };
}

/** Reads all there is; returns the errors. */
async function problemsOf(store: CheckpointStore): Promise<unknown[]> {
  const problems: unknown[] = [];
  const note = (error: unknown): void => void problems.push(error);
  for (const runId of RUNS) {
    for (const key of await store.list(runId)) {
      const files = await store.read(key);
      for (const part of CHECKPOINT_FILES) {
        try {
          expect(files?.[part]).toBeInstanceOf(Uint8Array);
        } catch (error) {
          note(error);
        }
      }
    }
    for (const blob of BLOBS) await store.readBlob(runId, digestOf(blob)).catch(note);
    await store.readJournal(runId, 2).catch(note);
  }
  return problems;
}

describe("what an encrypting codec has stored", () => {
  it.each([
    ["aes256gcm", aes256gcm({ key: keyOf(1) })],
    ["gzip and aes256gcm", [gzip(), aes256gcm({ key: keyOf(1) })]],
  ] as const)("cannot take the place of anything else: %s", async (_, codec) => {
    const { inner, store } = await filled(codec);
    expect(await problemsOf(store)).toEqual([]);
    const raw = new Map([...(await rawOf(inner, "r1")), ...(await rawOf(inner, "r2"))]);
    expect(raw.size).toBe(2 * (2 * 3 + 2 + 2));
    for (const place of raw.keys()) {
      for (const [other, bytes] of raw) {
        if (place === other) continue;
        inner.instead.clear();
        inner.instead.set(place, bytes);
        inner.fired = 0;
        const problems = await problemsOf(store);
        expect(inner.fired, place).toBe(1);
        expect(problems.length, `${other} in the place of ${place}`).toBe(1);
        expect(problems[0]).toBeInstanceOf(CheckpointCorruptError);
      }
    }
  });

  it("names the file that is not in its place", async () => {
    const { inner, store } = await filled(aes256gcm({ key: keyOf(1) }));
    const raw = await rawOf(inner, "r1");
    inner.instead.set("r1 1-a state", raw.get("r1 1-a context") as Uint8Array);
    const files = await store.read({ runId: "r1", seq: 1, id: "a" });
    const expected = { code: "CHECKPOINT_CORRUPT", file: "state.json", runId: "r1", checkpointId: "a" };
    expect(() => files?.state).toThrow(expect.objectContaining(expected));
  });

  it("can be read as far as it is whole", async () => {
    const { inner, store } = await filled(aes256gcm({ key: keyOf(1) }));
    inner.instead.set("r1 1-a context", bytesOf("damaged"));
    const files = await store.read({ runId: "r1", seq: 1, id: "a" });
    expect(inner.fired).toBe(1);
    expect(files?.meta).toBeInstanceOf(Uint8Array);
    expect(() => files?.context).toThrow(CheckpointCorruptError);
  });
});
