// Checkpoints of runs in which every part of a saved state is in use: groups, joins, retries, memos, failures, blobs.
import {
  atLeast,
  type CheckpointKey,
  chain,
  ExecutionContext,
  each,
  FatalError,
  MemoryCheckpointStore,
  parallel,
  type TaskContext,
  TaskGraph,
  task,
  type Workflow,
  workflow,
} from "../../src/index.js";
import { instantClock } from "./instant-clock.js";
import { type Papers, papersOf } from "./papers.js";

interface State {
  seen: string[];
  notes: Record<string, unknown>;
  count: number;
}
type Context = TaskContext<State>;

const prepare = task("prepare", async (ctx: Context, rows: number) => {
  await ctx.channel.set("notes", { at: new Date(0), missing: undefined, big: 12n, set: new Set([1, 2]), text: "n".repeat(9_000) });
  return Array.from({ length: rows }, (_, row) => ({ row, text: "row ".repeat(200) }));
});
const score = task("score", { retry: { maxRetries: 2, initialWait: 5 } }, async (ctx: Context, { row }: { row: number }) => {
  await ctx.once("draw", () => ctx.random());
  await ctx.channel.append("seen", `row-${row}`);
  if (row === 3) throw new FatalError("row 3 is bad", { cause: new TypeError("the cause") });
  if (row % 4 === 1 && ctx.attempt === 1) throw new Error("again");
  return row;
});
const left = task("left", (_: Context, scores: unknown[]) => scores.length);
const first = task("first", (ctx: Context, scores: unknown[]) => {
  ctx.nextTask(extra, { input: 1, id: "extra-1" });
  return scores.length;
});
const second = task("second", (_: Context, count: number) => count * 2);
const extra = task("extra", async (ctx: Context, by: number) => ctx.channel.increment("count", by));
const train = task("train", { maxCycles: 6 }, async (ctx: Context, sums: Record<string, number>): Promise<Record<string, number>> => {
  ctx.metric("loss", 1 / ctx.cycle);
  ctx.metric("best", Number.NEGATIVE_INFINITY);
  ctx.artifact("model.bin", { type: "weights", description: "the model" });
  ctx.checkpoint({ epoch: ctx.cycle, when: new Date(1_000) }, { name: `epoch-${ctx.cycle}` });
  if (ctx.cycle < 5) ctx.nextIteration(sums);
  return { ...sums, epoch: ctx.cycle };
});
const publish = task("publish", { retry: { maxRetries: 1, initialWait: 5 } }, (): string => {
  throw Object.assign(new Error("no network"), { code: "ECONNREFUSED" });
});

const members = each(score, { concurrency: 4, policy: atLeast(5) });
/** A run with groups, iterations and a failing end. */
export const training = workflow(
  "training",
  chain(prepare, members as never, parallel([left, chain(first, second)]), train as never, publish as never),
  {
    tasks: [extra],
  },
) as unknown as Workflow<number, string>;

const fetch = task("fetch", (_: Context, by: number) => by);
const here = task("here", (_: Context, by: number) => by + 1);
const there = task("there", async (ctx: Context, by: number) => {
  await ctx.sleep(1_000);
  return by + 2;
});
const meet = task("meet", (_: Context, both: { here: number; there: number }) => both.here + both.there);
const graph = new TaskGraph("diamond");
graph.add(fetch).add(here).add(there).add(meet);
graph.edge(fetch, here).edge(fetch, there).edge(here, meet).edge(there, meet);
/** A run with a join that waits. */
const diamond = workflow("diamond", graph) as unknown as Workflow<number, number>;

const one = task("one", (_: Context, { row }: { row: number; text: string }) => row);
const source = task("source", (ctx: Context, rows: number) => {
  for (let row = 0; row < rows; row++) ctx.nextTask(one, { id: `one-${row}`, input: { row, text: "row ".repeat(100) } });
});
/** A run in which many tasks wait that have much in common. */
const crowd = workflow("crowd", source, { tasks: [one] }) as unknown as Workflow<number, unknown>;

/** A checkpoint, the steps after it that a journal holds, and the workflow that goes on from there. */
export interface Source {
  readonly target: Workflow<number, unknown>;
  readonly papers: Papers;
  readonly steps: readonly string[];
}

async function checkpointsOf(
  target: Workflow<number, unknown>,
  input: number,
  every: "task" | { readonly steps: number } = "task",
): Promise<Source[]> {
  const store = new MemoryCheckpointStore();
  const options = { runId: `${target.name}-1`, checkpoints: { store, every }, clock: instantClock() };
  await ExecutionContext.create(target, options)
    .run(input)
    .catch(() => null);
  const keys = await store.list(options.runId);
  return Promise.all(keys.map(async (key) => ({ target, papers: await papersOf(store, key), steps: [] })));
}

/** A run that was left after some steps, of which most stand in its journal. */
async function journalOf(target: Workflow<number, unknown>, input: number, count: number): Promise<Source> {
  const store = new MemoryCheckpointStore();
  const options = { runId: `${target.name}-1`, checkpoints: { store }, durability: "step" as const, clock: instantClock() };
  const context = ExecutionContext.create(target, options);
  await context.step(input);
  for (let step = 1; step < count; step++) await context.step();
  const key = (await store.list(options.runId)).at(-1) as CheckpointKey;
  const steps = (await store.readJournal(key.runId, key.seq)).map((bytes) => new TextDecoder().decode(bytes));
  const source = { target, papers: await papersOf(store, key), steps };
  await context[Symbol.asyncDispose]();
  return source;
}

/** The checkpoints of these runs, in order. */
export async function realisticCheckpoints(): Promise<Source[]> {
  const crowded = await checkpointsOf(crowd, 60, { steps: 9 });
  return [...(await checkpointsOf(training, 12)), ...(await checkpointsOf(diamond, 1)), ...crowded];
}

/** The same runs with journals, left at several places. */
export async function realisticJournals(): Promise<Source[]> {
  const left = [3, 6, 9, 12, 15, 18].map((count) => journalOf(training, 12, count));
  return (await Promise.all([...left, journalOf(diamond, 1, 3)])).filter(({ steps }) => steps.length > 1);
}
