import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { logEntry, makePatch, makeState } from "../data.mjs";

/** The library as it was built into `dist`. */
export const load = (dist) => import(pathToFileURL(join(dist, "index.js")).href);

/** Limits that no workload reaches. */
export const UNLIMITED = { maxSteps: 1e9, defaultMaxCycles: 1e9 };

export default async ({ dist }) => {
  const library = await load(dist);
  const { chain, each, ExecutionContext, parallel, task, workflow } = library;
  const runner = (flow, options) => () => ExecutionContext.create(flow, { ...UNLIMITED, ...options }).run();
  const numbers = (n) => task("source", async () => Array.from({ length: n }, (_, i) => i));
  const joining = task("join", async () => 0);
  return {
    chain: ({ n, hit }) => {
      const tasks = Array.from({ length: n }, (_, i) => task(`t${i}`, async () => hit()));
      return runner(workflow("chain", chain(...tasks)));
    },
    loop: ({ n, hit }) => runner(workflow("loop", chain(looping(task, n, hit)))),
    parallel: ({ n, hit }) => {
      const members = Array.from({ length: n }, (_, i) => task(`w${i}`, async () => hit()));
      return runner(workflow("fan", chain(numbers(n), parallel(members), joining)));
    },
    each: ({ n, hit }) => {
      const member = task("w", async () => hit());
      return runner(workflow("fan", chain(numbers(n), each(member), joining)));
    },
    checkpoints: (ctx) => runner(checkpointing(library, ctx), { runId: "bench", checkpoints: ctx.dir }),
    steps: (ctx) =>
      runner(checkpointing(library, { ...ctx, every: ctx.n * 2 }), { runId: "bench", checkpoints: ctx.dir, durability: "step" }),
    log: (ctx) => runner(logging(library, ctx), { runId: "bench", checkpoints: ctx.dir, durability: "step" }),
    queue: lazy(async () => (await import("./queue.mjs")).distributed(library, dist)),
    computing: lazy(async () => (await import("./queue.mjs")).computing(library, dist, 2)),
    commits: lazy(async () => (await import("./commits.mjs")).committing(library, dist, 1)),
    commitsAtOnce: lazy(async () => (await import("./commits.mjs")).committing(library, dist, 4)),
    ...resuming(library),
  };
};

/** A story that needs packages and servers which others do not. */
const lazy = (load) => (options) => {
  let once = null;
  return async () => {
    once ??= (await load())(options);
    await once();
  };
};

const looping = (task, n, hit) =>
  task("loop", async (ctx, i = 0) => {
    hit();
    if (i + 1 < n) ctx.nextIteration(i + 1);
  });

/** Changes 1 KB of the state in each iteration, and asks for a checkpoint every so many. */
function checkpointing({ chain, task, workflow }, { n, chunks, hit, every = 1 }) {
  const fill = task("fill", async (ctx) => {
    for (const [place, chunk] of makeState(chunks).chunks.entries()) await ctx.channel.set(`chunk-${place}`, chunk);
    return 0;
  });
  const step = task("step", async (ctx, i) => {
    hit();
    const patch = makePatch(i, chunks);
    await ctx.channel.set("n", patch.n);
    await ctx.channel.set(`chunk-${patch.place}`, patch.chunk);
    if ((i + 1) % every === 0) ctx.checkpoint();
    ctx.nextIteration(i + 1);
    if (i + 1 === n) ctx.terminate("all iterations are done");
  });
  return workflow("durable", chain(fill, step));
}

/** Adds an entry to a log in each iteration. */
function logging({ chain, task, workflow }, { n, hit }) {
  const step = task("step", async (ctx, i = 0) => {
    hit();
    await ctx.channel.append("log", logEntry(i));
    if (i + 1 < n) ctx.nextIteration(i + 1);
  });
  return workflow("logging", chain(step));
}

/** Runs are prepared in one process and resumed in another, up to the first body that runs. */
function resuming(library) {
  const { chain, ExecutionContext, task, workflow } = library;
  const forever = (hit) => async () => {
    hit();
    await new Promise(() => {});
  };
  const pending = (n, body) => {
    const w = task("w", body);
    const source = task("source", async (ctx) => {
      for (let i = 0; i < n; i++) ctx.nextTask(w, { id: `w${i}`, input: { i } });
      ctx.checkpoint();
    });
    return workflow("pending", chain(source), { tasks: [w] });
  };
  const going = async (flow, from) =>
    (await ExecutionContext.resume(flow, { from, runId: "bench", strategy: { maxResumeAttempts: 1e9 } })).run();
  return {
    preparePending: async ({ dir, n }) => {
      const options = { ...UNLIMITED, runId: "bench", checkpoints: dir };
      await ExecutionContext.create(
        pending(n, async () => {}),
        options,
      ).step();
    },
    resumePending: ({ dir, n, hit }) => going(pending(n, forever(hit)), dir),
    prepareState: async ({ dir, n, chunks }) => {
      const flow = checkpointing(library, { n, chunks, hit: () => {}, every: 100 });
      await ExecutionContext.create(flow, { ...UNLIMITED, runId: "bench", checkpoints: dir }).run();
    },
    resumeState: ({ dir, hit }) => {
      const fill = task("fill", async () => 0);
      return going(workflow("durable", chain(fill, task("step", forever(hit)))), dir);
    },
  };
}
