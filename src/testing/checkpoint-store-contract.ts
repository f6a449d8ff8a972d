import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { CHECKPOINT_FILES, type CheckpointKey, type CheckpointRecord, type CheckpointStore } from "../core/checkpoint.js";
import { InvalidIdError, SequenceTakenError } from "../core/errors.js";

/** One promise of a port, for any test runner: `for (const { name, check } of checkpointStoreContract) it(name, () => check(open))`. */
export interface ContractCase {
  readonly name: string;
  /** Rejects if the promise is broken. `open` gives a new, empty store on which `open()` has been called. */
  check(open: () => Promise<CheckpointStore>): Promise<void>;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function record(runId: string, seq: number, id: string, ...blobs: readonly Uint8Array[]): CheckpointRecord {
  const files = { context: bytesOf(`context of ${id}`), state: bytesOf(`state of ${id}`), meta: bytesOf(`meta of ${id}`) };
  return { runId, seq, id, files, blobs: new Map(blobs.map((bytes) => [digestOf(bytes), bytes])) };
}

async function holds(store: CheckpointStore, expected: CheckpointRecord): Promise<void> {
  const { runId, seq, id } = expected;
  const found = await store.read({ runId, seq, id });
  assert.ok(found, `checkpoint ${id} of run ${runId} can be read`);
  for (const name of CHECKPOINT_FILES) same(found[name], expected.files[name]);
  for (const [digest, bytes] of expected.blobs) same(await store.readBlob(runId, digest), bytes);
}

function same(found: Uint8Array | null, expected: Uint8Array): void {
  assert.ok(found instanceof Uint8Array, "bytes are stored");
  assert.ok(Buffer.compare(found, expected) === 0, `${found.length} bytes are the ${expected.length} that were given`);
}

async function lists(store: CheckpointStore, runId: string, expected: readonly string[]): Promise<void> {
  assert.deepEqual((await store.list(runId)).map(shown), expected);
}

const shown = (key: CheckpointKey): string => `${key.seq} ${key.id}`;

/** Runs one check with a store, and closes the store however it ends. */
function promise(name: string, body: (store: CheckpointStore) => Promise<void>): ContractCase {
  const check = async (open: () => Promise<CheckpointStore>) => {
    const store = await open();
    try {
      await body(store);
    } finally {
      await store.close();
    }
  };
  return { name, check };
}

function keeps(name: string, make: () => CheckpointRecord): ContractCase {
  return promise(`keeps ${name}`, async (store) => {
    const given = make();
    await store.put(given);
    await holds(store, given);
    await lists(store, given.runId, [shown(given)]);
  });
}

const HOSTILE = [
  "",
  ".",
  "..",
  "../r1",
  "r1/../r2",
  "a/b",
  "a\\b",
  "/etc",
  "-rf",
  "_x",
  "a\0b",
  "a\nb",
  "é",
  "a b",
  "*",
  "%2e%2e",
  "x".repeat(129),
];

function refuses(name: string, call: (store: CheckpointStore, id: string) => Promise<unknown>): ContractCase {
  return promise(`refuses hostile ${name} and stores nothing`, async (store) => {
    for (const id of HOSTILE) await assert.rejects(call(store, id), InvalidIdError, JSON.stringify(id));
    assert.deepEqual(await store.runs(), []);
  });
}

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
    await store.put(record("r1", 1, "a"));
    await store.open();
    await holds(store, record("r1", 1, "a"));
  }),
  promise("can be closed twice", async (store) => store.close()),
  promise("lists by seq, not by the order of writing", async (store) => {
    for (const seq of [3, 1, 2]) await store.put(record("r1", seq, `c${seq}`));
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
      await store.put(record("r1", seq, id));
    await lists(store, "r1", ["9 z", "10 y", "100 a", "99999999 b", "100000000 0"]);
  }),
  promise("gives keys with the run's id", async (store) => {
    await store.put(record("r1", 7, "a"));
    assert.deepEqual({ ...(await store.list("r1"))[0] }, { runId: "r1", seq: 7, id: "a" });
  }),
  promise("keeps runs apart whose ids begin alike", async (store) => {
    const runs = ["r1", "r11", "r1.1", "r1-1", "r1_1"];
    for (const run of runs) await store.put(record(run, 1, `of-${run}`, bytesOf(run)));
    for (const run of runs) await lists(store, run, [`1 of-${run}`]);
    assert.equal(await store.readBlob("r1", digestOf(bytesOf("r11"))), null);
    await store.deleteRun("r1");
    assert.deepEqual(await store.runs(), ["r1-1", "r1.1", "r11", "r1_1"]);
  }),
  promise("gives the runs sorted", async (store) => {
    for (const run of ["b", "a10", "B", "a9", "1"]) await store.put(record(run, 1, `c-${run}`));
    assert.deepEqual(await store.runs(), ["1", "B", "a10", "a9", "b"]);
  }),
  promise("finds a checkpoint by its id alone, in any run", async (store) => {
    for (const [run, seq, id] of [
      ["r1", 1, "a"],
      ["r2", 4, "b"],
      ["r3", 1, "c"],
    ] as const)
      await store.put(record(run, seq, id));
    assert.deepEqual({ ...(await store.find("b")) }, { runId: "r2", seq: 4, id: "b" });
  }),
  promise("does not find a part of an id, nor a run, nor seq and id", async (store) => {
    await store.put(record("r1", 1, "abc"));
    for (const id of ["ab", "bc", "r1", "ABC", "1-abc", "00000001-abc"]) assert.equal(await store.find(id), null, id);
  }),
  promise("reads null where run, seq or id do not fit together", async (store) => {
    await store.put(record("r1", 1, "a"));
    for (const [runId, seq, id] of [
      ["r2", 1, "a"],
      ["r1", 2, "a"],
      ["r1", 1, "b"],
    ] as const)
      assert.equal(await store.read({ runId, seq, id }), null);
  }),
  promise("reads null for a blob it does not have", async (store) => {
    await store.put(record("r1", 1, "a", bytesOf("x")));
    assert.equal(await store.readBlob("r1", digestOf(bytesOf("y"))), null);
    assert.equal(await store.readBlob("r2", digestOf(bytesOf("x"))), null);
  }),
];

