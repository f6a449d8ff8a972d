import { Redis } from "ioredis";
import { chain, type TaskContext, task, workflow } from "../../src/index.js";

let redis: Redis | null = null;
let engine = "nobody";

/** Set in the processes of engines: where bodies note what they do, and for whom. */
export function noteIn(url: string, name: string): void {
  redis = new Redis(url, { maxRetriesPerRequest: null }).on("error", () => {});
  engine = name;
}

/** Where it is noted who has begun which task, in order, as in `one by A`. */
export const ledgerOf = (runId: string): string => `ledger:${runId}`;
/** Once it is there, the middle task of the run may end. */
export const gateOf = (runId: string): string => `gate:${runId}`;

const noted = (ctx: TaskContext): Promise<unknown> => redis?.rpush(ledgerOf(ctx.runId), `${ctx.taskId} by ${engine}`) ?? Promise.resolve();

const step = (name: string, waits: boolean) =>
  task(name, async (ctx: TaskContext, n: number): Promise<number> => {
    await noted(ctx);
    while (waits && (await redis?.exists(gateOf(ctx.runId))) === 0) await ctx.sleep(20);
    await ctx.channel.increment("commits");
    return n * 2;
  });

const last = task("last", async (ctx: TaskContext, n: number): Promise<readonly (number | undefined)[]> => {
  await noted(ctx);
  return [n, (await ctx.channel.get("commits")) as number | undefined];
});

/** Doubles its input four times; the third step waits at a gate. Gives the number of commits beside it. */
export const gatedFlow = workflow("gated", chain(step("one", false), step("two", false), step("three", true), step("four", false), last));
