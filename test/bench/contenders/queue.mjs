// No-op jobs through Redis: what bare BullMQ takes for them, and a run whose bodies are jobs. The worker has a process of its own.
import { fork, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { tsImport } from "tsx/esm/api";
import { queueFlow } from "./queue-flow.mjs";

const BATCH = 1_000;

/** One Redis for all runs of this process, which dies with it; or that of `CAIRNFLOW_TEST_REDIS_URL`. */
let redis = null;
const address = () => {
  redis ??= process.env.CAIRNFLOW_TEST_REDIS_URL ? Promise.resolve(process.env.CAIRNFLOW_TEST_REDIS_URL) : startRedis();
  return redis;
};

async function startRedis() {
  const { redisBinary } = await tsImport("../../servers/redis-binary.ts", import.meta.url);
  const { path, libraries } = await redisBinary();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "cairnflow-bench-redis-"));
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--maxmemory-policy", "noeviction"];
  const env = libraries.length === 0 ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries.join(":") };
  const server = spawn(path, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => server.kill("SIGKILL"));
  await new Promise((resolve) => server.stdout.on("data", (text) => /Ready to accept/i.test(String(text)) && resolve()));
  return `redis://127.0.0.1:${port}`;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A worker in a process of its own, which dies with this one. */
async function startWorker(kind, dist, n) {
  const child = fork(fileURLToPath(new URL("queue-worker.mjs", import.meta.url)), [kind, await address(), dist, String(n)], {
    execArgv: [],
  });
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

/** The bodies of an `each` as jobs, with the channel in Redis. */
export function distributed(library, dist, limits) {
  const door = (name) => import(pathToFileURL(join(dist, name)).href);
  return ({ n, hit }) => {
    const flow = queueFlow(library);
    let wired = null;
    const wire = async () => {
      const connection = await address();
      const { RedisChannel } = await door("redis/index.js");
      const { bullmqRunner } = await door("bullmq.js");
      await startWorker("ours", dist, n);
      return { channel: new RedisChannel({ url: connection }), runner: bullmqRunner({ connection, queue: "bench", prefix: "ours" }) };
    };
    return async () => {
      wired ??= await wire();
      const { output } = await library.run(flow, n, { ...limits, ...wired });
      counted(output.length, hit);
    };
  };
}
