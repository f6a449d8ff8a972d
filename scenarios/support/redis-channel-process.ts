// A process of its own that runs or resumes a workflow over Redis: <run | resume> <url> <prefix> <folder> <durability>.
import { ExecutionContext } from "cairnflow";
import { RedisChannel } from "cairnflow/redis";
import { countedIn, counting } from "./counted.js";

const [mode = "", url = "", prefix = "", from = "", durability = ""] = process.argv.slice(2);
const channel = new RedisChannel({ url, prefix });
const flow = counting((line) => console.log(line));
const options = { channel, durability: durability as "step" | "checkpoint" };
const context =
  mode === "run"
    ? ExecutionContext.create(flow, { ...options, runId: "r", seed: 3, checkpoints: from })
    : await ExecutionContext.resume(flow, { ...options, runId: "r", from, strategy: { maxResumeAttempts: 100 } });
context.events.on("warning", ({ code }) => console.log(`warning ${code}`));
const { output, steps } = await context.run(mode === "run" ? 1 : undefined);
console.log(`ended ${JSON.stringify({ output, steps, channel: await countedIn(context.channel) })}`);
await channel.close();
