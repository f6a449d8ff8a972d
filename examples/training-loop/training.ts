import { chain, type TaskContext, task, workflow } from "cairnflow";
import { FEATURES, irisRows, SPECIES, type Split, split } from "./iris.js";
import { batches, initialWeights, type Score, score, shuffled, stepped } from "./softmax.js";

/** How to train. */
export interface Params {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** How long to rest after each batch, so that there is something to watch, and to kill. */
  readonly restMs: number;
}

export interface Model {
  readonly weights: Float64Array;
}

export interface EpochReport extends Score {
  readonly epoch: number;
  readonly valLoss: number;
}

/** What the run keeps in its channel. */
export interface TrainState {
  readonly setup: { readonly params: Params; readonly data: Split };
  /** The weights with the lowest validation loss so far. */
  readonly best: Model & { readonly epoch: number; readonly valLoss: number };
  readonly history: readonly EpochReport[];
}

/** What comes out in the end. */
export interface Training {
  readonly final: Model;
  readonly best: TrainState["best"];
  /** Of the best weights, on rows that training never saw. */
  readonly test: Score;
}

type Ctx = TaskContext<TrainState>;

const CHECKPOINT_EVERY = 10;

async function needed<Key extends keyof TrainState>(ctx: Ctx, key: Key): Promise<TrainState[Key]> {
  const value = await ctx.channel.get(key);
  if (value === undefined) throw new Error(`found no ${key} in the channel: run the task before first`);
  return value;
}

export const load = task("load", async (ctx: Ctx, params: Params): Promise<Model> => {
  const random = () => ctx.random();
  await ctx.channel.set("setup", { params, data: split(await irisRows(), random) });
  return { weights: initialWeights(SPECIES.length, FEATURES, random) };
});

/** One epoch; asks for the next one until there were enough. */
export const train = task("train", { maxCycles: 10_000 }, async (ctx: Ctx, model: Model): Promise<Model> => {
  const { params, data } = await needed(ctx, "setup");
  const weights = await onePass(ctx, model.weights, data, params);
  const report = reportOf(ctx.cycle, weights, data);
  await keep(ctx, report, weights);
  if (ctx.cycle % CHECKPOINT_EVERY === 0) ctx.checkpoint({ epoch: report.epoch, valLoss: report.valLoss });
  if (ctx.cycle < params.epochs) ctx.nextIteration({ weights } satisfies Model);
  return { weights };
});

export const evaluate = task("evaluate", async (ctx: Ctx, final: Model): Promise<Training> => {
  const { data } = await needed(ctx, "setup");
  const best = await needed(ctx, "best");
  return { final, best, test: score(best.weights, data.test) };
});

/** Softmax regression on Iris: reads, trains epoch by epoch, judges the best weights. */
export const training = workflow("iris-training", chain(load, train, evaluate));

/** Goes over all rows once, in an order of chance, and reports after each batch. */
async function onePass(ctx: Ctx, weights: Float64Array, data: Split, params: Params): Promise<Float64Array> {
  const parts = batches(
    shuffled(data.train, () => ctx.random()),
    params.batchSize,
  );
  for (const [index, part] of parts.entries()) {
    weights = stepped(weights, part, params.learningRate);
    ctx.progress(index + 1, parts.length, `epoch ${ctx.cycle}`);
    await ctx.sleep(params.restMs);
  }
  return weights;
}

function reportOf(epoch: number, weights: Float64Array, { train, validation }: Split): EpochReport {
  const { loss: valLoss, accuracy } = score(weights, validation);
  return { epoch, loss: score(weights, train).loss, valLoss, accuracy };
}

async function keep(ctx: Ctx, report: EpochReport, weights: Float64Array): Promise<void> {
  const { epoch, loss, valLoss, accuracy } = report;
  ctx.metric("loss", loss);
  ctx.metric("valLoss", valLoss);
  ctx.metric("accuracy", accuracy);
  await ctx.channel.append("history", report);
  await ctx.channel.update("best", (best) => (best !== undefined && best.valLoss <= valLoss ? best : { weights, epoch, valLoss }));
}
