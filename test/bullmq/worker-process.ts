// <url> <queue> <prefix>: runs a worker for the flow of faults until it is killed; says "ready" once, and its stats when asked.
import { createWorker } from "../../src/bullmq.js";
import { faultFlow, noteIn } from "./fault-flow.js";

const [url = "", queue = "", prefix = ""] = process.argv.slice(2);
noteIn(url);
const worker = await createWorker({
  connection: url,
  queue,
  prefix,
  workflows: [faultFlow],
  concurrency: 10,
  lockMs: 1_000,
  stalledCheckMs: 200,
});
process.on("message", () => process.send?.(worker.stats()));
process.send?.("ready");
