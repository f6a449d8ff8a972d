// A run with everything that a checkpoint has to keep: a chain, branches, an `each`, iterations, retries, dynamic tasks.
import { chain, each, parallel, type TaskContext, task, type Workflow, workflow } from "../../src/index.js";

/** The ids of what was written by committed tasks are kept here, so that a checkpoint tells which effects it covers. */
interface KillState {
  effects: string[];
  draws: Record<string, number>;
  epoch: number;
  [count: `count.${string}`]: number;
}

type Context = TaskContext<KillState>;

interface Sums {
  readonly left: number;
  readonly second: number;
  readonly trained?: number;
}

/** What a task did to the world outside: one line of the ledger. */
export interface Effect {
  readonly key: string;
  readonly task: string;
  readonly cycle: number;
  readonly attempt: number;
}

const ROWS = 8;
const EPOCHS = 16;
const EXTRAS = 4;

/** How often each task completes, whatever happens. */
export const EXPECTED: Readonly<Record<string, number>> = {
  prepare: 1,
  score: ROWS,
  left: 1,
  first: 1,
  second: 1,
  train: EPOCHS,
  spread: 1,
  extra: EXTRAS,
  finish: 1,
};

/** The workflow; `effect` is told of every attempt before it commits. */
export function killWorkflow(effect: (effect: Effect) => void): Workflow<number, number> {
  async function work(ctx: Context, name: string): Promise<number> {
    const key = ctx.idempotencyKey();
    effect({ key, task: ctx.taskId, cycle: ctx.cycle, attempt: ctx.attempt });
    const draw = ctx.random();
    await ctx.channel.append("effects", key);
    await ctx.channel.increment(`count.${name}`);
    await ctx.channel.update("draws", (draws = {}) => ({ ...draws, [key]: draw }));
    await ctx.sleep(1 + Math.floor(draw * 3));
    return draw;
  }
  const prepare = task("prepare", async (ctx: Context, first: number) => {
    await work(ctx, "prepare");
    return Array.from({ length: ROWS }, (_, row) => first + row);
  });
  const score = task("score", { retry: { maxRetries: 5, initialWait: 1 } }, async (ctx: Context, row: number) => {
    const draw = await work(ctx, "score");
    if (row % 3 === 0 && ctx.attempt === 1) throw new Error("not at the first attempt");
    return row + Math.round(draw * 10);
  });
  const left = task("left", async (ctx: Context, rows: number[]) => {
    await work(ctx, "left");
    return rows.length;
  });
  const first = task("first", async (ctx: Context, rows: number[]) => {
    await work(ctx, "first");
    return rows.reduce((sum, row) => sum + row, 0);
  });
  const second = task("second", async (ctx: Context, sum: number) => sum + (await work(ctx, "second")));
  const train = task("train", { retry: { maxRetries: 5, initialWait: 1 } }, async (ctx: Context, sums: Sums): Promise<Sums> => {
    if (ctx.cycle === 7) {
      await ctx.channel.set("epoch", ctx.cycle);
      await ctx.checkpoint({ halfway: true }, { mode: "immediate" }).committed;
    }
    const draw = await work(ctx, "train");
    if (ctx.cycle % 5 === 2 && ctx.attempt === 1) throw new TypeError("not at the first attempt");
    if (ctx.cycle % 4 === 0) ctx.checkpoint({ epoch: ctx.cycle }, { name: `epoch-${ctx.cycle}` });
    ctx.metric("loss", 1 / ctx.cycle);
    const next = { ...sums, trained: (sums.trained ?? 0) + draw };
    if (ctx.cycle < EPOCHS) ctx.nextIteration(next);
    return next;
  });
  const extra = task("extra", async (ctx: Context, number: number) => number + (await work(ctx, "extra")));
  const spread = task("spread", async (ctx: Context, sums: Sums) => {
    await work(ctx, "spread");
    for (let number = 0; number < EXTRAS; number++) ctx.nextTask(extra, { input: number, id: `extra-${number}` });
    return sums;
  });
  const finish = task("finish", async (ctx: Context, { left, second, trained = 0 }: Sums) => {
    await work(ctx, "finish");
    return left + second + trained;
  });
  const flow = chain(prepare, each(score, { concurrency: 3 }), parallel([left, chain(first, second)]), train, spread, finish);
  return workflow("killed", flow, { tasks: [extra] });
}
