import { chain, type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, scenario } from "cairnflow/testing";
import { beforeAll, describe, expect, it } from "vitest";

interface TrainState {
  weights: Float64Array;
  losses: readonly number[];
}
type Point = readonly [x: number, y: number];
const EPOCHS = 60;

/** Points along a parabola, with noise that every run draws alike. */
const load = task("load", (ctx: TaskContext, count: number): readonly Point[] =>
  Array.from({ length: count }, () => {
    const x = 2 * ctx.random() - 1;
    return [x, 3 * x * x - 2 * x + 0.5 + 0.05 * ctx.random()];
  }),
);

/** One epoch of stochastic gradient descent each pass, over the points in an order of its own; a checkpoint every tenth. */
const train = task("train", { maxCycles: EPOCHS }, async (ctx: TaskContext<TrainState>, points: readonly Point[]) => {
  const weights = Float64Array.from((await ctx.channel.get("weights")) ?? [0, 0, 0].map(() => ctx.random()));
  let loss = 0;
  for (const [x, y] of shuffled(points, ctx)) {
    const inputs = [1, x, x * x];
    const error = inputs.reduce((sum, input, index) => sum + input * (weights[index] ?? 0), 0) - y;
    for (const [index, input] of inputs.entries()) weights[index] = (weights[index] ?? 0) - 0.1 * error * input;
    loss += error * error;
  }
  await ctx.channel.set("weights", weights);
  await ctx.channel.append("losses", loss / points.length);
  await ctx.sleep("30s");
  if (ctx.cycle % 10 === 0) ctx.checkpoint({ loss }, { name: `epoch-${ctx.cycle}` });
  if (ctx.canIterate()) ctx.nextIteration(points);
  return Array.from(weights);
});
const training = workflow("training", chain(load, train));

function shuffled(points: readonly Point[], ctx: TaskContext<TrainState>): Point[] {
  const order = [...points];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(ctx.random() * (last + 1));
    [order[last], order[other]] = [order[other] as Point, order[last] as Point];
  }
  return order;
}

describe("a training that is interrupted", () => {
  let whole: { readonly weights: readonly number[]; readonly losses: readonly number[] };

  beforeAll(async () => {
    const story = scenario(training, { input: 40, strictDeterminism: true });
    const { output } = await story.toEnd();
    whole = { weights: output, losses: (await story.channel.get("losses")) as number[] };
  });

  it("learns, when it is left alone", () => {
    expect(whole.losses).toHaveLength(EPOCHS);
    expect(whole.losses.at(-1)).toBeLessThan((whole.losses[0] as number) / 10);
  });

  it.each([10, 20, 30, 40, 50, 60])("after epoch %d ends with the same weights, bit for bit", async (epoch) => {
    const story = scenario(training, { input: 40 });
    await story.untilCheckpoint(`epoch-${epoch}`);
    await story.advance("95s");
    story.kill();
    const later = await resumeScenario(training, { from: story.store });
    const { output } = await later.toEnd();
    expect(output).toEqual(whole.weights);
    expect(await later.channel.get("losses")).toEqual(whole.losses);
    expect(later.trace.map(({ cycle }) => cycle)).toEqual(Array.from({ length: EPOCHS - epoch }, (_, n) => epoch + 1 + n));
  });

  it("after every tenth epoch in a row ends with the same weights, bit for bit", async () => {
    let story = scenario(training, { input: 40 });
    for (let epoch = 10; epoch < EPOCHS; epoch += 10) {
      await story.untilCheckpoint(`epoch-${epoch}`);
      story.kill();
      story = await resumeScenario(training, { from: story.store });
    }
    expect((await story.toEnd()).output).toEqual(whole.weights);
  });

  it("learns something else from another seed", async () => {
    expect((await scenario(training, { input: 40, seed: "other" }).toEnd()).output).not.toEqual(whole.weights);
  });
});
