import assert from "node:assert/strict";
import type { CheckpointStore } from "../core/checkpoint.js";
import { InvalidIdError, SequenceTakenError } from "../core/errors.js";
import { bytesOf, type ContractCase, digestOf, holds, lists, promise, put, record, refuses, same } from "./checkpoint-store-support.js";

const key = (seq: number, id: string, runId = "r1") => ({ runId, seq, id });
const digest = (text: string): string => digestOf(bytesOf(text));

async function putAll(store: CheckpointStore, ...ids: readonly string[]): Promise<void> {
  for (const [place, id] of ids.entries()) await put(store, record("r1", place + 1, id, bytesOf("shared"), bytesOf(`own of ${id}`)));
}

const deleting: readonly ContractCase[] = [
  promise("deletes one checkpoint and leaves the others as they were", async (store) => {
    await putAll(store, "a", "b", "c");
    assert.equal(await store.delete(key(2, "b")), true);
    await lists(store, "r1", ["1 a", "3 c"]);
    assert.equal(await store.read(key(2, "b")), null);
    assert.equal(await store.find("b"), null);
    for (const [seq, id] of [
      [1, "a"],
      [3, "c"],
    ] as const)
      await holds(store, record("r1", seq, id, bytesOf("shared"), bytesOf(`own of ${id}`)));
  }),
  promise("says whether there was a checkpoint to delete", async (store) => {
    assert.equal(await store.delete(key(1, "a")), false);
    await putAll(store, "a", "b");
    assert.deepEqual([await store.delete(key(1, "a")), await store.delete(key(1, "a"))], [true, false]);
  }),
  promise("deletes nothing where run, seq or id do not fit together", async (store) => {
    await putAll(store, "a", "b");
    for (const other of [key(1, "b"), key(2, "a"), key(3, "a"), key(1, "a", "r2")]) assert.equal(await store.delete(other), false);
    await lists(store, "r1", ["1 a", "2 b"]);
  }),
  promise("takes ids to delete by letter, not as patterns or beginnings", async (store) => {
    await putAll(store, "a", "a.", "aa", "a.b");
    assert.equal(await store.delete(key(2, "a.")), true);
    await lists(store, "r1", ["1 a", "3 aa", "4 a.b"]);
  }),
  promise("keeps the blobs of a checkpoint that is deleted", async (store) => {
    await putAll(store, "a", "b");
    await store.delete(key(1, "a"));
    same(await store.readBlob("r1", digest("own of a")), bytesOf("own of a"));
  }),
  promise("has no run any more when its last checkpoint is deleted", async (store) => {
    await putAll(store, "a");
    await store.delete(key(1, "a"));
    assert.deepEqual([await store.runs(), await store.list("r1")], [[], []]);
  }),
  promise("takes the next seq after a deletion, and still refuses one that is taken", async (store) => {
    await putAll(store, "a", "b", "c");
    await store.delete(key(1, "a"));
    await put(store, record("r1", 4, "d"));
    await store.delete(key(2, "b"));
    await assert.rejects(put(store, record("r1", 4, "again")), SequenceTakenError);
    await put(store, record("r1", 5, "e"));
    await lists(store, "r1", ["3 c", "4 d", "5 e"]);
  }),
  promise("lets exactly one of 10 racing deletions of a checkpoint say that it did it", async (store) => {
    await putAll(store, "a", "b");
    const results = await Promise.all(Array.from({ length: 10 }, () => store.delete(key(1, "a"))));
    assert.equal(results.filter(Boolean).length, 1);
    await lists(store, "r1", ["2 b"]);
  }),
  promise("puts and deletes at the same time without losing either", async (store) => {
    const old = Array.from({ length: 10 }, (_, n) => record("r1", n + 1, `old${n}`));
    for (const each of old) await put(store, each);
    const fresh = Array.from({ length: 10 }, (_, n) => record("r1", n + 11, `new${n}`, bytesOf(`blob ${n}`)));
    const writer = await store.acquire("r1");
    await Promise.all([...old.map((each) => store.delete(each)), ...fresh.map((each) => writer.put(each))]);
    await lists(
      store,
      "r1",
      fresh.map(({ seq, id }) => `${seq} ${id}`),
    );
    for (const each of fresh) await holds(store, each);
  }),
];

