// Cuts the power of a recorded run at many moments, and looks at many of the disks that each may leave.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CheckpointStore, openCheckpointStore } from "cairnflow";
import { systemFs } from "../../src/file/durable-fs.js";
import { brokenPromises, rubbish } from "./disk-checks.js";
import { MemoryDisk, writeOut } from "./memory-disk.js";
import { type Choice, CutDisk, type LeftDisk } from "./power-cut.js";
import { Promises } from "./promises.js";
import { honestStore, type RecordedStory, RUN_ID, STORE, type StoreMaker, type Story } from "./recorded-runs.js";

/** From the kindest disk to the worst; those with chance in them are made several times. */
const CHOICES: readonly Choice[] = [
  { changes: "all", content: "all" },
  { changes: "none", content: "none" },
  { changes: "all", content: "none" },
  { changes: "all", content: "torn" },
  { changes: "all", content: "zeros" },
  { changes: "none", content: "all" },
  { changes: "last", content: "any" },
  { changes: "all but one", content: "any" },
  { changes: "all but one", content: "all" },
  { changes: "some", content: "any" },
  { changes: "some", content: "any" },
];

/** What came of it. */
export interface Trials {
  cuts: number;
  disks: number;
  dropping: number;
  reordered: number;
  torn: number;
  resumed: number;
  readonly violations: string[];
}

export interface TrialOptions {
  readonly random: () => number;
  /** Each n-th moment is one to cut at. */
  readonly everyMoment: number;
  /** Each n-th disk is resumed from. */
  readonly everyDisk: number;
  /** With what the disks are read. */
  readonly makeStore?: StoreMaker;
}

export async function cutPower({ recording, place, story }: RecordedStory, options: TrialOptions): Promise<Trials> {
  const trials: Trials = { cuts: 0, disks: 0, dropping: 0, reordered: 0, torn: 0, resumed: 0, violations: [] };
  for (let cut = 0; cut <= recording.moments; cut += options.everyMoment) {
    trials.cuts++;
    const past = new CutDisk(recording, place, cut);
    const promises = new Promises(recording, cut);
    const seen = new Set<string>();
    for (const choice of CHOICES) {
      const left = past.leave(choice, options.random);
      if (seen.has(left.fingerprint)) continue;
      seen.add(left.fingerprint);
      count(trials, left);
      const where = `${story.name}, cut at ${cut}, changes ${choice.changes}, content ${choice.content}`;
      const broken = await lookAt(left, promises, story, options, trials);
      trials.violations.push(...broken.map((line) => `${where}: ${line}`));
    }
  }
  return trials;
}

function count(trials: Trials, { dropped, isReordered, isTorn }: LeftDisk): void {
  trials.disks++;
  if (dropped > 0) trials.dropping++;
  if (isReordered) trials.reordered++;
  if (isTorn) trials.torn++;
}

async function lookAt({ root }: LeftDisk, promises: Promises, story: Story, options: TrialOptions, trials: Trials): Promise<string[]> {
  const { makeStore = honestStore, everyDisk } = options;
  const isResumed = trials.disks % everyDisk === 0;
  const again = isResumed ? structuredClone(root) : null;
  const disk = new MemoryDisk(root);
  const broken = await brokenPromises(makeStore(`/${STORE}`, disk), RUN_ID, promises);
  broken.push(...(await rubbish(disk, `/${STORE}/${RUN_ID}`)));
  if (again === null) return broken;
  // Every fourth on a real disk.
  if (++trials.resumed % 4 > 0) return [...broken, ...(await wrongEnd(makeStore(`/${STORE}`, new MemoryDisk(again)), story))];
  const place = mkdtempSync(join(tmpdir(), "cairnflow-left-"));
  writeOut(again, place);
  broken.push(...(await wrongEnd(makeStore(join(place, STORE), systemFs), story)));
  rmSync(place, { recursive: true });
  return broken;
}

/** Lets a run go on, or begin if nothing is stored of it; says what is wrong about its end. */
export async function wrongEnd(store: CheckpointStore, { target, input, output, done, durability }: Story): Promise<string[]> {
  const checkpoints = durability === "step" ? { store } : { store, every: "task" as const };
  try {
    await store.open();
    const hasBegun = (await store.list(RUN_ID)).length > 0;
    const result = hasBegun
      ? await target.resume({ from: store, runId: RUN_ID, checkpoints, durability })
      : await target.run(input, { runId: RUN_ID, checkpoints, durability });
    const found = (await openCheckpointStore(store).latest(RUN_ID))?.channel.get("done");
    const isRight = result.status === "completed" && result.output === output && JSON.stringify(found) === JSON.stringify(done);
    return isRight ? [] : [`it ends ${result.status} with ${result.output}, done ${JSON.stringify(found)}`];
  } catch (error) {
    return [`it cannot go on: ${String(error)}`];
  }
}
