// One point of a curve: what a step, a checkpoint or a resume costs at one size. Told what to do in argv[2]; answers over IPC.
import { load, UNLIMITED } from "./contenders/cairnflow.mjs";
import { makePatch, makeState } from "./data.mjs";
import { median } from "./statistics.mjs";

const point = JSON.parse(process.argv[2]);
const { size, dir } = point;
const { chain, each, ExecutionContext, parallel, task, workflow } = await load(point.dist);
const now = () => performance.now();

const COSTS = { pending, history, keys, listeners, each: group, parallel: group, ...checkpointCosts(), resumePending, resumeState };

/** Microseconds per iteration of a loop that calls `body`, after it has done so `before` times. */
async function perStep(body, { before = 20_000, steps = 100_000, options = {} } = {}) {
  let [count, from, spent] = [0, 0, 0];
  const loop = task("loop", async (ctx) => {
    await body?.(ctx, count);
    if (++count === before) from = now();
    if (count === before + steps) spent = now() - from;
    else ctx.nextIteration();
  });
  await ExecutionContext.create(workflow("loop", chain(loop)), { ...UNLIMITED, ...options }).run();
  return (spent * 1_000) / steps;
}

/** As many tasks wait, of which the first runs and queues itself again behind the others. */
async function pending() {
  let [count, from, spent] = [0, 0, 0];
  const [before, steps] = [Math.max(size, 50_000), 200_000];
  const waiting = task("waiting", async (ctx) => {
    if (++count === before) from = now();
    if (count === before + steps) spent = now() - from;
    if (count < before + steps) ctx.nextIteration();
    else ctx.terminate("enough");
  });
  const source = task("source", async (ctx) => {
    for (let i = 0; i < size; i++) ctx.nextTask(waiting);
  });
  const flow = workflow("pending", chain(source), { tasks: [waiting] });
  await ExecutionContext.create(flow, { ...UNLIMITED, concurrency: 1 }).run();
  return (spent * 1_000) / steps;
}

async function history() {
  await perStep();
  return perStep(null, { before: size });
}

function keys() {
  return perStep(
    async (ctx, i) => {
      if (i === 0) for (let key = 0; key < size; key++) await ctx.channel.set(`key-${key}`, key);
      await ctx.channel.set(`key-${i % size}`, i);
    },
    { steps: 50_000 },
  );
}

function listeners() {
  const context = ExecutionContext.create(workflow("loop", chain(loopOf(12_000))), UNLIMITED);
  for (let i = 0; i < size; i++) context.events.on("taskCompleted", () => {});
  return timed(() => context.run(), 12_000);
}

const loopOf = (n) =>
  task("loop", async (ctx, i = 0) => {
    if (i + 1 < n) ctx.nextIteration(i + 1);
  });

async function timed(run, steps) {
  const from = now();
  await run();
  return ((now() - from) * 1_000) / steps;
}

/** Microseconds per member, the median of several runs of as many. */
async function group() {
  const source = task("source", async () => Array.from({ length: size }, (_, i) => i));
  const members = point.curve === "each" ? [] : Array.from({ length: size }, (_, i) => task(`w${i}`, async () => {}));
  const fan = point.curve === "each" ? each(task("w", async () => {})) : parallel(members);
  const flow = workflow("fan", chain(source, fan));
  const run = () => ExecutionContext.create(flow, UNLIMITED).run();
  for (const until = now() + point.warmMs; now() < until; ) await run();
  const samples = [];
  for (let spent = 0; spent < 3 * point.repetitionMs; spent += (samples.at(-1) * size) / 1_000) samples.push(await timed(run, size));
  return median(samples);
}

/** Milliseconds per checkpoint with `ctx.checkpoint()` in each iteration, after `before` of them. */
async function perCheckpoint({ before = 20, checkpoints = 50, chunks = 10, prepare = async () => {}, tasks = [] }) {
  let from = 0;
  let spent = 0;
  const fill = task("fill", async (ctx) => {
    for (const [place, chunk] of makeState(chunks).chunks.entries()) await ctx.channel.set(`chunk-${place}`, chunk);
    await prepare(ctx);
    return 0;
  });
  const step = task("step", async (ctx, i) => {
    if (i === before) from = now();
    if (i === before + checkpoints) {
      spent = now() - from;
      return ctx.terminate("enough");
    }
    const { place, chunk } = makePatch(i, chunks);
    await ctx.channel.set(`chunk-${place}`, chunk);
    ctx.checkpoint();
    ctx.nextIteration(i + 1);
  });
  const flow = workflow("durable", chain(fill, step), { tasks });
  await ExecutionContext.create(flow, { ...UNLIMITED, runId: "bench", checkpoints: dir }).run();
  return spent / checkpoints;
}

function checkpointCosts() {
  const waiting = task("waiting", { retry: { maxRetries: 1, initialWait: "1d", jitter: 0 } }, async () => {
    throw new Error("so that it waits for a day");
  });
  const queue = async (ctx) => {
    for (let i = 0; i < size; i++) ctx.nextTask(waiting, { id: `w${i}`, input: { i } });
  };
  return {
    checkpointPending: () => perCheckpoint({ prepare: queue, tasks: [waiting] }),
    checkpointHistory: () => perCheckpoint({ before: size }),
    checkpointState: () => perCheckpoint({ chunks: size, before: Math.min(size, 200) }),
  };
}

/** Milliseconds per resume up to the first body that runs, the median of several. */
async function perResume(flow) {
  const samples = [];
  for (let i = 0; i < 7; i++) {
    const from = now();
    const context = await ExecutionContext.resume(flow, { ...UNLIMITED, from: dir, runId: "bench", concurrency: 1 });
    await context.step();
    samples.push(now() - from);
  }
  return median(samples);
}

async function resumePending() {
  const waiting = task("waiting", async () => {});
  const source = task("source", async (ctx) => {
    for (let i = 0; i < size; i++) ctx.nextTask(waiting, { id: `w${i}`, input: { i } });
    ctx.checkpoint();
  });
  const flow = workflow("pending", chain(source), { tasks: [waiting] });
  await ExecutionContext.create(flow, { ...UNLIMITED, runId: "bench", checkpoints: dir }).step();
  return perResume(flow);
}

async function resumeState() {
  const fill = task("fill", async (ctx) => {
    for (const [place, chunk] of makeState(size).chunks.entries()) await ctx.channel.set(`chunk-${place}`, chunk);
    ctx.checkpoint();
  });
  const flow = workflow(
    "state",
    chain(
      fill,
      task("last", async () => {}),
    ),
  );
  await ExecutionContext.create(flow, { ...UNLIMITED, runId: "bench", checkpoints: dir }).step();
  return perResume(flow);
}

COSTS[point.curve]().then(
  (value) => process.send({ value }, () => process.exit(0)),
  (error) => process.send({ error: String(error?.stack ?? error) }, () => process.exit(1)),
);
