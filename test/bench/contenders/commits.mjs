// Steps of runs whose channel is in Redis, each confirmed before the next begins; and a script that does next to nothing, as large.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Redis } from "ioredis";
import { UNLIMITED } from "./cairnflow.mjs";
import { address } from "./redis.mjs";

const FLOOR = "redis.call('HSET', KEYS[1], 'seq', ARGV[1]) return {'ok'}";
/** What one commit of a step that sets a key has: keys, arguments, and about as many bytes. */
const KEYS = Array.from({ length: 5 }, (_, n) => `floor:{run}:channel:1:list:k${n}`);
const ARGS = Array.from({ length: 17 }, (_, n) => `argument ${n}`);

const atOnce = (count, one) => Promise.all(Array.from({ length: count }, (_, n) => one(n)));

export async function evalsha() {
  const client = new Redis(await address());
  const digest = await client.script("LOAD", FLOOR);
  const commits =
    (runs) =>
    ({ n, hit }) =>
    () =>
      atOnce(runs, async () => {
        for (let i = 0; i < n / runs; i++) {
          await client.evalsha(digest, KEYS.length, ...KEYS, String(i), ...ARGS);
          hit();
        }
      });
  return { commits: commits(1), commitsAtOnce: commits(4) };
}

/** A task that sets a key and is queued again, in one run or in some at once. */
export function committing({ chain, run, task, workflow }, dist, runs) {
  return ({ n, hit }) => {
    const step = task("step", async (ctx, i = 1) => {
      hit();
      await ctx.channel.set("n", i);
      if (i < n / runs) ctx.nextIteration(i + 1);
    });
    const flow = workflow("commits", chain(step));
    let channel = null;
    return async () => {
      if (channel === null) {
        const { RedisChannel } = await import(pathToFileURL(join(dist, "redis/index.js")).href);
        channel = new RedisChannel({ url: await address() });
      }
      await atOnce(runs, () => run(flow, 1, { ...UNLIMITED, channel }));
    };
  };
}
