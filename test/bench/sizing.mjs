// Measures what engines, workers and their tasks cost, above all in Redis, and computes what many of them need:
// the tables of "Sizing" in docs/distributed.md.
//
//   node test/bench/sizing.mjs                  after `npm run build`; about two minutes
//   node test/bench/sizing.mjs --tasks 2000 --idle 10
//   node test/bench/sizing.mjs --write docs/distributed.md
//
// Further: --dist <folder> (a build elsewhere). CAIRNFLOW_TEST_REDIS_URL is used instead of a Redis of its own, if set: an empty one.
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machineLine, markdown, writeBetween } from "./report.mjs";
import { ServerProbe } from "./server-probe.mjs";
import { measureCosts } from "./sizing-costs.mjs";
import { needsOf } from "./sizing-model.mjs";
import { short } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    dist: { type: "string", default: join(fileURLToPath(new URL("../..", import.meta.url)), "dist") },
    tasks: { type: "string", default: "10000" },
    idle: { type: "string", default: "30" },
    write: { type: "string" },
  },
});

const ms = (us) => `${short(us / 1_000)} ms`;
const kB = (bytes) => `${short(bytes / 1_000)} kB`;
const MB = (bytes) => `${short(bytes / 1e6)} MB`;
const percent = (part) => `${short(100 * part)} %`;

function costTables({ task, step, idle, memory, listing }) {
  const head = ["", "per task", "per step that commits to a channel"];
  const row = (name, show) => [name, show(task), show(step)];
  const usage = [
    head,
    head.map(() => "---"),
    row("scripts", ({ scripts }) => short(scripts)),
    row("commands, those of scripts among them", ({ commands }) => short(commands)),
    row("bytes to Redis, from Redis", ({ bytesIn, bytesOut }) => `${kB(bytesIn)}, ${kB(bytesOut)}`),
    row("time of Redis' processor", ({ serverUs }) => ms(serverUs)),
    row("time of the engine's", ({ engineUs }) => ms(engineUs)),
    row("time of the worker's", ({ workerUs }) => (workerUs === undefined ? "-" : ms(workerUs))),
  ];
  const kept = [
    ["memory of Redis", ""],
    ["---", "---"],
    ["a job that waits, with its input of a number", kB(memory.pending)],
    ["a run that has ended, for as long as its channel is kept", kB(memory.run)],
    ["a connection", kB(memory.connection)],
    ["an empty server", MB(memory.empty)],
  ];
  const idling = [
    ["while idle", "connections", "commands a second"],
    ["---", "---", "---"],
    ["an engine with a run", short(idle.engine.connections), short(idle.engine.commands)],
    ["a worker of one queue", short(idle.worker.connections), short(idle.worker.commands)],
  ];
  const look = `A list of all connections, which an engine whose tasks wait asks for every minute: ${short(listing.us)} us and ${short(listing.bytes)} bytes for each connection.`;
  return [markdown(usage), markdown(kept), markdown(idling), look];
}

function modelTable(costs) {
  const head = ["engines, workers", "connections", "commands while idle", "of Redis' processor while idle", "memory for connections"];
  const lines = [
    [1, 10],
    [10, 100],
    [100, 1_000],
    [1, 1_000],
  ].map(([engines, workers]) => {
    const { connections, commands, share, memory } = needsOf(costs, { engines, workers });
    return [
      `${engines}, ${workers.toLocaleString("en-US")}`,
      short(connections),
      `${short(commands)} a second`,
      percent(share),
      MB(memory),
    ];
  });
  const most = `Of the processor of one Redis, tasks take all at ${short(1e6 / costs.task.serverUs)} a second, steps that commit at ${short(1e6 / costs.step.serverUs)}.`;
  return [markdown([head, head.map(() => "---"), ...lines]), most];
}

const machine = machineLine();
const probe = await ServerProbe.open();
const costs = await measureCosts({ dist: resolve(values.dist), tasks: Number(values.tasks), idleMs: 1_000 * Number(values.idle) }, probe);
const text = [machine, ...costTables(costs), ...modelTable(costs)].join("\n\n");
console.log(text);
if (values.write !== undefined) writeBetween(resolve(values.write), "sizing", text);
process.exit();
