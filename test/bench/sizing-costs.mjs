import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { load, UNLIMITED } from "./contenders/cairnflow.mjs";
import { committing } from "./contenders/commits.mjs";
import { doorOf, startWorker, wiring } from "./contenders/queue.mjs";
import { queueFlow } from "./contenders/queue-flow.mjs";
import { address } from "./contenders/redis.mjs";

const CONCURRENCY = 50;
const STEPS = 5_000;
const CONNECTIONS = 500;
const WORKERS = 50;
const ENGINES = 20;

/** What everything costs, in the order in which it disturbs least what is measured next. */
export async function measureCosts({ dist, tasks, idleMs }, probe) {
  const library = await load(dist);
  const empty = (await probe.look()).memory;
  const { listing, connection } = await listed(probe);
  const step = await stepCosts(library, dist, probe);
  const worker = await idleWorkers(library, dist, idleMs, probe);
  const engine = await idleEngines(library, dist, idleMs, probe);
  const wired = await wiring(dist);
  const task = await taskCosts(library, dist, wired, tasks, probe);
  const run = await runMemory(library, wired, probe);
  const pending = await pendingMemory(library, wired, tasks, probe);
  return { task, step, listing, idle: { engine, worker }, memory: { empty, connection, run, pending } };
}

const each = (figures, count) => Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value / count]));
const microseconds = ({ user, system }) => user + system;

/** The processor time of this process, which is the engine, while something is done, and what that costs in Redis. */
async function withEngine(probe, work) {
  const before = process.cpuUsage();
  const figures = await probe.during(work);
  return { ...figures, engineUs: microseconds(process.cpuUsage(before)) };
}

async function listed(probe) {
  const clients = Array.from({ length: CONNECTIONS }, () => address().then((url) => new Redis(url)));
  const opened = await probe.during(async () => {
    await Promise.all(clients.map(async (client) => (await client).ping()));
  });
  const asked = await probe.during(() => probe.client.client("LIST"));
  for (const client of clients) (await client).disconnect();
  const all = CONNECTIONS + 1;
  return { connection: opened.memory / CONNECTIONS, listing: { us: asked.listingUs / all, bytes: asked.bytesOut / all } };
}

async function stepCosts(library, dist, probe) {
  const work = committing(library, dist, 1)({ n: STEPS, hit: () => {} });
  await work();
  return each(await withEngine(probe, work), STEPS);
}

/** Workers that nobody sends anything, less what the server does by itself. */
async function idleWorkers(library, dist, idleMs, probe) {
  const { createWorker } = await doorOf(dist, "bullmq.js");
  const alone = await probe.during(() => delay(idleMs));
  const workers = [];
  const opened = await probe.during(async () => {
    const setup = { connection: await address(), queue: "bench", prefix: "ours", workflows: [queueFlow(library)] };
    for (let n = 0; n < WORKERS; n++) workers.push(await createWorker(setup));
  });
  const idle = await probe.during(() => delay(idleMs));
  await Promise.all(workers.map((worker) => worker.close()));
  // One more, for the channel, once a body has read from that.
  return { connections: opened.connections / WORKERS + 1, ...perSecond(idle, alone, WORKERS, idleMs) };
}

/** Engines with a run each that waits for a task, which nobody does, less what the server does by itself. */
async function idleEngines(library, dist, idleMs, probe) {
  const alone = await probe.during(() => delay(idleMs));
  const runs = [];
  const opened = await probe.during(async () => {
    for (let n = 0; n < ENGINES; n++) runs.push(await waitingRun(library, await wiring(dist), 1, probe));
  });
  const idle = await probe.during(() => delay(idleMs));
  await Promise.all(runs.map(({ end }) => end()));
  return { connections: opened.connections / ENGINES, ...perSecond(idle, alone, ENGINES, idleMs) };
}

const perSecond = (idle, alone, count, idleMs) =>
  each({ commands: idle.commands - alone.commands, serverUs: idle.serverUs - alone.serverUs }, (count * idleMs) / 1_000);

async function taskCosts(library, dist, wired, tasks, probe) {
  const worker = await startWorker("ours", dist, 0, CONCURRENCY);
  const once = () => library.run(queueFlow(library), tasks, { ...UNLIMITED, ...wired });
  await once();
  const asked = () => new Promise((resolve) => worker.once("message", (usage) => resolve(microseconds(usage))) && worker.send("usage"));
  const before = await asked();
  const figures = await withEngine(probe, once);
  return each({ ...figures, workerUs: (await asked()) - before }, tasks);
}

/** What stays of a run that has ended: its channel with one result, as nothing is left in the queue. */
async function runMemory({ run, task, workflow }, { channel }, { client }) {
  const flow = workflow(
    "small",
    task("t", () => 0),
  );
  await run(flow, undefined, { runId: "sized", channel });
  const keys = await client.keys("*{sized}*");
  const sizes = await Promise.all(keys.map((key) => client.call("MEMORY", "USAGE", key)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function pendingMemory(library, wired, tasks, probe) {
  const { end, memory } = await waitingRun(library, wired, tasks, probe);
  await end();
  return memory / tasks;
}

/** Begins a run with so many tasks that nobody takes, and says what it has cost until they wait. */
async function waitingRun({ chain, each, run, task, workflow }, { channel, runner }, tasks, probe) {
  const source = task("source", { handler: "here" }, (_, n) => Array.from({ length: n }, (_, i) => i));
  const flow = workflow("waiting", chain(source, each(task("w", { tags: ["nobody"] }, (_, n) => n))));
  const handlers = { here: { run: ({ invoke }) => invoke() } };
  const stop = new AbortController();
  let ended = null;
  const figures = await probe.during(async () => {
    ended = run(flow, tasks, { ...UNLIMITED, handlers, channel, runner, signal: stop.signal }).catch((error) => error);
    while (runner.stats().pending < tasks) {
      const error = await Promise.race([ended, delay(50)]);
      if (error) throw error;
    }
    await delay(2_000);
  });
  const end = async () => {
    stop.abort();
    await ended;
  };
  return { end, ...figures };
}
