// <options as JSON> <lease>: runs an engine called `name` for the gated flow; says "ready" once, and its stats when asked. SIGTERM ends it.
import { createEngine } from "../../src/bullmq.js";
import { RedisCheckpointStore } from "../../src/redis/index.js";
import { gatedFlow, noteIn } from "./run-fault-flow.js";

const { name, url, store, leaseMs, graceMs, ...options } = JSON.parse(process.argv[2] ?? "{}");
noteIn(url, name);
const engine = await createEngine({
  connection: url,
  workflows: [gatedFlow],
  checkpoints: new RedisCheckpointStore({ url, prefix: store, leaseMs }),
  ...options,
});
process.on("message", () => process.send?.(engine.stats()));
process.once("SIGTERM", () => void engine.close({ graceMs }).then(() => process.exit(0)));
process.send?.("ready");
