// <url> <queue> <prefix> <folder> <run> <how> [<flow>]: starts or resumes the flow that is traced, or another, with bodies on workers.
import { bullmqRunner } from "../../src/bullmq.js";
import { resume, run } from "../../src/index.js";
import { telemetry } from "../../src/otel/index.js";
import { RedisChannel } from "../../src/redis/index.js";
import { exportSpans } from "./file-exporter.js";
import { heldFlow, tracedFlow } from "./traced-flow.js";

const [url = "", queue = "", prefix = "", folder = "", runId = "", how = "", name = "traced"] = process.argv.slice(2);
exportSpans();
const waitForever = (): Promise<never> => {
  process.send?.("waiting");
  return new Promise(() => {});
};
const channel = new RedisChannel({ url });
const options = {
  runner: bullmqRunner({ connection: url, queue, prefix }),
  channel,
  handlers: { here: { run: ({ invoke }: { invoke(): unknown }) => (how === "start" ? waitForever() : invoke()) } },
  durability: "step" as const,
  telemetry: telemetry(),
};
const flow = name === "traced" ? tracedFlow : heldFlow;
if (how === "start") await run<undefined, unknown>(flow, undefined, { ...options, runId, checkpoints: folder });
else await resume(flow, { ...options, runId, from: folder });
await channel.close();
