import {
  bestEffort,
  chain,
  type ExecutionContext,
  each,
  parallel,
  type TaskContext,
  TaskGraph,
  task,
  type Workflow,
  workflow,
} from "cairnflow";

/** Where the checkpoint called `here` is asked for, as one workflow each; every body writes a line into a ledger when it has done its work. */
interface Position {
  readonly flow: Workflow<never, unknown>;
  readonly input: unknown;
}

type Write = (line: string) => void;
interface Store {
  total: number;
  seen: number[];
}
type Ctx = TaskContext<Store>;

const here = (ctx: Ctx): void => void ctx.checkpoint({ where: ctx.taskId }, { name: "here" });

/** Bodies that do something worth saving: they draw a number, write to the channel, and tell the ledger. */
function worker(write: Write) {
  const work = async (ctx: Ctx, n: number): Promise<number> => {
    await ctx.channel.increment("total", n);
    await ctx.channel.append("seen", Math.floor(ctx.random() * 1_000));
    write(`${ctx.taskId} ${n}`);
    return n + Math.floor(ctx.random() * 1_000);
  };
  const plain = <const Name extends string>(name: Name) => task(name, work);
  const slow = <const Name extends string>(name: Name, ms: number) =>
    task(name, async (ctx: Ctx, n: number) => {
      await ctx.sleep(ms);
      return work(ctx, n);
    });
  const asking = <const Name extends string>(name: Name, when: (ctx: Ctx, n: number) => boolean = () => true, ms = 0) =>
    task(name, async (ctx: Ctx, n: number) => {
      if (ms > 0) await ctx.sleep(ms);
      if (when(ctx, n)) here(ctx);
      return work(ctx, n);
    });
  const end = task("end", (_: Ctx, input: unknown) => {
    write("end");
    return input;
  });
  return { work, plain, slow, asking, end };
}

type Make = (write: Write) => Position;

const groupMember: Make = (write) => {
  const { plain, asking, end } = worker(write);
  const flow = chain(plain("begin"), parallel([plain("a"), chain(asking("b"), plain("c")), chain(plain("d"), plain("e"))]), end);
  return { flow: workflow("group-member", flow), input: 5 };
};

const insideEach: Make = (write) => {
  const { plain, asking, end } = worker(write);
  const branch = chain(
    plain("load"),
    asking("score", (_, n) => n % 2 === 0),
  );
  const items = [...Array(9).keys()];
  return { flow: workflow("inside-each", chain(each(branch, { concurrency: 2 }), end)), input: items };
};

const dynamicTask: Make = (write) => {
  const { slow, asking, end } = worker(write);
  const [extra, more] = [asking("extra"), slow("more", 100)];
  const begin = task("begin", (ctx: Ctx, n: number) => {
    ctx.nextTask(extra, { id: "extra-1", input: n });
    ctx.nextTask(more, { id: "more-1", input: n });
    ctx.nextTask(more, { input: n + 1 });
    write("begin");
    return n;
  });
  const flow = chain(begin, slow("middle", 300), end);
  return { flow: workflow("dynamic-task", flow, { tasks: [extra, more] }), input: 3 };
};

const iteration: Make = (write) => {
  const { work, end } = worker(write);
  const loop = task("loop", async (ctx: Ctx, n: number) => {
    if (ctx.cycle === 4) here(ctx);
    const next = await work(ctx, n);
    if (ctx.cycle < 9) ctx.nextIteration(next);
    return next;
  });
  return { flow: workflow("iteration", chain(loop, end)), input: 1 };
};

const retryWait: Make = (write) => {
  const { work, asking, end } = worker(write);
  const shaky = task("shaky", { retry: { maxRetries: 3, initialWait: 400, jitter: 0, factor: 1 } }, (ctx: Ctx, n: number) => {
    if (ctx.attempt < 3) throw new Error(`attempt ${ctx.attempt}`);
    return work(ctx, n * ctx.attempt);
  });
  const asks = asking("asks", () => true, 100);
  return { flow: workflow("retry-wait", chain(parallel([shaky, asks]), end)), input: 2 };
};

const siblingsRunning: Make = (write) => {
  const { slow, asking, end } = worker(write);
  const asks = asking("asks", () => true, 50);
  const flow = chain(parallel([slow("one", 300), asks, chain(slow("two", 10), slow("three", 300))]), end);
  return { flow: workflow("siblings-running", flow), input: 4 };
};

const nested: Make = (write) => {
  const { plain, asking, end } = worker(write);
  const asks = asking("z", (_, n) => n === 3);
  const inner = parallel([chain(plain("x"), plain("y")), chain(asks, plain("after"))], { name: "inner" });
  const rows = each(inner, { name: "rows", concurrency: 2 });
  const flow = chain(parallel([rows, each(plain("beside"), { concurrency: 1 })]), end);
  return { flow: workflow("nested", flow), input: [1, 2, 3, 4, 5] };
};

const halfFullJoin: Make = (write) => {
  const { plain, end, asking, work } = worker(write);
  const sink = task("sink", async (ctx: Ctx, input: { readonly left: number; readonly right: number }) => {
    const sum = await work(ctx, input.left + input.right);
    if (ctx.cycle < 3) ctx.goto(source, sum % 97);
    return sum;
  });
  const source = plain("source");
  const left = asking("left", ({ cycle }) => cycle === 2);
  const [right, longer] = [plain("right"), plain("longer")];
  const graph = new TaskGraph("half-full-join").add(chain(task("begin", { start: true }, work), source));
  graph.add(left).add(chain(longer, right)).add(chain(sink, end));
  graph.edge(source, left).edge(source, longer).edge(left, sink).edge(right, sink);
  return { flow: workflow("half-full-join", graph) as Workflow<never, unknown>, input: 6 };
};

const toleratedFailures: Make = (write) => {
  const { plain, asking, end, work } = worker(write);
  const fails = task("fails", (ctx: Ctx, n: number) => {
    if (n % 3 === 0) throw new Error(`${n} is no good`);
    return work(ctx, n).then(() => n);
  });
  const asks = asking("asks", (_, n) => n === 5);
  const branch = chain(fails, asks);
  const count = task("count", (_: Ctx, all: readonly { readonly ok: boolean }[]) => all.filter(({ ok }) => ok).length);
  const flow = chain(each(branch, { policy: bestEffort, concurrency: 3 }), count, parallel([plain("p"), plain("q")]), end);
  return { flow: workflow("tolerated-failures", flow), input: [1, 2, 3, 4, 5, 6, 7, 8, 9] };
};

/** How a run ended, and what it left in its channel, in an order that does not depend on which sibling came first. */
export async function endOf(context: ExecutionContext, input?: unknown) {
  const { output, steps, status } = await context.run(input);
  const [total, seen] = await context.channel.getMany(["total", "seen"]);
  return { output, steps, status, total, seen: [...(seen as number[])].sort((a, b) => a - b) };
}

/** By name. */
export const positions: Readonly<Record<string, Make>> = {
  "in a member of a group": groupMember,
  "in a branch of an each": insideEach,
  "in a dynamic task": dynamicTask,
  "in an iteration": iteration,
  "during a retry wait": retryWait,
  "while siblings run": siblingsRunning,
  "in a group in an each in a group": nested,
  "with a join half full, in a loop": halfFullJoin,
  "in a group that has tolerated failures": toleratedFailures,
};
