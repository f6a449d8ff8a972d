import {
  type CheckpointOptions,
  InvalidOptionError,
  type KeepOptions,
  MemoryCheckpointStore,
  openCheckpointStore,
  resume,
  run,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wrappedStore } from "../testing/wrapped-store.js";

interface LoopState {
  [key: string]: unknown;
}

/** A loop that writes a large value per pass into one of some keys, and a metric. */
const work = task(
  "work",
  { maxCycles: 1_000 },
  async (ctx: TaskContext<LoopState>, plan: { passes: number; size: number; keys: number }) => {
    const pass = ctx.cycle;
    await ctx.channel.set(`part${(pass * 7) % plan.keys}`, `${pass}:`.padEnd(plan.size, String(pass % 10)));
    await ctx.channel.set("sum", (((await ctx.channel.get("sum")) as number | undefined) ?? 0) + pass);
    ctx.metric("loss", Math.abs(pass - 5));
    if (pass < plan.passes) ctx.nextIteration(plan);
    return (await ctx.channel.get("sum")) as number;
  },
);
const loop = workflow("loop", work);
const sumTo = (n: number): number => (n * (n + 1)) / 2;

function options(store: MemoryCheckpointStore, keep: KeepOptions): CheckpointOptions {
  return { store, every: "task", keep };
}

/** The blobs of a run, and those that its checkpoints name. */
async function blobsOf(store: MemoryCheckpointStore): Promise<{ there: readonly string[]; named: readonly string[] }> {
  const named = new Set<string>();
  for (const key of await store.list("r")) {
    const meta = JSON.parse(new TextDecoder().decode((await store.read(key))?.meta ?? new Uint8Array())) as { blobs: { sha256: string }[] };
    for (const { sha256 } of meta.blobs) named.add(sha256);
  }
  return { there: await store.blobs("r"), named: [...named].sort() };
}

const seqs = async (store: MemoryCheckpointStore): Promise<number[]> => (await store.list("r")).map(({ seq }) => seq);

