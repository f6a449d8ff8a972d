import { type CheckpointStore, chain, MemoryCheckpointStore, recover, run, task, verifyMigrations, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";

/** A store that counts how often each of its methods is called. */
function counting(store: CheckpointStore): { readonly store: CheckpointStore; readonly calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const get = (target: CheckpointStore, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name);
    if (typeof value !== "function") return value;
    calls.set(String(name), (calls.get(String(name)) ?? 0) + 1);
    return value.bind(target);
  };
  return { store: new Proxy(store, { get }), calls };
}

/** Large enough to be kept in blobs. */
const fill = task("fill", { critical: true }, async (ctx) => {
  for (let part = 0; part < 30; part++) await ctx.channel.set(`part-${part}`, "x".repeat(2_000));
});
const again = task("again", { critical: true }, (ctx, n: unknown) => {
  if (ctx.cycle < 20) ctx.nextIteration(n);
});
const flow = workflow("large", chain(fill, again));

describe("what is read of a store", () => {
  it("is one listing for a run whose checkpoints are all held against new code", async () => {
    const { store, calls } = counting(new MemoryCheckpointStore());
    await run(flow, 1, { runId: "r", checkpoints: store });
    calls.clear();
    const { checkpoints } = await verifyMigrations(store, flow);
    expect(checkpoints).toHaveLength(21);
    expect(calls.get("list")).toBe(1);
    expect(calls.get("read")).toBe(21);
  });

  it("is no blob of a run that need not be recovered", async () => {
    const memory = new MemoryCheckpointStore();
    await run(flow, 1, { runId: "r", checkpoints: memory });
    const { store, calls } = counting(memory);
    const orphaned = new Proxy(store, {
      get: (target, name) =>
        name === "owner" ? async () => ({ epoch: 1, isAlive: false, description: "nobody" }) : Reflect.get(target, name),
    });
    expect((await memory.blobs("r")).length).toBeGreaterThan(0);
    expect(await recover(workflow("other", fill), orphaned)).toEqual([]);
    expect(calls.get("read")).toBe(1);
    expect(calls.get("readBlob")).toBeUndefined();
  });
});
