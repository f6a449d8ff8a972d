// bare|ours <address> <dist> <n>: one worker that does no-op jobs, 50 at a time. The bare one says when it has done n of them.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { queueFlow } from "./queue-flow.mjs";

const CONCURRENCY = 50;
const [kind, address, dist, n] = process.argv.slice(2);

async function bare() {
  const { Worker } = await import("bullmq");
  const { Redis } = await import("ioredis");
  let done = 0;
  const connection = new Redis(address, { maxRetriesPerRequest: null });
  const worker = new Worker("bench", async () => 0, { connection, prefix: "bare", concurrency: CONCURRENCY });
  worker.on("completed", () => ++done % Number(n) === 0 && process.send("done"));
  await worker.waitUntilReady();
}

async function ours() {
  const door = (name) => import(pathToFileURL(join(dist, name)).href);
  const { createWorker } = await door("bullmq.js");
  const workflows = [queueFlow(await door("index.js"))];
  await createWorker({ connection: address, queue: "bench", prefix: "ours", workflows, concurrency: CONCURRENCY });
}

await (kind === "bare" ? bare() : ours());
process.send("ready");
