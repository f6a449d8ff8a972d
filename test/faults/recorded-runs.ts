// Real runs on a real folder, recorded call by call, with what their store had promised when.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CairnError,
  type CheckpointStore,
  ExecutionContext,
  openCheckpointStore,
  type TaskContext,
  task,
  type Workflow,
  workflow,
} from "cairnflow";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { committed, INPUT, NAMES, OUTPUT } from "./commit-workflow.js";
import { noted } from "./promises.js";
import { Recording } from "./recording-fs.js";

export const RUN_ID = "r1";
const CYCLES = 7;

/** Each cycle leaves another large value behind, so that blobs come and go. */
const grow = task(
  "grow",
  { maxCycles: CYCLES },
  async (ctx: TaskContext<{ done: string[]; big: string }>, input: number): Promise<number> => {
    await ctx.channel.append("done", `grow.${ctx.cycle}`);
    await ctx.channel.set("big", `${ctx.cycle}`.repeat(9_000));
    if (ctx.cycle < CYCLES) ctx.nextIteration(input + 1);
    return input;
  },
);
const growing = workflow("growing", grow);

/** A workflow and what it comes to. */
export interface Story {
  readonly name: string;
  readonly target: Workflow<number, number>;
  readonly input: number;
  readonly output: number;
  readonly done: readonly string[];
  readonly durability: "checkpoint" | "step";
  /** Runs it, by way of stores that are made one for each process. */
  readonly tell: (newStore: () => CheckpointStore) => Promise<unknown>;
}

const everyTask = (store: CheckpointStore) => ({ runId: RUN_ID, checkpoints: { store, every: "task" as const } });
const everyStep = (store: CheckpointStore) => ({ runId: RUN_ID, checkpoints: { store }, durability: "step" as const });

/** One process runs two steps, another takes the run over, and the first tries to go on all the same. */
async function takeOver(newStore: () => CheckpointStore): Promise<void> {
  const first = ExecutionContext.create(committed, everyStep(newStore()));
  await first.step(INPUT);
  await first.step();
  const second = newStore();
  const options = { ...everyStep(second), from: second, takeOver: true };
  const context = await ExecutionContext.resume(committed, options);
  await first.step().catch(() => null);
  await context.run();
  await first[Symbol.asyncDispose]();
}

/** Old checkpoints and their blobs are removed while the run goes on, but for one that is pinned. */
async function prune(newStore: () => CheckpointStore): Promise<void> {
  const store = newStore();
  const checkpoints = { store, every: "task" as const, keep: { last: 2 } };
  const context = ExecutionContext.create(growing, { runId: RUN_ID, checkpoints });
  await context.step(0);
  await context.step();
  const [newest] = await openCheckpointStore(store).list(RUN_ID);
  await openCheckpointStore(store).pin(String(newest?.id));
  await context.run();
}

const short = { target: committed, input: INPUT, output: OUTPUT, done: NAMES };
const long = {
  target: growing,
  input: 0,
  output: CYCLES - 1,
  done: Array.from({ length: CYCLES }, (_, cycle) => `grow.${cycle + 1}`),
};

export const STORIES: readonly Story[] = [
  { name: "checkpoints", ...short, durability: "checkpoint", tell: (newStore) => committed.run(INPUT, everyTask(newStore())) },
  { name: "steps", ...short, durability: "step", tell: (newStore) => committed.run(INPUT, everyStep(newStore())) },
  { name: "a take-over", ...short, durability: "step", tell: takeOver },
  { name: "pruning", ...long, durability: "checkpoint", tell: prune },
];

/** A store over a file system: the honest one, or one with a planted bug. */
export type StoreMaker = (root: string, fs: DurableFs) => CheckpointStore;
export const honestStore: StoreMaker = (root, fs) => new FileCheckpointStore(root, { fs });

export interface RecordedStory {
  readonly story: Story;
  readonly recording: Recording;
  /** The folder in which the folder of the store was made. */
  readonly place: string;
}

/** Tells a story on a real disk, or on one that fails now and then: then it may break off with an error of this library. */
export async function recorded(story: Story, makeStore: StoreMaker = honestStore, disk: DurableFs = systemFs): Promise<RecordedStory> {
  const place = mkdtempSync(join(tmpdir(), "cairnflow-recorded-"));
  const recording = new Recording();
  const newStore = (): CheckpointStore => noted(makeStore(join(place, STORE), recording.over(disk)), recording);
  try {
    await story.tell(newStore);
  } catch (error) {
    if (disk === systemFs || !(error instanceof CairnError)) throw error;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return { story, recording, place };
}

/** The folder of the store, below the place. */
export const STORE = "checkpoints";
