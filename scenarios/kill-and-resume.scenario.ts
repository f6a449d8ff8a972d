import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCheckpointStore } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Report, RUN_ID, SEED } from "../examples/training-loop/report.js";
import { type Ending, runInProcess } from "../examples/training-loop/run-in-process.js";
import { type Params, type Training, training } from "../examples/training-loop/training.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const params: Params = { epochs: 90, batchSize: 6, learningRate: 0.3, restMs: 0 };
const KILLS = 4;
/** What a process reports of ten epochs: 15 batches and an end of each, and one checkpoint. */
const REPORTS_OF_TEN = 161;

/** The program as it is in the sources, not as it was built. */
const options = {
  cwd: root,
  execArgv: ["--import", "tsx"],
  env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "test/tsconfig.examples.json") },
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairnflow-killed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const endingOf = ({ reports }: Ending): Extract<Report, { kind: "ended" }> | undefined =>
  reports.find((report): report is Extract<Report, { kind: "ended" }> => report.kind === "ended");

/** Lets a process of training report so often, then kills it. */
function killedAfter(count: number, how: "start" | "resume", at: string): Promise<Ending> {
  let heard = 0;
  return runInProcess({ how, folder: at, params, options, onReport: () => ++heard === count });
}

const inBytes = ({ final, best, test }: Training): unknown => ({
  final: Buffer.from(final.weights.slice().buffer).toString("hex"),
  best: { ...best, weights: Buffer.from(best.weights.slice().buffer).toString("hex") },
  test,
});

describe("a training whose process is killed with SIGKILL", () => {
  it("ends as if nothing had happened, wherever it was killed, time after time", { timeout: 120_000 }, async () => {
    const expected = (await training.run(params, { seed: SEED, checkpoints: "memory:unkilled" })).output;
    const kills = Array.from({ length: KILLS }, () => 1 + Math.floor(Math.random() * 1.2 * REPORTS_OF_TEN));
    const epochs: number[] = [];
    for (const kill of kills) {
      const saved = await openCheckpointStore(folder).list(RUN_ID);
      const ending = await killedAfter(kill, saved.length === 0 ? "start" : "resume", folder);
      expect(ending.signal, `kills after ${kills} reports`).toBe("SIGKILL");
      expect(endingOf(ending)).toBeUndefined();
      epochs.push(ending.reports.reduce((last, report) => ("epoch" in report ? report.epoch : last), 0));
    }
    expect(Math.max(...epochs), `kills after ${kills} reports`).toBeLessThan(params.epochs);
    const how = (await openCheckpointStore(folder).list(RUN_ID)).length === 0 ? "start" : "resume";
    const ended = endingOf(await runInProcess({ how, folder, params, options, onReport: () => false }));
    expect(inBytes(ended?.output as Training), `kills after ${kills} reports`).toEqual(inBytes(expected));
    expect(ended?.history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: params.epochs }, (_, at) => at + 1));
    expect(ended?.steps).toBe(params.epochs + 2);
  });

  it("is resumed from the newest checkpoint, which is whole", { timeout: 60_000 }, async () => {
    const at = join(folder, "once");
    const ending = await killedAfter(REPORTS_OF_TEN + 40, "start", at);
    expect(ending.signal).toBe("SIGKILL");
    expect(ending.reports.at(-1)?.kind, "it was killed in the middle of its work").not.toBe("ended");
    const store = openCheckpointStore(at);
    const [newest] = await store.verify(RUN_ID);
    expect(newest?.damage).toBeNull();
    const second = await runInProcess({ how: "resume", folder: at, params, options, onReport: () => false });
    expect(second.reports[0]).toMatchObject({ kind: "resumed", from: newest?.id });
    expect(second.reports[1]).toMatchObject({ kind: "batch", epoch: ((await store.load(newest?.id ?? "")).info.cycle ?? 0) + 1, done: 1 });
  });
});
