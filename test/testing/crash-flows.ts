import { atLeast, bestEffort, chain, each, parallel, type TaskContext, TaskGraph, task, type Workflow, workflow } from "cairnflow";

/** What the workflows keep in their channel. */
interface Counted {
  readonly total: number;
  readonly seen: readonly string[];
}
type Ctx = TaskContext<Counted>;

/** Writes in several ways, waits, and draws a number that depends on nothing but the seed. */
async function work(ctx: Ctx, n: number): Promise<number> {
  await ctx.channel.increment("total", n);
  await ctx.sleep(n * 10);
  await ctx.channel.append("seen", `${ctx.taskId} ${ctx.cycle} ${n}`);
  return n + Math.floor(ctx.random() * 100);
}

const plain = <const Name extends string>(name: Name) => task(name, work);

/** A workflow that is killed at every moment, and what goes in. */
export interface CrashFlow {
  readonly flow: Workflow<unknown, unknown>;
  readonly input: unknown;
}

/** Fails until its second start in a row has been, whoever counted. */
const shaky = task("shaky", { retry: { maxRetries: 4, initialWait: "2h" } }, async (ctx: Ctx, n: number) => {
  await ctx.channel.increment("total", 1);
  if (ctx.attempt < 3) throw new Error("not yet");
  return n;
});

const loop = task("loop", { retry: { maxRetries: 2, initialWait: "1m" } }, async (ctx: Ctx, n: number) => {
  if (ctx.cycle === 2) ctx.checkpoint({}, { name: "second" });
  const next = await work(ctx, n);
  if (ctx.cycle < 4) ctx.nextIteration(next);
  return next;
});

const extra = plain("extra");
const opening = task("opening", async (ctx: Ctx, n: number) => {
  ctx.nextTask(extra, { id: "extra-1", input: n });
  ctx.nextTask(extra, { input: n + 1 });
  return work(ctx, n);
});

const inParts = task("inParts", async (ctx: Ctx, n: number) => {
  await ctx.channel.set("total", 7);
  const drawn = await ctx.once("drawn", () => Math.floor(ctx.random() * 1_000));
  await ctx.checkpoint({ half: true }, { mode: "immediate" }).committed;
  await ctx.channel.append("seen", `rest of ${n}`);
  return drawn;
});

const picky = task("picky", (_ctx: Ctx, n: number) => {
  if (n % 3 === 0) throw new Error("no good");
  return n;
});

function diamond(): Workflow<never, unknown> {
  const sink = task("sink", async (ctx: Ctx, { left, right }: { readonly left: number; readonly right: number }) => {
    const sum = await work(ctx, (left + right) % 7);
    if (ctx.cycle < 3) ctx.goto(source, sum % 5);
    return sum;
  });
  const [source, left, right] = [task("source", { start: true }, work), plain("left"), plain("right")];
  const graph = new TaskGraph("diamond").add(source).add(left).add(right).add(sink);
  graph.edge(source, left).edge(source, right).edge(left, sink).edge(right, sink);
  return workflow("diamond", graph) as Workflow<never, unknown>;
}

/** One for each thing that a workflow may do. */
const flows: Readonly<Record<string, { readonly flow: Workflow<never, unknown>; readonly input: unknown }>> = {
  "a chain": { flow: workflow("a-chain", chain(plain("a"), plain("b"), plain("c"))), input: 1 },
  "retries with waits": { flow: workflow("retries", chain(plain("a"), shaky, plain("b"))), input: 1 },
  "a loop with a checkpoint": { flow: workflow("a-loop", chain(plain("a"), loop, plain("b"))), input: 1 },
  "a fan-out": { flow: workflow("a-fan-out", chain(parallel([plain("a"), chain(plain("b"), plain("c"))]), plainEnd())), input: 2 },
  "an each with failures that are let pass": {
    flow: workflow("an-each", chain(each(picky, { policy: bestEffort, concurrency: 2 }), plainEnd())),
    input: [1, 2, 3, 4],
  },
  "a group in a group": {
    flow: workflow("nested", chain(parallel([each(chain(plain("x"), plain("y"))), each(picky, { policy: atLeast(1) })]), plainEnd())),
    input: [1, 3],
  },
  "dynamic tasks": { flow: workflow("dynamic", chain(opening, plain("b")), { tasks: [extra] }), input: 1 },
  "an immediate checkpoint": { flow: workflow("immediate", chain(plain("a"), inParts, plain("b"))), input: 1 },
  "a diamond that goes round": { flow: diamond(), input: 1 },
};

/** The same, with the types of their inputs worn off. */
export const crashFlows = flows as Readonly<Record<string, CrashFlow>>;

function plainEnd() {
  return task("end", (_ctx: Ctx, input: unknown) => input);
}
