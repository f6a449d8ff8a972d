import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExecutionContext, openCheckpointStore, resume } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { irisRows, SPECIES } from "../examples/training-loop/iris.js";
import { initialWeights, score, stepped } from "../examples/training-loop/softmax.js";
import { type EpochReport, type Params, type Training, training } from "../examples/training-loop/training.js";

const params: Params = { epochs: 40, batchSize: 6, learningRate: 0.3, restMs: 0 };
const seed = 1936;
let folder = "";
let whole: Training;
let history: readonly EpochReport[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairnflow-training-"));
  const context = ExecutionContext.create(training, { runId: "whole", seed, checkpoints: folder });
  whole = (await context.run(params)).output;
  history = (await context.channel.get("history")) as readonly EpochReport[];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bytes = ({ buffer, byteOffset, byteLength }: Float64Array): string => Buffer.from(buffer, byteOffset, byteLength).toString("hex");

/** Everything a training ends with, weights as their bytes. */
const inBytes = ({ final, best, test }: Training): unknown => ({
  final: bytes(final.weights),
  best: { ...best, weights: bytes(best.weights) },
  test,
});

describe("the Iris data", () => {
  it("are 150 rows, 50 of each species, with the means that are published", async () => {
    const rows = await irisRows();
    expect(rows).toHaveLength(150);
    const means = [...SPECIES.keys()].map((label) => {
      const own = rows.filter((row) => row.label === label);
      expect(own).toHaveLength(50);
      return [0, 1, 2, 3].map((at) => Number((own.reduce((sum, { features }) => sum + (features[at] ?? 0), 0) / 50).toFixed(3)));
    });
    expect(means).toEqual([
      [5.006, 3.428, 1.462, 0.246],
      [5.936, 2.77, 4.26, 1.326],
      [6.588, 2.974, 5.552, 2.026],
    ]);
  });
});

describe("one step of softmax regression", () => {
  it("goes down the gradient that differences of the loss show", async () => {
    const rows = (await irisRows()).filter((_, at) => at % 13 === 0);
    let state = 0;
    const weights = initialWeights(3, 4, () => (state = (state + 0.618) % 1));
    const after = stepped(weights, rows, 1);
    for (const at of weights.keys()) {
      const [up, down] = [weights.slice(), weights.slice()];
      up[at] = (up[at] as number) + 1e-5;
      down[at] = (down[at] as number) - 1e-5;
      const slope = (score(up, rows).loss - score(down, rows).loss) / 2e-5;
      expect((weights[at] as number) - (after[at] as number)).toBeCloseTo(slope, 6);
    }
  });
});

describe("a training loop", () => {
  it("learns: the loss falls, and most flowers it never saw are recognised", () => {
    expect(history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect(history.at(-1)?.loss).toBeLessThan((history[0]?.loss ?? 0) / 3);
    expect(whole.test.accuracy).toBeGreaterThan(0.9);
  });

  it("keeps the weights of the epoch with the lowest validation loss", () => {
    const lowest = history.reduce((best, report) => (report.valLoss < best.valLoss ? report : best));
    expect(whole.best).toMatchObject({ epoch: lowest.epoch, valLoss: lowest.valLoss });
    if (lowest.epoch === 40) expect(bytes(whole.best.weights)).toBe(bytes(whole.final.weights));
  });

  it("leaves a checkpoint after every tenth epoch, with its epoch and validation loss", async () => {
    const saved = await openCheckpointStore(folder).list("whole");
    expect(saved.map(({ metadata }) => metadata)).toMatchObject(
      [40, 30, 20, 10].map((epoch) => ({ epoch, valLoss: history[epoch - 1]?.valLoss })),
    );
    expect(saved.map(({ taskId, cycle, seq }) => [taskId, cycle, seq])).toEqual(
      [40, 30, 20, 10].map((epoch) => ["train", epoch, epoch / 10]),
    );
  });

  it("has the metrics of its epoch in each checkpoint", async () => {
    const store = openCheckpointStore(folder);
    for (const { id, cycle } of await store.list("whole")) {
      const { loss, valLoss, accuracy } = history[(cycle ?? 0) - 1] as EpochReport;
      expect(Object.fromEntries((await store.load(id)).metrics)).toEqual({ loss, valLoss, accuracy });
    }
  });

  it("ends with the same weights, bit for bit, from whichever checkpoint it is resumed", async () => {
    const saved = await openCheckpointStore(folder).list("whole");
    expect(saved).toHaveLength(4);
    for (const { id, cycle } of saved) {
      const context = await ExecutionContext.resume(training, {
        from: folder,
        runId: "whole",
        at: id,
        checkpoints: `memory:from-${cycle}`,
      });
      const { output } = await context.run();
      expect(inBytes(output), `resumed after epoch ${cycle}`).toEqual(inBytes(whole));
      expect(await context.channel.get("history")).toEqual(history);
    }
  });

  it("ends with the same weights after it was stopped in an epoch", async () => {
    const context = ExecutionContext.create(training, { runId: "stopped", seed, checkpoints: folder });
    context.events.on("taskProgress", ({ cycle, done }) => {
      if (cycle === 17 && done === 4) context.stop("enough for today");
    });
    expect(await context.run(params)).toMatchObject({ status: "stopped", message: "enough for today" });
    const { output } = await resume(training, { from: folder, runId: "stopped" });
    expect(inBytes(output)).toEqual(inBytes(whole));
  });

  it("ends with other weights under another seed", async () => {
    const { output } = await training.run(params, { seed: seed + 1, checkpoints: "memory:other-seed" });
    expect(bytes(output.final.weights)).not.toBe(bytes(whole.final.weights));
  });
});
