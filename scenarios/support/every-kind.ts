import { bestEffort, chain, each, parallel, type TaskContext, TaskGraph, task, workflow } from "cairnflow";

/** What the run keeps in its channel: one value of each kind that JSON alone does not hold. */
interface Kinds {
  seen: string[];
  when: Date;
  counts: Map<string, number>;
  bytes: Uint8Array;
  total: number;
}

/** An error without its stack, which would name files of the machine that the kept runs were made on. */
function bare(error: Error): Error {
  delete error.stack;
  return error;
}

const note = task("note", async (ctx: TaskContext<Kinds>, text: string): Promise<void> => {
  await ctx.channel.append("seen", text);
});

const begin = task("begin", async (ctx: TaskContext<Kinds>, n: number): Promise<number[]> => {
  await ctx.channel.set("when", new Date(86_400_000));
  await ctx.channel.set("counts", new Map([["begun", n]]));
  await ctx.channel.set("bytes", new Uint8Array([1, 2, 255]));
  ctx.nextTask(note, { id: "note-1", input: "begun" });
  ctx.checkpoint({ n }, { name: "begun" });
  return Array.from({ length: n }, (_, at) => at);
});

const measure = task("measure", { retry: { maxRetries: 2, initialWait: "1h", jitter: 0 } }, async (ctx: TaskContext<Kinds>, at: number) => {
  if (at === 2 && ctx.attempt === 1) throw bare(Object.assign(new Error("not yet"), { code: "EAGAIN" }));
  await ctx.channel.increment("total", at);
  return at * ctx.random();
});

const settle = task("settle", async (ctx: TaskContext<Kinds>, measured: readonly unknown[]): Promise<number> => {
  await ctx.channel.append("seen", `pass ${ctx.cycle}`);
  ctx.metric("pass", ctx.cycle);
  if (ctx.cycle < 3) ctx.nextIteration(measured as unknown[]);
  return measured.length;
});

const left = task("left", async (_: TaskContext, n: number): Promise<string> => `left ${n}`);
const right = task("right", async (ctx: TaskContext, n: number): Promise<string> => {
  if (n > 0) throw bare(new RangeError("right never works"));
  return ctx.taskId;
});
const end = task("end", async (ctx: TaskContext<Kinds>, sides: object): Promise<readonly string[]> => {
  ctx.artifact("end.txt", { type: "text", description: "how it ended" });
  return Object.keys(sides);
});

/** A run has in it all kinds of things that a checkpoint can hold: a fan-out with a retry, a loop, a group with a failure, a dynamic task. */
export const everyKind = workflow(
  "every-kind",
  chain(begin, each(measure, { policy: bestEffort }), settle, parallel([left, right], { policy: bestEffort }), end),
  { tasks: [note] },
);

const one = task("one", (_: TaskContext, n: number): number => n + 1);
const slow = task("slow", { retry: { maxRetries: 1, initialWait: "1h", jitter: 0 } }, (ctx: TaskContext, n: number): number => {
  if (ctx.attempt === 1) throw bare(new Error("first never works"));
  return n + 2;
});
const quick = task("quick", (_: TaskContext, n: number): number => n + 3);
const sum = task("sum", (_: TaskContext, parts: { slow: number; quick: number }): number => parts.slow + parts.quick);

/** A join that has one of its inputs while the other waits to be tried again. */
export const diamond = workflow(
  "diamond",
  new TaskGraph("diamond").add(one).add(slow).add(quick).add(sum).edge(one, slow).edge(one, quick).edge(slow, sum).edge(quick, sum),
);