const separate: readonly ContractCase[] = [
  promise("does not change when the given buffers change after put", async (store) => {
    const given = record("r1", 1, "a", bytesOf("value"));
    const [digest] = given.blobs.keys();
    await store.put(given);
    for (const bytes of [...Object.values(given.files), ...given.blobs.values()]) bytes.fill(0);
    await holds(store, record("r1", 1, "a"));
    same(await store.readBlob("r1", String(digest)), bytesOf("value"));
  }),
  promise("does not change when bytes that were read change", async (store) => {
    const given = record("r1", 1, "a", bytesOf("value"));
    await store.put(given);
    const read = await store.read(given);
    for (const name of CHECKPOINT_FILES) read?.[name]?.fill(0);
    (await store.readBlob("r1", digestOf(bytesOf("value"))))?.fill(0);
    await holds(store, given);
  }),
  promise("stores a blob once for two checkpoints that name it", async (store) => {
    const shared = bytesOf("shared");
    await store.put(record("r1", 1, "a", shared));
    await store.put(record("r1", 2, "b", shared, bytesOf("own")));
    await holds(store, record("r1", 1, "a", shared));
    await holds(store, record("r1", 2, "b", shared, bytesOf("own")));
  }),
  promise("keeps a blob for later checkpoints that do not give it again", async (store) => {
    await store.put(record("r1", 1, "a", bytesOf("kept")));
    await store.put(record("r1", 2, "b"));
    same(await store.readBlob("r1", digestOf(bytesOf("kept"))), bytesOf("kept"));
  }),
];

