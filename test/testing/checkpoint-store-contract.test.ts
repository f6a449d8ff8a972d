import { describe, expect, it } from "vitest";
import type { CheckpointKey, CheckpointRecord, CheckpointStore } from "../../src/core/checkpoint.js";
import { MemoryCheckpointStore } from "../../src/memory/memory-checkpoint-store.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";

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

const faults: readonly [fault: string, promise: string, make: () => CheckpointStore][] = [
  [
    "lists in the order of writing",
    "lists by seq, not by the order of writing",
    () => {
      const order: string[] = [];
      return new (class extends MemoryCheckpointStore {
        override put = async (record: CheckpointRecord) => super.put(record).then(() => void order.push(record.id));
        override list = async (runId: string) =>
          [...(await super.list(runId))].sort((a: CheckpointKey, b: CheckpointKey) => order.indexOf(a.id) - order.indexOf(b.id));
      })();
    },
  ],
  [
    "swaps two documents",
    "keeps the exact bytes of the three documents",
    () =>
      new (class extends MemoryCheckpointStore {
        override put = (record: CheckpointRecord) => super.put(swapped(record));
      })(),
  ],
  [
    "overwrites a seq",
    "refuses a second put of a seq and changes nothing",
    () =>
      new (class extends MemoryCheckpointStore {
        override put = (record: CheckpointRecord) => super.put(record).catch(() => undefined);
      })(),
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
    () =>
      new (class extends MemoryCheckpointStore {
        override put = (record: CheckpointRecord) =>
          super.put({ ...record, blobs: new Map([...record.blobs].filter(([, bytes]) => bytes.length > 0)) });
      })(),
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
];

describe("the checkpoint store contract", () => {
  it("has at least 30 promises, each with its own name", () => {
    const names = checkpointStoreContract.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(30);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is kept by the memory store", async () => {
    expect(await broken(() => new MemoryCheckpointStore())).toEqual([]);
  });

  it.each(faults)("catches a store that %s", async (_, promise, make) => {
    expect(await broken(make)).toContain(promise);
  });
});