describe("a run with a keep policy", () => {
  it("keeps what every checkpoint it keeps needs, and nothing else, whatever is resumed from", { timeout: 120_000 }, async () => {
    let segments = 0;
    const plans = fc.record({
      passes: fc.integer({ min: 3, max: 30 }),
      size: fc.integer({ min: 500, max: 9_000 }),
      keys: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 1, max: 8 }), async (plan, more) => {
        const store = new MemoryCheckpointStore();
        await run(loop, plan, { runId: "r", checkpoints: options(store, { last: 2 }) });
        expect(await seqs(store)).toEqual([plan.passes - 1, plan.passes]);
        const { there, named } = await blobsOf(store);
        expect(there).toEqual(named);
        segments += named.length;
        for (const { damage } of await openCheckpointStore(store).verify("r")) expect(damage).toBeNull();
        const ids = (await store.list("r")).map(({ id }) => id);
        const [older = ""] = ids;
        for (const id of [...ids].reverse()) {
          expect((await openCheckpointStore(store).load(id)).channel.get("sum")).toBe(sumTo(plan.passes - (id === older ? 1 : 0)));
        }
        const resumed = await resume(loop, { from: store, runId: "r", at: older, checkpoints: options(store, { last: more }) });
        expect(resumed.output).toBe(sumTo(plan.passes));
        const after = await blobsOf(store);
        expect(after.there).toEqual(after.named);
        for (const { damage } of await openCheckpointStore(store).verify("r")) expect(damage).toBeNull();
      }),
      { numRuns: 40 },
    );
    expect(segments, "blobs that kept checkpoints needed").toBeGreaterThan(30);
  });

  it("keeps the best by a metric, and tells which it pruned", async () => {
    const store = new MemoryCheckpointStore();
    const pruned: string[] = [];
    const ids: string[] = [];
    await run(
      loop,
      { passes: 9, size: 10, keys: 1 },
      {
        runId: "r",
        checkpoints: options(store, { last: 1, best: { metric: "loss", mode: "min", count: 2 } }),
        events: {
          checkpointCommitted: ({ checkpoint }) => void ids.push(checkpoint.id),
          checkpointPruned: ({ runId, checkpointIds }) => {
            expect(runId).toBe("r");
            pruned.push(...checkpointIds);
          },
        },
      },
    );
    // The losses are 4 3 2 1 0 1 2 3 4: of the two with 1 the older counts.
    expect(await seqs(store)).toEqual([4, 5, 9]);
    expect(pruned.sort()).toEqual(ids.filter((_, n) => ![3, 4, 8].includes(n)).sort());
  });

  it("stays within maxBytes, blobs included", async () => {
    const store = new MemoryCheckpointStore();
    await run(loop, { passes: 40, size: 4_000, keys: 10 }, { runId: "r", checkpoints: options(store, { maxBytes: 200_000 }) });
    let bytes = 0;
    for (const key of await store.list("r")) for (const file of Object.values((await store.read(key)) ?? {})) bytes += file?.length ?? 0;
    for (const digest of await store.blobs("r")) bytes += (await store.readBlob("r", digest))?.length ?? 0;
    expect(bytes).toBeLessThanOrEqual(200_000);
    expect((await seqs(store)).length).toBeGreaterThan(1);
    expect((await seqs(store)).length).toBeLessThan(40);
  });

  it("leaves alone what is pinned while it runs, until it is unpinned", async () => {
    const store = new MemoryCheckpointStore();
    const history = openCheckpointStore(store);
    const pinning = task("pinning", { maxCycles: 20 }, async (ctx: TaskContext, passes: number) => {
      const newest = (await history.list("r"))[0];
      if (ctx.cycle === 3 && newest !== undefined) await history.pin(newest.id);
      if (ctx.cycle === 8) for (const { id, pinned } of await history.list("r")) if (pinned) await history.unpin(id);
      if (ctx.cycle === 7) expect(await seqs(store)).toEqual([2, 6]);
      if (ctx.cycle < passes) ctx.nextIteration(passes);
    });
    await run(workflow("pins", pinning), 9, { runId: "r", checkpoints: options(store, { last: 1 }) });
    expect(await seqs(store)).toEqual([9]);
  });

  it("that was resumed prunes the old ones and what was left behind as well", async () => {
    const store = new MemoryCheckpointStore();
    const plan = { passes: 6, size: 6_000, keys: 6 };
    await run(loop, plan, { runId: "r", checkpoints: { store, every: "task" } });
    expect(await seqs(store)).toEqual([1, 2, 3, 4, 5, 6]);
    const key = (await store.list("r"))[0];
    if (key !== undefined) await store.delete(key);
    const at = (await store.list("r"))[2]?.id ?? "";
    await resume(loop, { from: store, runId: "r", at, checkpoints: options(store, { last: 2 }) });
    expect((await seqs(store)).length).toBe(2);
    const { there, named } = await blobsOf(store);
    expect(there).toEqual(named);
    expect(there.length).toBeGreaterThan(0);
  });

  it("resumed from a checkpoint that is pruned meanwhile stores one that is whole", async () => {
    const store = new MemoryCheckpointStore();
    await run(loop, { passes: 12, size: 6_000, keys: 6 }, { runId: "r", checkpoints: { store, every: "task" } });
    const history = openCheckpointStore(store);
    let pruned = 0;
    const meddled = wrappedStore(store, (writer) => ({
      put: async (record) => {
        pruned += await history.prune("r", { last: 1 });
        await writer.put(record);
      },
    }));
    const at = (await store.list("r"))[5]?.id ?? "";
    await resume(loop, { from: meddled, runId: "r", at, checkpoints: { store: meddled, every: "task" } });
    expect(pruned).toBeGreaterThan(10);
    expect((await history.verify("r")).map(({ damage }) => damage)).toEqual((await seqs(store)).map(() => null));
  });

  it("goes on with a warning when pruning fails, and makes it good the next time", async () => {
    const store = new MemoryCheckpointStore();
    const remove = store.delete.bind(store);
    let calls = 0;
    store.delete = async (key) => {
      if (calls++ < 3) throw new RangeError("the store is busy");
      return remove(key);
    };
    const warnings: string[] = [];
    const { output } = await run(
      loop,
      { passes: 8, size: 10, keys: 1 },
      {
        runId: "r",
        checkpoints: options(store, { last: 2 }),
        events: { warning: ({ code, message }) => void warnings.push(`${code} ${message}`) },
      },
    );
    expect(output).toBe(sumTo(8));
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(/^PRUNE_FAILED checkpoints of run r could not all be pruned: found RangeError: the store is busy/);
    expect(await seqs(store)).toEqual([7, 8]);
  });

  it("leaves damaged checkpoints and all blobs alone, with a warning", async () => {
    const store = new MemoryCheckpointStore();
    const plan = { passes: 6, size: 6_000, keys: 6 };
    await run(loop, plan, { runId: "r", checkpoints: { store, every: "task" } });
    const blobs = await store.blobs("r");
    const damaged = (await store.list("r"))[1];
    const read = store.read.bind(store);
    store.read = async (key) => {
      const files = await read(key);
      return files && key.seq === damaged?.seq ? { ...files, meta: new Uint8Array([1, 2, 3]) } : files;
    };
    const codes: string[] = [];
    const at = (await store.list("r"))[3]?.id ?? "";
    const events = { warning: ({ code }: { code: string }) => void codes.push(code) };
    await resume(loop, { from: store, runId: "r", at, checkpoints: options(store, { last: 1 }), events });
    expect(await seqs(store)).toEqual([2, expect.any(Number)]);
    expect(await store.blobs("r")).toEqual(expect.arrayContaining([...blobs]));
    expect(codes).toEqual(["PRUNE_FAILED"]);
  });

  it("asks the store for the same, however many checkpoints it keeps", async () => {
    const callsOf = async (passes: number) => {
      const store = new MemoryCheckpointStore();
      const calls = { list: 0, read: 0, blobs: 0, find: 0 };
      for (const name of ["list", "read", "blobs", "find"] as const) {
        const real = store[name].bind(store) as (...args: unknown[]) => unknown;
        const counted = (...args: unknown[]) => {
          calls[name]++;
          return real(...args);
        };
        Object.assign(store, { [name]: counted });
      }
      await run(loop, { passes, size: 10, keys: 1 }, { runId: "r", checkpoints: options(store, { last: 2, every: 2 }) });
      const made = { ...calls };
      expect((await seqs(store)).length).toBe(passes / 2 + 1);
      return made;
    };
    const few = await callsOf(20);
    expect(few.list + few.read + few.blobs + few.find).toBeLessThan(10);
    expect(await callsOf(200)).toEqual(few);
  });
});

describe("options", () => {
  it.each<[string, unknown]>([
    ["keep without a rule", { keep: {} }],
    ["keep with an unknown field", { keep: { lats: 3 } }],
    ["keep.last NaN", { keep: { last: Number.NaN } }],
    ["an unknown field of checkpoints", { keeep: { last: 3 } }],
  ])("with %s are refused before anything runs", async (_, wrong) => {
    const checkpoints = { store: new MemoryCheckpointStore(), ...(wrong as object) };
    await expect(async () => run(loop, { passes: 1, size: 1, keys: 1 }, { checkpoints })).rejects.toThrow(InvalidOptionError);
  });
});
