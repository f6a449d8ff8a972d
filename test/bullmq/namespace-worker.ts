// <url> <lockMs>: a worker for the flow of hosts, until it is killed; tells when it is ready, and which bodies begin.
import { createWorker } from "../../src/bullmq.js";
import { hostFlow } from "./namespace-flow.js";

const [url = "", lockMs = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit());
await createWorker({
  connection: url,
  queue: "hosts",
  workflows: [hostFlow],
  concurrency: 3,
  lockMs: Number(lockMs),
  stalledCheckMs: 500,
});
process.send?.({ ready: true });
