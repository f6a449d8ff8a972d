import { chain, type TaskContext, TaskGraph, task, workflow } from "../../src/index.js";

interface State {
  readonly notes: readonly string[];
  readonly lr: number;
  readonly "notes/hostile": string;
}

/** What a terminal, a page, Mermaid or Graphviz could obey. */
const HOSTILE = '\u001b[31mred\u001b[0m\u009b2J\u202eevil\n<img src=x onerror=alert(1)>"] --> n_x; click n_x call x() \\N';

const begin = task("begin", async (ctx: TaskContext<State>, rounds: number): Promise<number> => {
  await ctx.channel.set("lr", 0.5);
  await ctx.channel.set("notes/hostile", HOSTILE);
  return rounds;
});

const count = task("count", { maxCycles: 1000 }, async (ctx: TaskContext<State>, rounds: number): Promise<number> => {
  await ctx.channel.append("notes", `round ${ctx.cycle}`);
  ctx.metric("loss", 1 / ctx.cycle);
  ctx.checkpoint({}, { name: `round-${ctx.cycle}` });
  if (ctx.cycle < rounds) ctx.nextIteration(rounds);
  return rounds;
});

const finish = task("finish", async (ctx: TaskContext<State>, rounds: number): Promise<object> => {
  return { rounds, lr: await ctx.channel.get("lr") };
});

/** Leaves checkpoints named round-1, round-2 and so on, and one at its end. */
export const counting = workflow("counting", chain(begin, count, finish));

/** @public Named by tests as a text. */
export const slow = workflow(
  "slow",
  task("crawl", { maxCycles: 1000 }, async (ctx: TaskContext): Promise<number> => {
    await ctx.sleep(50);
    if (ctx.cycle < 400) ctx.nextIteration();
    return ctx.cycle;
  }),
);

/** @public Named by tests as a text. */
export const stuck = workflow(
  "stuck",
  task("sleep", async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }),
);

export const broken = workflow(
  "broken",
  task("break", (): number => {
    throw new TypeError(HOSTILE);
  }),
);

const NAME = '"]; click n_only "https://evil" <script>alert(1)</script> \\N';
export const hostile = new TaskGraph(NAME).add(task("only", { start: true }, (): number => 1));
