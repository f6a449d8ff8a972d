// <url> <queue> <prefix>: runs a worker for the flow that is traced until it is killed; says "ready" once.
import { createWorker } from "../../src/bullmq.js";
import { telemetry } from "../../src/otel/index.js";
import { exportSpans } from "./file-exporter.js";
import { heldFlow, tracedFlow } from "./traced-flow.js";

const [url = "", queue = "", prefix = ""] = process.argv.slice(2);
exportSpans();
await createWorker({ connection: url, queue, prefix, workflows: [tracedFlow, heldFlow], concurrency: 2, telemetry: telemetry() });
process.send?.("ready");
