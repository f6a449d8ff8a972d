// <url> <items>: runs the flow of hosts; tells what it commits, and at the end what has come of it.
import { bullmqRunner } from "../../src/bullmq.js";
import { run } from "../../src/index.js";
import { RedisChannel } from "../../src/redis/index.js";
import { type HostWord, hostFlow } from "./namespace-flow.js";

const [url = "", items = ""] = process.argv.slice(2);
const tell = (word: HostWord): void => void process.send?.(word);
process.on("disconnect", () => process.exit());
const channel = new RedisChannel({ url });
const runner = bullmqRunner({ connection: url, queue: "hosts", checkMs: 1_000 });
const events = { taskCompleted: ({ specId }: { readonly specId: string }) => tell({ committed: specId }) };
const { output } = await run(hostFlow, Number(items), { runId: "hosts", runner, channel, events });
const done = (await channel.reader("hosts").read("done"))?.read();
const { stale, resent } = runner.stats();
tell({ ended: { output, done, stale, resent } });