const fenced: readonly ContractCase[] = [
  promise("refuses a second put of a seq and changes nothing", async (store) => {
    await store.put(record("r1", 1, "a", bytesOf("first")));
    await assert.rejects(store.put(record("r1", 1, "b")), SequenceTakenError);
    await assert.rejects(store.put({ ...record("r1", 1, "a"), files: record("r1", 1, "other").files }), SequenceTakenError);
    await holds(store, record("r1", 1, "a", bytesOf("first")));
    await lists(store, "r1", ["1 a"]);
  }),
  promise("names run and checkpoint in the refusal, and that nothing was done", async (store) => {
    await store.put(record("r1", 1, "a"));
    const expected = { runId: "r1", checkpointId: "b", outcome: "not-applied", code: "SEQUENCE_TAKEN" };
    await assert.rejects(store.put(record("r1", 1, "b")), expected);
  }),
  promise("takes the next seq after a refusal", async (store) => {
    await store.put(record("r1", 1, "a"));
    await assert.rejects(store.put(record("r1", 1, "b")), SequenceTakenError);
    await store.put(record("r1", 2, "b"));
    await lists(store, "r1", ["1 a", "2 b"]);
  }),
  promise("takes the same seq in another run", async (store) => {
    await store.put(record("r1", 1, "a"));
    await store.put(record("r2", 1, "b"));
    await lists(store, "r2", ["1 b"]);
  }),
  promise("lets exactly one of 20 racing puts of a seq win", async (store) => {
    const given = Array.from({ length: 20 }, (_, n) => record("r1", 1, `c${n}`));
    const results = await Promise.allSettled(given.map((each) => store.put(each)));
    const winners = given.filter((_, n) => results[n]?.status === "fulfilled");
    assert.equal(winners.length, 1);
    for (const result of results)
      if (result.status === "rejected") assert.ok(result.reason instanceof SequenceTakenError, String(result.reason));
    await lists(store, "r1", winners.map(shown));
    for (const winner of winners) await holds(store, winner);
  }),
  promise("stores 20 different seqs put at the same time", async (store) => {
    const given = Array.from({ length: 20 }, (_, n) => record("r1", n + 1, `c${n}`, bytesOf("shared"), bytesOf(`own ${n}`)));
    await Promise.all(given.map((each) => store.put(each)));
    await lists(store, "r1", given.map(shown));
    for (const each of given) await holds(store, each);
  }),
  promise("holds 500 checkpoints of a run", async (store) => {
    const given = Array.from({ length: 500 }, (_, n) => record("r1", n + 1, `c${n}`));
    for (const each of given) await store.put(each);
    await lists(store, "r1", given.map(shown));
    for (const each of [given[0], given[499]]) await holds(store, each as CheckpointRecord);
    await assert.rejects(store.put(record("r1", 250, "again")), SequenceTakenError);
  }),
];

const removing: readonly ContractCase[] = [
  promise("deletes a run with its checkpoints and blobs", async (store) => {
    await store.put(record("r1", 1, "a", bytesOf("x")));
    await store.put(record("r1", 2, "b"));
    assert.equal(await store.deleteRun("r1"), true);
    assert.deepEqual([await store.runs(), await store.list("r1"), await store.find("a")], [[], [], null]);
    assert.equal(await store.read({ runId: "r1", seq: 1, id: "a" }), null);
    assert.equal(await store.readBlob("r1", digestOf(bytesOf("x"))), null);
  }),
  promise("says whether there was a run to delete", async (store) => {
    assert.equal(await store.deleteRun("r1"), false);
    await store.put(record("r1", 1, "a"));
    assert.deepEqual([await store.deleteRun("r1"), await store.deleteRun("r1")], [true, false]);
  }),
  promise("leaves other runs as they were when it deletes one", async (store) => {
    for (const run of ["r1", "r2"]) await store.put(record(run, 1, `c-${run}`, bytesOf("shared")));
    await store.deleteRun("r1");
    await holds(store, record("r2", 1, "c-r2", bytesOf("shared")));
  }),
  promise("starts a deleted run afresh", async (store) => {
    await store.put(record("r1", 1, "a", bytesOf("x")));
    await store.deleteRun("r1");
    await store.put(record("r1", 1, "b", bytesOf("x")));
    await lists(store, "r1", ["1 b"]);
    await holds(store, record("r1", 1, "b", bytesOf("x")));
  }),
];

const refusing: readonly ContractCase[] = [
  refuses("run ids in put", (store, id) => store.put(record(id, 1, "a"))),
  refuses("checkpoint ids in put", (store, id) => store.put(record("r1", 1, id))),
  refuses("run ids in list", (store, id) => store.list(id)),
  refuses("run ids in deleteRun", (store, id) => store.deleteRun(id)),
  refuses("ids in read", (store, id) => store.read({ runId: id, seq: 1, id: "a" })),
  refuses("ids in find", (store, id) => store.find(id)),
  refuses("digests in readBlob", (store, id) => store.readBlob("r1", id)),
  refuses("digests in put", (store, id) => store.put({ ...record("r1", 1, "a"), blobs: new Map([[id, bytesOf("x")]]) })),
  promise("refuses a seq that is not a whole number from 1 on", async (store) => {
    for (const seq of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      await assert.rejects(store.put(record("r1", seq, "a")), InvalidIdError, String(seq));
    }
    assert.deepEqual(await store.runs(), []);
  }),
];

/** What every `CheckpointStore` promises. */
export const checkpointStoreContract: readonly ContractCase[] = [...keeping, ...telling, ...separate, ...fenced, ...removing, ...refusing];
