import assert from "node:assert/strict";
import { CHECKPOINT_FILES } from "../core/checkpoint.js";
import { bytesOf, type ContractCase, digestOf, holds, keeps, lists, promise, put, record, same } from "./checkpoint-store-support.js";

const keeping: readonly ContractCase[] = [
  keeps("the exact bytes of the three documents", () => record("r1", 1, "a")),
  keeps("a blob with its checkpoint", () => record("r1", 1, "a", bytesOf("large value"))),
  keeps("twenty blobs of one checkpoint", () => record("r1", 1, "a", ...Array.from({ length: 20 }, (_, n) => bytesOf(`blob ${n}`)))),
  keeps("empty documents", () => ({ ...record("r1", 1, "a"), files: { context: bytesOf(""), state: bytesOf(""), meta: bytesOf("") } })),
  keeps("an empty blob", () => record("r1", 1, "a", new Uint8Array(0))),
  keeps("bytes that are not text", () => {
    const bytes = Uint8Array.from({ length: 1024 }, (_, n) => n % 256);
    return { ...record("r1", 1, "a", bytes), files: { context: bytes, state: bytes.slice(3), meta: bytes.slice(7) } };
  }),
  keeps("bytes that are a window on a larger buffer", () => {
    const buffer = bytesOf("before-inside-after");
    return { ...record("r1", 1, "a", buffer.subarray(7, 13)), files: { ...record("r1", 1, "a").files, state: buffer.subarray(7, 13) } };
  }),
  keeps("a document and a blob of 5 MB", () => {
    const bytes = new Uint8Array(5_000_000).map((_, n) => (n * 31) >> 3);
    return { ...record("r1", 1, "a", bytes), files: { ...record("r1", 1, "a").files, context: bytes.slice(1) } };
  }),
  keeps("ids of 128 characters", () => record("R".repeat(128), 1, "c".repeat(128))),
  keeps("ids with dots, dashes and underscores", () => record("1.-_.", 1, "0-1._-")),
  keeps("ids that are names of object members", () => record("constructor", 1, "hasOwnProperty")),
  keeps("the largest seq", () => record("r1", Number.MAX_SAFE_INTEGER, "a")),
];

const telling: readonly ContractCase[] = [
  promise("has a kind and a location for messages", async (store) => {
    assert.match(store.kind, /^[a-z0-9-]+$/);
    assert.notEqual(store.location, "");
  }),
  promise("is empty at first", async (store) => {
    assert.deepEqual(await store.runs(), []);
    assert.deepEqual(await store.list("r1"), []);
    assert.equal(await store.find("toString"), null);
  }),
  promise("can be opened again without losing anything", async (store) => {
    await put(store, record("r1", 1, "a"));
    await store.open();
    await holds(store, record("r1", 1, "a"));
  }),
  promise("can be closed twice", async (store) => store.close()),
  promise("lists by seq, not by the order of writing", async (store) => {
    for (const seq of [3, 1, 2]) await put(store, record("r1", seq, `c${seq}`));
    await lists(store, "r1", ["1 c1", "2 c2", "3 c3"]);
  }),
  promise("lists by seq, not by name", async (store) => {
    for (const [seq, id] of [
      [9, "z"],
      [10, "y"],
      [100, "a"],
      [99_999_999, "b"],
      [100_000_000, "0"],
    ] as const)
      await put(store, record("r1", seq, id));
    await lists(store, "r1", ["9 z", "10 y", "100 a", "99999999 b", "100000000 0"]);
  }),
  promise("gives keys with the run's id", async (store) => {
    await put(store, record("r1", 7, "a"));
    assert.deepEqual({ ...(await store.list("r1"))[0] }, { runId: "r1", seq: 7, id: "a" });
  }),
  promise("keeps runs apart whose ids begin alike", async (store) => {
    const runs = ["r1", "r11", "r1.1", "r1-1", "r1_1"];
    for (const run of runs) await put(store, record(run, 1, `of-${run}`, bytesOf(run)));
    for (const run of runs) await lists(store, run, [`1 of-${run}`]);
    assert.equal(await store.readBlob("r1", digestOf(bytesOf("r11"))), null);
    await store.deleteRun("r1");
    assert.deepEqual(await store.runs(), ["r1-1", "r1.1", "r11", "r1_1"]);
  }),
  promise("gives the runs sorted", async (store) => {
    for (const run of ["b", "a10", "B", "a9", "1"]) await put(store, record(run, 1, `c-${run}`));
    assert.deepEqual(await store.runs(), ["1", "B", "a10", "a9", "b"]);
  }),
  promise("finds a checkpoint by its id alone, in any run", async (store) => {
    for (const [run, seq, id] of [
      ["r1", 1, "a"],
      ["r2", 4, "b"],
      ["r3", 1, "c"],
    ] as const)
      await put(store, record(run, seq, id));
    assert.deepEqual({ ...(await store.find("b")) }, { runId: "r2", seq: 4, id: "b" });
  }),
  promise("does not find a part of an id, nor a run, nor seq and id", async (store) => {
    await put(store, record("r1", 1, "abc"));
    for (const id of ["ab", "bc", "r1", "ABC", "1-abc", "00000001-abc"]) assert.equal(await store.find(id), null, id);
  }),
  promise("reads null where run, seq or id do not fit together", async (store) => {
    await put(store, record("r1", 1, "a"));
    for (const [runId, seq, id] of [
      ["r2", 1, "a"],
      ["r1", 2, "a"],
      ["r1", 1, "b"],
    ] as const)
      assert.equal(await store.read({ runId, seq, id }), null);
  }),
  promise("reads null for a blob it does not have", async (store) => {
    await put(store, record("r1", 1, "a", bytesOf("x")));
    assert.equal(await store.readBlob("r1", digestOf(bytesOf("y"))), null);
    assert.equal(await store.readBlob("r2", digestOf(bytesOf("x"))), null);
  }),
];

const separate: readonly ContractCase[] = [
  promise("does not change when the given buffers change after put", async (store) => {
    const given = record("r1", 1, "a", bytesOf("value"));
    const [digest] = given.blobs.keys();
    await put(store, given);
    for (const bytes of [...Object.values(given.files), ...given.blobs.values()]) bytes.fill(0);
    await holds(store, record("r1", 1, "a"));
    same(await store.readBlob("r1", String(digest)), bytesOf("value"));
  }),
  promise("does not change when bytes that were read change", async (store) => {
    const given = record("r1", 1, "a", bytesOf("value"));
    await put(store, given);
    const read = await store.read(given);
    for (const name of CHECKPOINT_FILES) read?.[name]?.fill(0);
    (await store.readBlob("r1", digestOf(bytesOf("value"))))?.fill(0);
    await holds(store, given);
  }),
  promise("stores a blob once for two checkpoints that name it", async (store) => {
    const shared = bytesOf("shared");
    await put(store, record("r1", 1, "a", shared));
    await put(store, record("r1", 2, "b", shared, bytesOf("own")));
    await holds(store, record("r1", 1, "a", shared));
    await holds(store, record("r1", 2, "b", shared, bytesOf("own")));
  }),
  promise("keeps a blob for later checkpoints that do not give it again", async (store) => {
    await put(store, record("r1", 1, "a", bytesOf("kept")));
    await put(store, record("r1", 2, "b"));
    same(await store.readBlob("r1", digestOf(bytesOf("kept"))), bytesOf("kept"));
  }),
];

/** That a store gives back what it was given. */
export const basicCases: readonly ContractCase[] = [...keeping, ...telling, ...separate];
