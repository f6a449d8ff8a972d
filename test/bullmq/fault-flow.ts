import { Redis } from "ioredis";
import { chain, each, type TaskContext, task, workflow } from "../../src/index.js";

/** Set in the processes of workers: where bodies note what they do. */
let redis: Redis | null = null;

export function noteIn(url: string): void {
  redis = new Redis(url, { maxRetriesPerRequest: null }).on("error", () => {});
}

/** Where the effects of a run are counted, by task. */
export const effectsOf = (runId: string): string => `effects:${runId}`;
/** Holds a word for each body that is to block its loop. */
export const blocksFor = (runId: string): string => `blocks:${runId}`;
/** Counts the bodies that have blocked their loop, once they are over it. */
export const blockedIn = (runId: string): string => `blocked:${runId}`;
/** Once it is there, the run may end. */
export const gateOf = (runId: string): string => `gate:${runId}`;

const BLOCK_MS = 2_500;

const items = task("items", (_: TaskContext, count: number): readonly number[] => Array.from({ length: count }, (_, n) => n));

const item = task("item", async (ctx: TaskContext, n: number): Promise<number> => {
  await redis?.hincrby(effectsOf(ctx.runId), String(n), 1);
  if ((await redis?.lpop(blocksFor(ctx.runId))) === "block") {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS);
    await redis?.incr(blockedIn(ctx.runId));
  }
  await ctx.sleep(100);
  while (n === 0 && (await redis?.exists(gateOf(ctx.runId))) === 0) await ctx.sleep(20);
  await ctx.channel.increment("done");
  return n * 3;
});

/** Counts how often each item is done, and by its first item waits until all faults have fired. */
export const faultFlow = workflow("faults", chain(items, each(item)));
