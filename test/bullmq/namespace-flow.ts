import { chain, each, type TaskContext, task, workflow } from "../../src/index.js";

const BODY_MS = 300;

const items = task("items", (_: TaskContext, count: number): readonly number[] => Array.from({ length: count }, (_, n) => n));

/** The process it runs in tells its parent of every body that begins: no link that is cut can lose that. */
const item = task("item", async (ctx: TaskContext, n: number): Promise<number> => {
  process.send?.({ begun: n });
  await ctx.sleep(BODY_MS);
  await ctx.channel.increment("done");
  return n * 3;
});

/** Counts in its channel how many items were committed. */
export const hostFlow = workflow("hosts", chain(items, each(item)));

/** What the processes on the hosts tell. */
export interface HostWord {
  readonly ready?: true;
  /** A worker: an item whose body has begun. */
  readonly begun?: number;
  /** An engine: a task that was committed. */
  readonly committed?: string;
  /** An engine, at the end. */
  readonly ended?: HostRun;
}

export interface HostRun {
  readonly output: unknown;
  /** What the channel has counted. */
  readonly done: unknown;
  readonly stale: number;
  readonly resent: number;
}
