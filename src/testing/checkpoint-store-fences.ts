import assert from "node:assert/strict";
import type { CheckpointRecord } from "../core/checkpoint.js";
import { InvalidIdError, SequenceTakenError } from "../core/errors.js";
import { bytesOf, type ContractCase, digestOf, holds, lists, promise, put, record, refuses, shown } from "./checkpoint-store-support.js";

const fenced: readonly ContractCase[] = [
  promise("refuses a second put of a seq and changes nothing", async (store) => {
    await put(store, record("r1", 1, "a", bytesOf("first")));
    await assert.rejects(put(store, record("r1", 1, "b")), SequenceTakenError);
    await assert.rejects(put(store, { ...record("r1", 1, "a"), files: record("r1", 1, "other").files }), SequenceTakenError);
    await holds(store, record("r1", 1, "a", bytesOf("first")));
    await lists(store, "r1", ["1 a"]);
  }),
  promise("names run and checkpoint in the refusal, and that nothing was done", async (store) => {
    await put(store, record("r1", 1, "a"));
    const expected = { runId: "r1", checkpointId: "b", outcome: "not-applied", code: "SEQUENCE_TAKEN" };
    await assert.rejects(put(store, record("r1", 1, "b")), expected);
  }),
  promise("takes the next seq after a refusal", async (store) => {
    await put(store, record("r1", 1, "a"));
    await assert.rejects(put(store, record("r1", 1, "b")), SequenceTakenError);
    await put(store, record("r1", 2, "b"));
    await lists(store, "r1", ["1 a", "2 b"]);
  }),
  promise("takes the same seq in another run", async (store) => {
    await put(store, record("r1", 1, "a"));
    await put(store, record("r2", 1, "b"));
    await lists(store, "r2", ["1 b"]);
  }),
  promise("lets exactly one of 20 racing puts of a seq win", async (store) => {
    const given = Array.from({ length: 20 }, (_, n) => record("r1", 1, `c${n}`));
    const writer = await store.acquire("r1");
    const results = await Promise.allSettled(given.map((each) => writer.put(each)));
    const winners = given.filter((_, n) => results[n]?.status === "fulfilled");
    assert.equal(winners.length, 1);
    for (const result of results)
      if (result.status === "rejected") assert.ok(result.reason instanceof SequenceTakenError, String(result.reason));
    await lists(store, "r1", winners.map(shown));
    for (const winner of winners) await holds(store, winner);
  }),
  promise("stores 20 different seqs put at the same time", async (store) => {
    const given = Array.from({ length: 20 }, (_, n) => record("r1", n + 1, `c${n}`, bytesOf("shared"), bytesOf(`own ${n}`)));
    const writer = await store.acquire("r1");
    await Promise.all(given.map((each) => writer.put(each)));
    await lists(store, "r1", given.map(shown));
    for (const each of given) await holds(store, each);
  }),
  promise("holds 500 checkpoints of a run", async (store) => {
    const given = Array.from({ length: 500 }, (_, n) => record("r1", n + 1, `c${n}`));
    const writer = await store.acquire("r1");
    for (const each of given) await writer.put(each);
    await writer.release();
    await lists(store, "r1", given.map(shown));
    for (const each of [given[0], given[499]]) await holds(store, each as CheckpointRecord);
    await assert.rejects(put(store, record("r1", 250, "again")), SequenceTakenError);
  }),
];

const removing: readonly ContractCase[] = [
  promise("deletes a run with its checkpoints and blobs", async (store) => {
    await put(store, record("r1", 1, "a", bytesOf("x")));
    await put(store, record("r1", 2, "b"));
    assert.equal(await store.deleteRun("r1"), true);
    assert.deepEqual([await store.runs(), await store.list("r1"), await store.find("a")], [[], [], null]);
    assert.equal(await store.read({ runId: "r1", seq: 1, id: "a" }), null);
    assert.equal(await store.readBlob("r1", digestOf(bytesOf("x"))), null);
  }),
  promise("says whether there was a run to delete", async (store) => {
    assert.equal(await store.deleteRun("r1"), false);
    await put(store, record("r1", 1, "a"));
    assert.deepEqual([await store.deleteRun("r1"), await store.deleteRun("r1")], [true, false]);
  }),
  promise("leaves other runs as they were when it deletes one", async (store) => {
    for (const run of ["r1", "r2"]) await put(store, record(run, 1, `c-${run}`, bytesOf("shared")));
    await store.deleteRun("r1");
    await holds(store, record("r2", 1, "c-r2", bytesOf("shared")));
  }),
  promise("starts a deleted run afresh", async (store) => {
    await put(store, record("r1", 1, "a", bytesOf("x")));
    await store.deleteRun("r1");
    await put(store, record("r1", 1, "b", bytesOf("x")));
    await lists(store, "r1", ["1 b"]);
    await holds(store, record("r1", 1, "b", bytesOf("x")));
  }),
];

const refusing: readonly ContractCase[] = [
  refuses("checkpoint ids in put", (store, id) => put(store, record("r1", 1, id))),
  refuses("run ids in list", (store, id) => store.list(id)),
  refuses("run ids in deleteRun", (store, id) => store.deleteRun(id)),
  refuses("ids in read", (store, id) => store.read({ runId: id, seq: 1, id: "a" })),
  refuses("ids in find", (store, id) => store.find(id)),
  refuses("digests in readBlob", (store, id) => store.readBlob("r1", id)),
  refuses("digests in put", (store, id) => put(store, { ...record("r1", 1, "a"), blobs: new Map([[id, bytesOf("x")]]) })),
  promise("refuses a seq that is not a whole number from 1 on", async (store) => {
    for (const seq of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      await assert.rejects(put(store, record("r1", seq, "a")), InvalidIdError, String(seq));
    }
    assert.deepEqual(await store.runs(), []);
  }),
];

/** That one writer gets a seq, runs can be deleted, and hostile names are refused. */
export const fenceCases: readonly ContractCase[] = [...fenced, ...removing, ...refusing];
