import {
  bestEffort,
  chain,
  type ExecutionOptions,
  each,
  FatalError,
  parallel,
  type TaskContext,
  task,
  type Workflow,
  workflow,
} from "cairnflow";

/** A run that must be the same wherever its bodies run. */
export interface RemoteCase {
  readonly name: string;
  readonly flow: Workflow<never, unknown>;
  readonly input?: unknown;
  readonly options?: ExecutionOptions;
}

class Busy extends Error {
  constructor(readonly status: number) {
    super(`busy ${status}`);
  }
}

const flaky = (matches: NonNullable<Parameters<typeof retried>[0]>) => retried(matches);
function retried(on: (abstract new (...args: never[]) => Error) | string | ((error: unknown) => boolean)) {
  return task("flaky", { retry: { maxRetries: 3, on } }, (ctx: TaskContext): number => {
    if (ctx.attempt < 3) throw Object.assign(new Busy(503), { code: "BUSY" });
    return ctx.attempt;
  });
}

const loop = task("loop", async (ctx: TaskContext, n: number): Promise<number> => {
  await ctx.channel.append("passes", [n, ctx.cycle, ctx.canIterate(), ctx.maxCycles, ctx.steps]);
  if (ctx.cycle < 4) ctx.nextIteration(n + 1);
  return n;
});

const chances = task("chances", (ctx: TaskContext, n: number): unknown[] => [
  n,
  ctx.random(),
  ctx.uuid(),
  ctx.random(),
  ctx.idempotencyKey(),
  ctx.idempotencyKey("mail"),
  ctx.specId,
  ctx.taskId,
  ctx.attempt,
  ctx.runId,
]);
const numbers = task("numbers", (): readonly number[] => [3, 1, 2]);
const odd = task("odd", { retry: 1 }, (_: TaskContext, n: number): number => {
  if (n === 1) throw new RangeError("one");
  return n;
});

const total = task("total", (_: TaskContext, all: readonly number[]): number => all.reduce((one, other) => one + other, 0));
const largest = task("largest", (_: TaskContext, all: readonly number[]): number => Math.max(...all));

const later = task("later", async (ctx: TaskContext, n: number): Promise<string> => `later ${n} of ${await ctx.result(first)}`);
const first = task("first", (ctx: TaskContext): string => {
  ctx.nextTask(later, { input: 1 });
  ctx.nextTask(later, { input: 2, id: "named" });
  return "first";
});
const target = task("target", (_: TaskContext, word?: string): string => `got ${word}`);
const skipped = task("skipped", (): string => "never");
const jumper = task("jumper", (ctx: TaskContext): void => ctx.goto(target, "a jump"));

const writer = task("writer", async (ctx: TaskContext): Promise<readonly unknown[]> => {
  await ctx.channel.set("map", new Map([["a", new Date(5)]]));
  await ctx.channel.append("list", 1);
  await ctx.channel.prepend("list", { zero: 0n });
  const sum = await ctx.channel.increment("sum", 2.5);
  const doubled = await ctx.channel.update("sum", (n) => (n as number) * 2);
  await ctx.channel.set("gone", 1);
  const was = await ctx.channel.delete("gone");
  return [sum, doubled, was, await ctx.channel.keys(), await ctx.channel.has("gone")];
});
const reader = task(
  "reader",
  async (ctx: TaskContext, before: readonly unknown[]): Promise<unknown> => [
    before,
    await ctx.channel.getMany(["map", "list", "sum"]),
    await ctx.result(writer),
  ],
);

const measured = task("measured", (ctx: TaskContext): undefined => {
  ctx.metric("loss", 0.5);
  ctx.metric("none", Number.NaN);
  ctx.artifact("model.bin", { type: "model", description: "weights" });
  ctx.artifact("log.txt");
  ctx.progress(1, 10, "warm");
  ctx.progress(2);
  ctx.log.info("plain");
  ctx.log.warn({ bytes: 5, fn: () => 1 }, "with fields");
});

const memo = task("memo", { retry: 2 }, async (ctx: TaskContext): Promise<readonly unknown[]> => {
  const value = await ctx.once("drawn", () => ({ attempt: ctx.attempt, set: new Set([1]) }));
  if (ctx.attempt < 3) throw new Error("again");
  return [value, ctx.attempt];
});

const terminating = task("terminating", (ctx: TaskContext): string => {
  ctx.terminate("enough");
  return "the end";
});
const cancelling = task("cancelling", (ctx: TaskContext): void => ctx.cancel("no more"));
const fatal = task("fatal", { retry: 5 }, (): never => {
  throw new FatalError("hopeless", { cause: new TypeError("deep") });
});
const slow = task("slow", { timeout: 20, retry: 1 }, async (ctx: TaskContext): Promise<string> => {
  if (ctx.attempt === 1) await ctx.sleep(10_000);
  return `attempt ${ctx.attempt}`;
});
const unserializable = task("unserializable", (): unknown => () => 1);

export const remoteCases: readonly RemoteCase[] = [
  { name: "a chain", flow: workflow("w", chain(numbers, each(chances))) },
  { name: "retries by class", flow: workflow("w", flaky(Busy)) },
  { name: "retries by code", flow: workflow("w", flaky("BUSY")) },
  {
    name: "retries by a predicate over fields",
    flow: workflow(
      "w",
      flaky((error) => (error as Busy).status === 503),
    ),
  },
  { name: "retries that run out", flow: workflow("w", chain(numbers, each(odd))) },
  { name: "a group that lets failures pass", flow: workflow("w", chain(numbers, each(odd, { policy: bestEffort, concurrency: 1 }))) },
  { name: "branches side by side", flow: workflow("w", chain(numbers, parallel([total, largest]))) },
  { name: "iterations", flow: workflow("w", loop), input: 5 },
  { name: "a loop that reaches its limit", flow: workflow("w", loop), input: 5, options: { defaultMaxCycles: 2 } },
  { name: "tasks that are queued", flow: workflow("w", first, { tasks: [later] }) },
  { name: "a jump", flow: workflow("w", chain(jumper, skipped, target)) },
  { name: "writes and reads", flow: workflow("w", chain(writer, reader)) },
  { name: "metrics, artifacts, progress and log", flow: workflow("w", measured) },
  { name: "what is remembered over attempts", flow: workflow("w", memo) },
  { name: "a termination", flow: workflow("w", chain(terminating, numbers)) },
  { name: "a cancellation", flow: workflow("w", cancelling) },
  { name: "an error that is fatal", flow: workflow("w", fatal) },
  { name: "a time-out", flow: workflow("w", slow) },
  { name: "a value that cannot be stored", flow: workflow("w", unserializable) },
  { name: "retries by the run's own options", flow: workflow("w", odd), input: 1, options: { defaultRetry: 2 } },
];
