// bare|ours <address> <dist> <n> <concurrency>: a worker for jobs of the bench. The bare one says when it has done n of them.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { computingFlow, queueFlow } from "./queue-flow.mjs";

const [kind, address, dist, n, concurrency] = process.argv.slice(2);

async function bare() {
  const { Worker } = await import("bullmq");
  const { Redis } = await import("ioredis");
  let done = 0;
  const connection = new Redis(address, { maxRetriesPerRequest: null });
  const worker = new Worker("bench", async () => 0, { connection, prefix: "bare", concurrency: Number(concurrency) });
  worker.on("completed", () => ++done % Number(n) === 0 && process.send("done"));
  await worker.waitUntilReady();
}

async function ours() {
  const door = (name) => import(pathToFileURL(join(dist, name)).href);
  const { createWorker } = await door("bullmq.js");
  const library = await door("index.js");
  const workflows = [queueFlow(library), computingFlow(library)];
  await createWorker({ connection: address, queue: "bench", prefix: "ours", workflows, concurrency: Number(concurrency) });
  process.on("message", () => process.send(process.cpuUsage()));
}

process.on("disconnect", () => process.exit());
await (kind === "bare" ? bare() : ours());
process.send("ready");
