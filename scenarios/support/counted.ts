import { type Channel, chain, each, type TaskContext, task, workflow } from "cairnflow";

/** What the workflow keeps in its channel. In every step the numbers fit to each other. */
export interface Counted {
  readonly rounds: readonly number[];
  readonly turned: readonly number[];
  readonly count: number;
  readonly last: { readonly round: number; readonly draw: number };
  readonly parts: Readonly<Record<string, number>>;
}

type Ctx = TaskContext<Counted>;

export const ROUNDS = 40;
const KEYS = ["rounds", "turned", "count", "last", "parts"] as const;

/** Rounds that write in all ways, some of them saved; then tasks side by side. `report` is told what has been done. */
export function counting(report: (line: string) => void) {
  const round = task("round", { maxCycles: ROUNDS }, async (ctx: Ctx, n: number) => {
    const draw = ctx.random();
    await ctx.channel.append("rounds", n);
    await ctx.channel.prepend("turned", n);
    await ctx.channel.increment("count");
    await ctx.channel.set("last", { round: n, draw });
    if (n % 6 === 0) ctx.checkpoint({ n });
    if (n < ROUNDS) ctx.nextIteration(n + 1);
    report(`round ${n}`);
    return Array.from({ length: 20 }, (_, at) => at);
  });
  const part = task("part", async (ctx: Ctx, n: number) => {
    await ctx.channel.update("parts", (parts = {}) => ({ ...parts, [`p${n}`]: ctx.cycle }));
    report(`part ${n}`);
    return n;
  });
  const end = task("end", async (ctx: Ctx, all: readonly number[]) => ({ all: all.length, count: await ctx.channel.get("count") }));
  return workflow("counting", chain(round, each(part, { concurrency: 4 }), end));
}

/** What the channel holds, with the parts in an order that does not depend on which came first. */
export async function countedIn(channel: Channel<object>): Promise<Partial<Counted>> {
  const values = await (channel as unknown as Channel<Counted>).getMany(KEYS);
  const found = Object.fromEntries(KEYS.map((key, at) => [key, values[at]])) as Partial<Counted>;
  return { ...found, parts: Object.fromEntries(Object.entries(found.parts ?? {}).sort()) };
}
