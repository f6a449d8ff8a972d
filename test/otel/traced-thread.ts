// Runs the flow that is traced with its bodies in threads.
import { run } from "../../src/index.js";
import { threadRunner } from "../../src/thread/index.js";
import { telemetry } from "./thread-telemetry.js";
import { tracedFlow } from "./traced-flow.js";

const thread = threadRunner({
  modules: [new URL("./traced-flow.js", import.meta.url)],
  telemetry: new URL("./thread-telemetry.js", import.meta.url),
  threads: 2,
});
const here = { run: ({ invoke }: { invoke(): unknown }) => invoke() };
await run(tracedFlow, undefined, { runner: thread, handlers: { here }, telemetry });
await thread.close();
