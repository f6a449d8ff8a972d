import {
  CheckpointNotFoundError,
  canResume,
  DuplicateIdError,
  ExecutionContext,
  fork,
  InvalidOptionError,
  MemoryCheckpointStore,
  openCheckpointStore,
  resume,
  run,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";

interface State {
  lr: number;
  weight: number;
  note: string;
}

/** A training of ten epochs with a checkpoint after each; the learning rate is in the channel. */
const train = task("train", { maxCycles: 20 }, async (ctx: TaskContext<State>, epochs: number): Promise<number> => {
  const lr = (await ctx.channel.get("lr")) ?? 1;
  const weight = ((await ctx.channel.get("weight")) ?? 0) + lr * (0.5 + ctx.random());
  await ctx.channel.set("weight", weight);
  ctx.metric("weight", weight);
  ctx.checkpoint({ epoch: ctx.cycle }, { name: `epoch-${ctx.cycle}` });
  if (ctx.cycle < epochs) ctx.nextIteration(epochs);
  return weight;
});
const training = workflow("training", train);

async function trained() {
  const store = new MemoryCheckpointStore();
  const { output } = await run(training, 10, { runId: "base", seed: 7, checkpoints: store });
  return { store, output };
}

describe("a fork", () => {
  it("goes on from an old checkpoint as a run of its own, and ends as the other did if nothing is changed", async () => {
    const { store, output } = await trained();
    const before = await store.list("base");
    const result = await fork(training, { from: store, runId: "base", at: "epoch-5", newRunId: "same" });
    expect(result).toMatchObject({ runId: "same", output, steps: 10 });
    expect(await store.list("base")).toEqual(before);
  });

  it("takes edits to the channel, and leaves the other run as it is", async () => {
    const { store, output } = await trained();
    const slow = await fork<number>(training, {
      from: store,
      runId: "base",
      at: "epoch-5",
      newRunId: "slow",
      channel: { lr: 0.01, note: "slow" },
    });
    expect(slow.output).toBeLessThan(output);
    const history = openCheckpointStore(store);
    expect((await history.latest("slow"))?.channel.get("note")).toBe("slow");
    expect((await history.latest("base"))?.channel.has("note")).toBe(false);
  });

  it("removes a key that is given as undefined", async () => {
    const { store } = await trained();
    const context = await ExecutionContext.fork(training, { from: store, runId: "base", channel: { weight: undefined } });
    expect(await context.channel.has("weight")).toBe(false);
  });

  it("records where it came from in each of its checkpoints, from the first on", async () => {
    const { store } = await trained();
    const at = (await openCheckpointStore(store).list("base")).find(({ name }) => name === "epoch-5");
    await fork(training, { from: store, runId: "base", at: "epoch-5", newRunId: "child" });
    const child = await openCheckpointStore(store).list("child");
    expect(child.map(({ seq }) => seq)).toEqual([6, 5, 4, 3, 2, 1]);
    for (const { forkedFrom } of child) expect(forkedFrom).toEqual({ runId: "base", checkpointId: at?.id });
    expect(child.at(-1)).toMatchObject({ parent: null, steps: 5, reason: "auto" });
    expect(child[0]?.parent).toBe(child[1]?.id);
  });

  it("can be resumed, and forked again", async () => {
    const { store, output } = await trained();
    const context = await ExecutionContext.fork(training, { from: store, runId: "base", at: "epoch-3", newRunId: "child" });
    await context.step();
    await context[Symbol.asyncDispose]();
    expect(await canResume(training, { from: store, runId: "child" })).toMatchObject({ resumable: true });
    expect(await fork(training, { from: store, runId: "child", newRunId: "grandchild" })).toMatchObject({ output });
    expect(await resume(training, { from: store, runId: "child" })).toMatchObject({ output });
    expect((await openCheckpointStore(store).list("grandchild"))[0]?.forkedFrom?.runId).toBe("child");
  });

  it("may go into another store, and may be of a run that is under way", async () => {
    const { store } = await trained();
    const other = new MemoryCheckpointStore();
    await using live = await ExecutionContext.resume(training, { from: store, runId: "base", at: "epoch-9" });
    const forked = await fork(training, { from: store, runId: "base", at: "epoch-2", newRunId: "x", checkpoints: other });
    expect(forked.steps).toBe(10);
    expect([await store.runs(), await other.runs()]).toEqual([["base"], ["x"]]);
    expect(live.steps).toBe(9);
  });

  it("gets an id of its own if none is given", async () => {
    const { store } = await trained();
    const { runId } = await fork(training, { from: store, runId: "base", at: "epoch-9" });
    expect(runId).not.toBe("base");
    expect(await store.runs()).toContain(runId);
  });

  it("refuses an id that is taken, a checkpoint that is not there, and edits that are none", async () => {
    const { store } = await trained();
    const from = { from: store, runId: "base" } as const;
    await expect(fork(training, { ...from, newRunId: "base" })).rejects.toThrow(DuplicateIdError);
    await expect(fork(training, { ...from, at: "epoch-99" })).rejects.toThrow(CheckpointNotFoundError);
    for (const channel of [[], "lr", new Map(), null]) {
      await expect(fork(training, { ...from, channel: channel as never })).rejects.toThrow(InvalidOptionError);
    }
    await expect(fork(training, { ...from, channel: { "train.__result__": 1 } })).rejects.toThrow(/the result of a task/);
    await expect(fork(training, { ...from, channel: { "../x": 1 } })).rejects.toThrow(/channel key/);
    await expect(fork(training, { ...from, channel: { lr: () => 1 } })).rejects.toThrow(/channel.lr: function/);
    expect(await store.runs()).toEqual(["base"]);
  });
});
