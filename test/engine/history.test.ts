import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CheckpointNotFoundError,
  chain,
  FileCheckpointStore,
  InvalidOptionError,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  run,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { afterAll, describe, expect, it } from "vitest";

interface TrainState {
  [key: string]: unknown;
  model: { weights: number[]; names: Map<string, number>; at: Date };
}

const folder = mkdtempSync(join(tmpdir(), "cairnflow-history-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = task("load", async (_: TaskContext<TrainState>, epochs: number) => epochs);
const train = task("train", { maxCycles: 50 }, async (ctx: TaskContext<TrainState>, epochs: number) => {
  const weights = [1, 2 + 1e-12 * ctx.cycle, ctx.cycle];
  await ctx.channel.set("model", { weights, names: new Map([["first", ctx.cycle]]), at: new Date(0) });
  ctx.metric("loss", ctx.cycle === 2 ? Number.NaN : 1 / ctx.cycle);
  if (ctx.cycle > 1) ctx.metric("late:number", ctx.cycle);
  ctx.checkpoint({}, { name: `epoch-${ctx.cycle}` });
  if (ctx.cycle < epochs) ctx.nextIteration(epochs);
  return ctx.cycle;
});
const training = workflow("training", chain(load, train));

async function trained(epochs: number, store = new MemoryCheckpointStore()) {
  await run(training, epochs, { runId: "r", checkpoints: store });
  const history = openCheckpointStore(store);
  const ids = (await history.list("r")).map(({ id }) => id).reverse();
  return { store, history, ids };
}

describe("history", () => {
  it("lists with size, metrics and pins", async () => {
    const { store, history, ids } = await trained(3);
    await history.pin(ids[1] as string);
    const list = await history.list("r");
    expect(list.map(({ seq, pinned }) => [seq, pinned])).toEqual([
      [3, false],
      [2, true],
      [1, false],
    ]);
    expect(list.map(({ metrics }) => metrics)).toEqual([
      { loss: 1 / 3, "late:number": 3 },
      { loss: Number.NaN, "late:number": 2 },
      { loss: 1 },
    ]);
    for (const { bytes, ...key } of list) {
      const files = Object.values((await store.read(key)) ?? {});
      expect(bytes).toBe(files.reduce((sum, file) => sum + (file?.length ?? 0), 0));
    }
  });

  it("tells the same of a checkpoint as the event that told of it", async () => {
    const store = new MemoryCheckpointStore();
    const told: unknown[] = [];
    await run(training, 3, {
      runId: "r",
      checkpoints: store,
      events: { checkpointCommitted: ({ checkpoint }) => void told.push(checkpoint) },
    });
    const listed = (await openCheckpointStore(store).list("r")).map(({ pinned, ...info }) => info);
    expect(listed.reverse()).toEqual(told);
  });

  it("counts the bytes of blobs, not the letters", async () => {
    const store = new MemoryCheckpointStore();
    const write = task("write", async (ctx: TaskContext) => {
      for (let n = 0; n < 9; n++) await ctx.channel.set(`k${n}`, "é".repeat(4_000));
      ctx.checkpoint();
    });
    await run(workflow("writing", write), null, { runId: "r", checkpoints: store });
    const [info] = await openCheckpointStore(store).list("r");
    let bytes = 0;
    for (const file of Object.values((await store.read((await store.list("r"))[0] ?? { runId: "r", seq: 1, id: "x" })) ?? {}))
      bytes += file?.length ?? 0;
    for (const digest of await store.blobs("r")) bytes += (await store.readBlob("r", digest))?.length ?? 0;
    expect(await store.blobs("r")).toHaveLength(1);
    expect(info?.bytes).toBe(bytes);
  });

  it("finds the newest checkpoint after a task's cycle", async () => {
    const { history } = await trained(4);
    expect((await history.at("r", { task: "train", cycle: 2 }))?.info.name).toBe("epoch-2");
    expect((await history.at("r", { task: "train" }))?.info.name).toBe("epoch-4");
    expect(await history.at("r", { task: "train", cycle: 5 })).toBeNull();
    expect(await history.at("r", { task: "load", cycle: 1 })).toBeNull();
    expect(await history.at("nobody", { task: "train" })).toBeNull();
  });

  it("does not take a checkpoint before or within a task for one after it", async () => {
    const store = new MemoryCheckpointStore();
    const before = task("before", { checkpoint: "before" }, async () => 1);
    const within = task("within", async (ctx: TaskContext) => void (await ctx.checkpoint({}, { mode: "immediate" }).committed));
    await run(workflow("both", chain(before, within)), null, { runId: "r", checkpoints: store });
    const history = openCheckpointStore(store);
    expect((await history.list("r")).map(({ taskId }) => taskId)).toEqual(["within", "before"]);
    expect(await history.at("r", { task: "before" })).toBeNull();
    expect(await history.at("r", { task: "within" })).toBeNull();
  });

  it("gives the values of a metric, oldest first, of those checkpoints that have it", async () => {
    const { history } = await trained(4);
    expect(await history.series("r", "loss")).toEqual([
      { seq: 1, steps: 2, value: 1 },
      { seq: 2, steps: 3, value: Number.NaN },
      { seq: 3, steps: 4, value: 1 / 3 },
      { seq: 4, steps: 5, value: 1 / 4 },
    ]);
    expect((await history.series("r", "late:number")).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(await history.series("r", "toString")).toEqual([]);
  });

  it("tells what differs, path by path", async () => {
    const { history, ids } = await trained(3);
    const [a, b, c] = ids as [string, string, string];
    expect(await history.diff(a, a)).toEqual([]);
    expect(await history.diff(a, c, { tolerance: 1e-9 })).toEqual([
      { path: "channel.model.weights[2]", before: 1, after: 3 },
      { path: "channel.model.names.first", before: 1, after: 3 },
      { path: "results.train", before: 1, after: 3 },
      { path: expect.stringMatching(/^tasks\./), before: expect.objectContaining({ taskId: "train", cycle: 2, status: "pending" }) },
      { path: "completed.train", before: 1, after: 3 },
      { path: "metrics.loss", before: 1, after: 1 / 3 },
      { path: 'metrics["late:number"]', after: 3 },
    ]);
    const exact = (await history.diff(b, c)).map(({ path }) => path);
    expect(exact).toContain("channel.model.weights[1]");
    expect(await history.diff(b, c, { tolerance: 100 })).not.toContainEqual(expect.objectContaining({ path: "channel.model.weights[2]" }));
    await expect(history.diff(a, "nobody")).rejects.toThrow(CheckpointNotFoundError);
    for (const tolerance of [-1, Number.NaN, "1" as unknown as number]) {
      await expect(history.diff(a, b, { tolerance })).rejects.toThrow(InvalidOptionError);
    }
  });

  it("pins, unpins and prunes, and says how many are gone", async () => {
    const { history, ids } = await trained(6);
    await history.pin(ids[0] as string);
    await history.pin(ids[1] as string);
    await history.unpin(ids[1] as string);
    expect(await history.prune("r", { last: 2 })).toBe(3);
    expect((await history.list("r")).map(({ seq }) => seq)).toEqual([6, 5, 1]);
    expect(await history.prune("r", { last: 2 })).toBe(0);
    expect(await history.prune("nobody", { last: 2 })).toBe(0);
    for (const call of [history.pin("nobody"), history.unpin("nobody"), history.load(ids[2] as string), history.pin(ids[2] as string)]) {
      await expect(call).rejects.toThrow(CheckpointNotFoundError);
    }
    await expect(history.prune("r", {})).rejects.toThrow(InvalidOptionError);
    await expect(history.prune("r", { last: -1 })).rejects.toThrow(/option keep\.last is -1/);
  });

  it("reads what is pruned meanwhile as not found, and leaves it out of lists", async () => {
    const { store, history, ids } = await trained(4);
    const read = store.read.bind(store);
    store.read = async (key) => {
      if (key.seq < 4) await store.delete(key);
      return read(key);
    };
    await expect(history.load(ids[0] as string)).rejects.toThrow(CheckpointNotFoundError);
    expect((await history.list("r")).map(({ seq }) => seq)).toEqual([4]);
  });

  it("does not call a checkpoint damaged whose blobs went with it", async () => {
    const store = new MemoryCheckpointStore();
    const write = task("write", { maxCycles: 9 }, async (ctx: TaskContext) => {
      await ctx.channel.set(`k${ctx.cycle}`, "x".repeat(40_000));
      ctx.checkpoint();
      if (ctx.cycle < 3) ctx.nextIteration();
    });
    await run(workflow("writing", write), null, { runId: "r", checkpoints: store });
    const [first] = await store.list("r");
    const history = openCheckpointStore(store);
    const readBlob = store.readBlob.bind(store);
    store.readBlob = async (runId, digest) => {
      await history.prune("r", { last: 1 });
      return readBlob(runId, digest);
    };
    await expect(history.load(first?.id ?? "")).rejects.toThrow(CheckpointNotFoundError);
  });

  it("reads checkpoints whose meta.json has no metrics and no sizes of blobs", async () => {
    const { store, history } = await trained(2);
    const read = store.read.bind(store);
    const { createHash } = await import("node:crypto");
    store.read = async (key) => {
      const files = await read(key);
      if (files?.meta == null) return files;
      const text = new TextDecoder().decode(files.meta).replace(/ "metrics": \{[^}]*\},\n/, "");
      const body = `{${text.slice(text.indexOf("\n") + 1)}`;
      const digest = createHash("sha256").update(body).digest("hex");
      return { ...files, meta: new TextEncoder().encode(`{"sha256":"${digest}",\n${body.slice(1)}`) };
    };
    expect((await history.list("r")).map(({ metrics }) => metrics)).toEqual([{}, {}]);
    expect((await history.latest("r"))?.metrics.get("loss")).toBeNaN();
    expect(await history.prune("r", { best: { metric: "loss", mode: "min" } })).toBe(1);
  });
});

describe("pruning a run that goes on in the same folder", () => {
  it("never loses the newest checkpoint nor a blob that one of them names", { timeout: 60_000 }, async () => {
    const store = new FileCheckpointStore(folder);
    const outside = openCheckpointStore(new FileCheckpointStore(folder));
    const write = task("write", { maxCycles: 500 }, async (ctx: TaskContext) => {
      await ctx.channel.set(`k${ctx.cycle % 3}`, `${ctx.cycle % 2}`.repeat(9_000));
      ctx.checkpoint();
      if (ctx.cycle < 120) ctx.nextIteration();
    });
    const side = task("side", async () => undefined);
    let ended = false;
    const running = run(workflow("writing", parallel([write, side])), null, {
      runId: "r",
      checkpoints: { store, keep: { last: 5 } },
    }).finally(() => {
      ended = true;
    });
    let pruned = 0;
    while (!ended) {
      pruned += await outside.prune("r", { last: 2 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await running;
    expect(pruned).toBeGreaterThan(5);
    const found = await outside.verify("r");
    expect(found.map(({ damage }) => damage)).toEqual(found.map(() => null));
    expect(found[0]?.seq).toBe(120);
    expect(await readdir(join(folder, "r/tmp"))).toEqual([]);
  });
});
