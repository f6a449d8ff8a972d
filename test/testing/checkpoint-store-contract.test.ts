import { describe, expect, it } from "vitest";
import type { CheckpointKey, CheckpointRecord, CheckpointStore } from "../../src/core/checkpoint.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";
import { wrappedStore } from "./wrapped-store.js";

/** The names of the promises that stores made by `make` break. */
async function broken(make: () => CheckpointStore): Promise<string[]> {
  const names: string[] = [];
  for (const { name, check } of checkpointStoreContract) {
    await check(async () => make()).catch(() => names.push(name));
  }
  return names;
}

const swapped = (record: CheckpointRecord): CheckpointRecord => ({
  ...record,
  files: { ...record.files, context: record.files.state, state: record.files.context },
});

/** A memory store whose writers are changed. */
const writing = (change: (writer: RunWriter) => Partial<RunWriter>) => (): CheckpointStore =>
  wrappedStore(new MemoryCheckpointStore(), change);

/** Stores through a writer of its own, whoever owns the run. */
function unfenced(): CheckpointStore {
  const store = new MemoryCheckpointStore();
  const late = async (runId: string): Promise<RunWriter> => store.acquire(runId, { takeOver: true });
  return wrappedStore(store, ({ runId }) => ({ put: async (record) => (await late(runId)).put(record) }));
}

const faults: readonly [fault: string, promise: string, make: () => CheckpointStore][] = [
  [
    "lists in the order of writing",
    "lists by seq, not by the order of writing",
    () => {
      const order: string[] = [];
      const store = wrappedStore(new MemoryCheckpointStore(), (writer) => ({
        put: async (record) => writer.put(record).then(() => void order.push(record.id)),
      }));
      const list = store.list.bind(store);
      const unsorted: CheckpointStore["list"] = async (runId) =>
        [...(await list(runId))].sort((a: CheckpointKey, b: CheckpointKey) => order.indexOf(a.id) - order.indexOf(b.id));
      return new Proxy(store, { get: (of, name) => (name === "list" ? unsorted : Reflect.get(of, name)) });
    },
  ],
  [
    "swaps two documents",
    "keeps the exact bytes of the three documents",
    writing((writer) => ({ put: (record) => writer.put(swapped(record)) })),
  ],
  [
    "overwrites a seq",
    "refuses a second put of a seq and changes nothing",
    writing((writer) => ({ put: (record) => writer.put(record).catch(() => undefined) })),
  ],
  [
    "takes a run id for a prefix",
    "keeps runs apart whose ids begin alike",
    () =>
      new (class extends MemoryCheckpointStore {
        override deleteRun = async (runId: string) => {
          const runs = (await super.runs()).filter((run) => run.startsWith(runId));
          for (const run of runs) await super.deleteRun(run);
          return super.deleteRun(runId).then((found) => found || runs.length > 0);
        };
      })(),
  ],
  [
    "drops empty blobs",
    "keeps an empty blob",
    writing((writer) => ({
      put: (record) => writer.put({ ...record, blobs: new Map([...record.blobs].filter(([, bytes]) => bytes.length > 0)) }),
    })),
  ],
  [
    "forgets everything on a second open",
    "can be opened again without losing anything",
    () =>
      new (class extends MemoryCheckpointStore {
        override open = async () => {
          for (const run of await super.runs()) await super.deleteRun(run);
        };
      })(),
  ],
  [
    "gives a run to whoever asks",
    "gives a run to one owner at a time",
    () =>
      new (class extends MemoryCheckpointStore {
        override acquire = (runId: string) => super.acquire(runId, { takeOver: true });
      })(),
  ],
  ["does not ask who owns the run when it stores", "lets an owner that was replaced store no checkpoint", unfenced],
  [
    "asks who owns the run before it stores, and not while it does",
    "lets one of two owners store a seq, whoever comes first",
    () => {
      const store = new MemoryCheckpointStore();
      return wrappedStore(store, (writer) => ({
        put: async (record) => {
          await writer.renew();
          // The run may be taken over here.
          for (let turn = 0; turn < 3; turn++) await Promise.resolve();
          const forced = await store.acquire(record.runId, { takeOver: true });
          await forced.put(record);
        },
      }));
    },
  ],
  ["gives every owner the same epoch", "counts acquisitions by epochs that grow", writing(() => ({ epoch: 1 }))],
  [
    "confirms steps to whoever appends them",
    "confirms no step to an owner that was replaced",
    writing((writer) => ({
      beginJournal: async (seq) => {
        const journal = await writer.beginJournal(seq);
        return { append: (record) => journal.append(record).catch(() => undefined), close: () => journal.close() };
      },
    })),
  ],
  [
    "keeps the bytes it was given instead of a copy",
    "does not change when bytes that were appended or read change",
    () => {
      const store = new MemoryCheckpointStore();
      const records: Uint8Array[] = [];
      const read: CheckpointStore["readJournal"] = async () => records;
      const wrapped = wrappedStore(store, () => ({
        beginJournal: async () => ({ append: async (record) => void records.push(record), close: async () => {} }),
      }));
      return new Proxy(wrapped, { get: (of, name) => (name === "readJournal" ? read : Reflect.get(of, name)) });
    },
  ],
];

describe("the checkpoint store contract", () => {
  it("has at least 100 promises, each with its own name", () => {
    const names = checkpointStoreContract.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(100);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is kept by the memory store", async () => {
    expect(await broken(() => new MemoryCheckpointStore())).toEqual([]);
  });

  it.each(faults)("catches a store that %s", async (_, promise, make) => {
    expect(await broken(make)).toContain(promise);
  });
});
