import { ExecutionContext, openCheckpointStore, type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, type Story, scenario } from "cairnflow/testing";
import { beforeAll, describe, expect, it } from "vitest";

interface Model {
  rate: number;
  weight: number;
  losses: readonly number[];
}
const EPOCHS = 30;

/** Learns one weight from noisy examples, an epoch each pass; the learning rate is in the channel. */
const train = task("train", { maxCycles: EPOCHS }, async (ctx: TaskContext<Model>, truth: number): Promise<number> => {
  const rate = (await ctx.channel.get("rate")) ?? 0.01;
  let weight = (await ctx.channel.get("weight")) ?? 0;
  for (let example = 0; example < 5; example++) weight -= rate * (weight - truth - 0.1 * (ctx.random() - 0.5));
  const loss = (weight - truth) ** 2;
  await ctx.channel.set("weight", weight);
  await ctx.channel.append("losses", loss);
  ctx.metric("loss", loss);
  if (ctx.cycle % 5 === 0) ctx.checkpoint({ loss }, { name: `epoch-${ctx.cycle}` });
  if (ctx.canIterate()) ctx.nextIteration(truth);
  return weight;
});
const training = workflow("tuning", train);

const RATES = [0.001, 0.01, 0.1, 3];
type Trial = { readonly runId: string; readonly rate: number; readonly loss: number };

/** Trains on from epoch 10 with another rate, for five epochs; the trial is stored, and may be gone on with. */
async function trial(base: Story, rate: number): Promise<Trial> {
  const runId = `rate-${rate}`;
  const from = { from: base.store, runId: base.runId, at: "epoch-10" };
  await using fork = await ExecutionContext.fork(training, { ...from, newRunId: runId, channel: { rate } });
  for (let epoch = 0; epoch < 5; epoch++) await fork.step();
  const { loss = Number.NaN } = Object.fromEntries((await openCheckpointStore(base.store).latest(runId))?.metrics ?? []);
  return { runId, rate, loss };
}

describe("a search for a learning rate", () => {
  let base: Story<number>;
  let trials: readonly Trial[];
  let best: Trial;

  beforeAll(async () => {
    base = scenario(training, { input: 4 });
    await base.toEnd();
    trials = await Promise.all(RATES.map((rate) => trial(base, rate)));
    best = trials.reduce((one, other) => (other.loss < one.loss ? other : one));
  });

  it("begins each trial with what was learned before, and leaves the training as it is", async () => {
    const history = openCheckpointStore(base.store);
    const before = ((await base.channel.get("losses")) as number[]).slice(0, 10);
    for (const { runId } of trials) {
      const latest = await history.latest(runId);
      expect(latest?.steps).toBe(15);
      expect(latest?.channel.get("losses")).toEqual([...before, ...new Array(5).fill(expect.any(Number))]);
      expect(latest?.info.forkedFrom?.runId).toBe(base.runId);
    }
    expect((await history.latest(base.runId))?.channel.has("rate")).toBe(false);
    expect((await history.list(base.runId)).map(({ name }) => name).filter((name) => name?.startsWith("epoch"))).toHaveLength(6);
  });

  it("finds the rate that learns best: neither too slow nor out of bounds", () => {
    expect(best.rate).toBe(0.1);
    expect(trials.find(({ rate }) => rate === 3)?.loss).toBeGreaterThan(100);
  });

  it("learns in a trial with the same rate what the training had learned by then, bit for bit", async () => {
    const losses = (await base.channel.get("losses")) as number[];
    expect(trials.find(({ rate }) => rate === 0.01)?.loss).toBe(losses[14]);
  });

  it("goes on with the best trial to the end, and ends nearer than the training did", async () => {
    const story = await resumeScenario(training, { from: base.store, runId: best.runId });
    const { output, steps } = await story.toEnd();
    expect(steps).toBe(EPOCHS);
    expect(story.trace.map(({ cycle }) => cycle)).toEqual(Array.from({ length: 15 }, (_, n) => 16 + n));
    expect(Math.abs(output - 4)).toBeLessThan(Math.abs((base.result?.output ?? 0) - 4) / 10);
  });
});
