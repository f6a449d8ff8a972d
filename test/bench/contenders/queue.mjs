// Jobs through Redis: what bare BullMQ takes for them, and a run whose bodies are jobs. Each worker has a process of its own.
import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { load, UNLIMITED } from "./cairnflow.mjs";
import { computingFlow, queueFlow } from "./queue-flow.mjs";
import { address } from "./redis.mjs";

const BATCH = 1_000;
const CONCURRENCY = 50;
/** Bodies that compute hold up the loop: more of them at a time would only wait. */
const COMPUTING_CONCURRENCY = 2;

/** A worker in a process of its own, which dies with this one. */
export async function startWorker(kind, dist, n, concurrency = CONCURRENCY) {
  const args = [kind, await address(), dist, String(n), String(concurrency)];
  const child = fork(fileURLToPath(new URL("queue-worker.mjs", import.meta.url)), args, { execArgv: [] });
  process.on("exit", () => child.kill("SIGKILL"));
  await told(child);
  return child;
}

const told = (child) => new Promise((resolve) => child.once("message", resolve));

/** Bodies run elsewhere: they are counted once all of them have. */
function counted(n, hit) {
  for (let i = 0; i < n; i++) hit();
}

/** Adds jobs in batches, and waits until the worker has done them all. */
export async function bullmq({ dist }) {
  const queue = new Queue("bench", { connection: new Redis(await address(), { maxRetriesPerRequest: null }), prefix: "bare" });
  return {
    queue: ({ n, hit }) => {
      let worker = null;
      return async () => {
        worker ??= await startWorker("bare", dist, n);
        const done = told(worker);
        for (let from = 0; from < n; from += BATCH) {
          const count = Math.min(BATCH, n - from);
          await queue.addBulk(Array.from({ length: count }, (_, i) => ({ name: "w", data: { i }, opts: { removeOnComplete: true } })));
        }
        await done;
        counted(n, hit);
      };
    },
  };
}

/** The same bodies that compute as beside it, on one worker instead of two. */
export async function oneWorker({ dist }) {
  const library = await load(dist);
  return { computing: computing(library, dist, 1) };
}

/** A door of the library as it was built into `dist`. */
export const doorOf = (dist, name) => import(pathToFileURL(join(dist, name)).href);

/** What a run is given whose bodies are jobs. */
export async function wiring(dist) {
  const connection = await address();
  const { RedisChannel } = await doorOf(dist, "redis/index.js");
  const { bullmqRunner } = await doorOf(dist, "bullmq.js");
  return { channel: new RedisChannel({ url: connection }), runner: bullmqRunner({ connection, queue: "bench", prefix: "ours" }) };
}

/** The bodies of an `each` as jobs, with the channel in Redis. */
export const distributed = (library, dist) => story(library, dist, queueFlow(library), [CONCURRENCY]);

/** The same with bodies that compute, on so many workers. */
export const computing = (library, dist, workers) =>
  story(
    library,
    dist,
    computingFlow(library),
    Array.from({ length: workers }, () => COMPUTING_CONCURRENCY),
  );

const story =
  (library, dist, flow, concurrencies) =>
  ({ n, hit }) => {
    let wired = null;
    return async () => {
      if (wired === null) {
        await Promise.all(concurrencies.map((concurrency) => startWorker("ours", dist, n, concurrency)));
        wired = await wiring(dist);
      }
      const { output } = await library.run(flow, n, { ...UNLIMITED, ...wired });
      counted(output.length, hit);
    };
  };
