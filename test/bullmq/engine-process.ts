// <url> <queue> <prefix> <run> <items>: runs the flow of faults with steps kept in Redis, and says how many tasks it has completed.
import { bullmqRunner } from "../../src/bullmq.js";
import { run } from "../../src/index.js";
import { RedisChannel, RedisCheckpointStore } from "../../src/redis/index.js";
import { faultFlow } from "./fault-flow.js";

const [url = "", queue = "", prefix = "", runId = "", items = ""] = process.argv.slice(2);
let completed = 0;
await run(faultFlow, Number(items), {
  runId,
  runner: bullmqRunner({ connection: url, queue, prefix }),
  channel: new RedisChannel({ url }),
  checkpoints: new RedisCheckpointStore({ url, leaseMs: 1_000 }),
  durability: "step",
  events: { taskCompleted: () => void process.send?.(++completed) },
});