const blobs: readonly ContractCase[] = [
  promise("names the blobs of a run, sorted", async (store) => {
    assert.deepEqual(await store.blobs("r1"), []);
    await putAll(store, "a", "b");
    await put(store, record("r2", 1, "c", bytesOf("other")));
    assert.deepEqual(await store.blobs("r1"), ["shared", "own of a", "own of b"].map(digest).sort());
  }),
  promise("deletes a blob, and says whether there was one", async (store) => {
    await putAll(store, "a");
    assert.deepEqual([await store.deleteBlob("r1", digest("own of a")), await store.deleteBlob("r1", digest("own of a"))], [true, false]);
    assert.equal(await store.readBlob("r1", digest("own of a")), null);
    assert.deepEqual(await store.blobs("r1"), [digest("shared")]);
  }),
  promise("deletes a blob of one run and not that of another", async (store) => {
    for (const run of ["r1", "r2"]) await put(store, record(run, 1, `c-${run}`, bytesOf("same")));
    assert.equal(await store.deleteBlob("r1", digest("same")), true);
    same(await store.readBlob("r2", digest("same")), bytesOf("same"));
  }),
  promise("stores a blob anew that was deleted", async (store) => {
    await putAll(store, "a");
    await store.deleteBlob("r1", digest("shared"));
    await put(store, record("r1", 2, "b", bytesOf("shared")));
    await holds(store, record("r1", 2, "b", bytesOf("shared")));
  }),
  promise("asks whether a blob is unused once it cannot be found", async (store) => {
    await putAll(store, "a");
    const seen: unknown[] = [];
    const isUnused = async () => {
      seen.push(await store.readBlob("r1", digest("shared")));
      return true;
    };
    assert.equal(await store.deleteBlob("r1", digest("shared"), isUnused), true);
    assert.deepEqual(seen, [null]);
  }),
  promise("puts a blob back that is needed after all", async (store) => {
    await putAll(store, "a");
    assert.equal(await store.deleteBlob("r1", digest("shared"), async () => false), false);
    same(await store.readBlob("r1", digest("shared")), bytesOf("shared"));
  }),
  promise("puts a blob back if nobody can say whether it is needed", async (store) => {
    await putAll(store, "a");
    const asking = async () => Promise.reject(new RangeError("no answer"));
    await assert.rejects(store.deleteBlob("r1", digest("shared"), asking));
    same(await store.readBlob("r1", digest("shared")), bytesOf("shared"));
  }),
  promise("keeps a blob that is stored again while it is being deleted", async (store) => {
    await putAll(store, "a");
    const isUnused = async () => {
      await put(store, record("r1", 2, "b", bytesOf("shared")));
      return true;
    };
    await store.deleteBlob("r1", digest("shared"), isUnused);
    await holds(store, record("r1", 2, "b", bytesOf("shared")));
  }),
];

const pinning: readonly ContractCase[] = [
  promise("pins and unpins checkpoints, and names the pinned ones sorted", async (store) => {
    assert.deepEqual(await store.pins("r1"), []);
    await putAll(store, "b", "a", "c");
    for (const [seq, id] of [
      [1, "b"],
      [2, "a"],
    ] as const)
      assert.equal(await store.pin(key(seq, id), true), true);
    assert.deepEqual(await store.pins("r1"), ["a", "b"]);
    assert.equal(await store.pin(key(1, "b"), false), true);
    assert.deepEqual(await store.pins("r1"), ["a"]);
  }),
  promise("can pin and unpin twice", async (store) => {
    await putAll(store, "a");
    for (const pinned of [true, true]) assert.equal(await store.pin(key(1, "a"), pinned), true);
    assert.deepEqual(await store.pins("r1"), ["a"]);
    for (const pinned of [false, false]) assert.equal(await store.pin(key(1, "a"), pinned), true);
    assert.deepEqual(await store.pins("r1"), []);
  }),
  promise("does not pin what is not there", async (store) => {
    await putAll(store, "a");
    for (const other of [key(1, "b"), key(2, "a"), key(1, "a", "r2")]) assert.equal(await store.pin(other, true), false);
    assert.deepEqual([await store.pins("r1"), await store.pins("r2")], [[], []]);
    assert.deepEqual(await store.runs(), ["r1"]);
  }),
  promise("does not delete a pinned checkpoint until it is unpinned", async (store) => {
    await putAll(store, "a", "b");
    await store.pin(key(1, "a"), true);
    assert.equal(await store.delete(key(1, "a")), false);
    await holds(store, record("r1", 1, "a"));
    await store.pin(key(1, "a"), false);
    assert.equal(await store.delete(key(1, "a")), true);
    await lists(store, "r1", ["2 b"]);
  }),
  promise("keeps what it said it pinned, whatever is deleted at the same time", async (store) => {
    for (let seq = 1; seq <= 20; seq++) {
      await put(store, record("r1", seq, `c${seq}`));
      const [pinned, deleted] = await Promise.all([store.pin(key(seq, `c${seq}`), true), store.delete(key(seq, `c${seq}`))]);
      assert.equal((await store.find(`c${seq}`)) !== null, pinned || !deleted, `pinned ${pinned}, deleted ${deleted}`);
      assert.ok(!(pinned && deleted), "what is pinned is not deleted");
    }
  }),
  promise("keeps pins over a second open, and pins of one run apart from another", async (store) => {
    for (const run of ["r1", "r2"]) await put(store, record(run, 1, "a"));
    await store.pin(key(1, "a"), true);
    await store.open();
    assert.deepEqual([await store.pins("r1"), await store.pins("r2")], [["a"], []]);
    assert.equal(await store.delete(key(1, "a", "r2")), true);
  }),
  promise("forgets the pins of a run that is deleted", async (store) => {
    await putAll(store, "a");
    await store.pin(key(1, "a"), true);
    assert.equal(await store.deleteRun("r1"), true);
    await putAll(store, "a");
    assert.deepEqual(await store.pins("r1"), []);
  }),
];

const refusing: readonly ContractCase[] = [
  refuses("ids in delete", (store, id) => store.delete(key(1, id))),
  refuses("run ids in delete", (store, id) => store.delete(key(1, "a", id))),
  refuses("ids in pin", (store, id) => store.pin(key(1, id), true)),
  refuses("run ids in pins", (store, id) => store.pins(id)),
  refuses("run ids in blobs", (store, id) => store.blobs(id)),
  refuses("digests in deleteBlob", (store, id) => store.deleteBlob("r1", id)),
  promise("refuses a seq to delete that is not a whole number from 1 on", async (store) => {
    for (const seq of [0, -1, 1.5, Number.NaN]) await assert.rejects(store.delete(key(seq, "a")), InvalidIdError, String(seq));
  }),
];

/** That checkpoints can be pinned, and removed one by one with their blobs. */
export const pruneCases: readonly ContractCase[] = [...deleting, ...blobs, ...pinning, ...refusing];
