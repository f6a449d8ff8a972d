// Counts the words of a corpus on a private Redis, an engine and three workers; kills a worker and then the engine on the way.
// Shows who did what, and that the result is the one that a single process comes to; exits with 1 if it is not.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { run } from "cairnflow";
import { runQueue } from "cairnflow/bullmq";
import { RedisChannel } from "cairnflow/redis";
import Table from "cli-table3";
import color from "picocolors";
import { Processes } from "./processes.js";
import { type Books, type Done, type Words, words } from "./words.js";

const RUN_ID = "counting";
const CHECKPOINTS = fileURLToPath(new URL("../../node_modules/.cache/cairnflow/distributed", import.meta.url));
const WORKERS = ["worker 1", "worker 2", "worker 3"];
/** How many steps are committed when a process is killed. */
const KILLS = { worker: 7, engine: 14 };
/** Short, so that what a dead process had is soon given to others. */
const LOCK = ["--lock", "2s", "--stalled-check", "1s"];

const title = (text: string): void => console.log(`\n${color.bold(text)}`);
const say = (text: string): void => console.log(`   ${text}`);
const processes = new Processes((name, line) => {
  if (name !== "redis") say(color.dim(`${name}: ${line}`));
});

async function start(redis: string): Promise<void> {
  const tasks = ["--redis", redis, "--queue", "tasks", "--concurrency", "2", ...LOCK];
  await Promise.all(WORKERS.map((name) => processes.cairn(name, "worker", tasks, { REST_MS: "400" })));
  await startEngine("engine 1", redis);
}

function startEngine(name: string, redis: string): Promise<void> {
  return processes.cairn(name, "engine", [
    "--redis",
    redis,
    "--queue",
    "runs",
    "--checkpoints",
    CHECKPOINTS,
    "--workers",
    "tasks",
    ...LOCK,
  ]);
}

/** What is committed by now, as any process can read it. */
async function committed(channel: RedisChannel<Books>): Promise<readonly Done[]> {
  const found = await channel.reader(RUN_ID).read("done");
  return (found?.read() ?? []) as readonly Done[];
}

async function until(channel: RedisChannel<Books>, steps: number): Promise<void> {
  while ((await committed(channel).catch(() => [])).length < steps) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Kills a worker, and later the engine; resolves to how many steps that engine had committed. */
async function disturbed(channel: RedisChannel<Books>, redis: string): Promise<number> {
  await until(channel, KILLS.worker);
  await processes.kill("worker 2");
  say(`${color.red("killed worker 2")} with SIGKILL, after ${(await committed(channel)).length} steps: others do what it had begun`);
  await until(channel, KILLS.engine);
  await processes.kill("engine 1");
  const steps = (await committed(channel)).length;
  say(`${color.red("killed engine 1")} with SIGKILL, after ${steps} steps: another goes on after the last of them`);
  await startEngine("engine 2", redis);
  return steps;
}

function whoDidWhat(done: readonly Done[]): string {
  const table = new Table({ head: ["process", "texts", "lots of words", "steps"], style: { head: [], border: [], compact: true } });
  for (const name of WORKERS) {
    const own = done.filter(({ by }) => by === name);
    const texts = own.filter(({ what }) => what.endsWith(".txt")).length;
    table.push([name, String(texts), String(own.length - texts), String(own.length)]);
  }
  return table.toString().replace(/^/gm, "   ");
}

/** Whether the result is right, and every step was committed once. */
function isRight(found: Words, expected: Words, done: readonly Done[]): boolean {
  const most = found.most.map(([word, count]) => `${word} ${count}`).join(", ");
  say(`${found.words} words, ${found.distinct} of them different: ${most}`);
  say(`SHA-256 of all counts: ${found.digest.slice(0, 16)}; counted by a single process: ${expected.digest.slice(0, 16)}`);
  const steps = new Set(done.map(({ what }) => what)).size;
  const right = found.digest === expected.digest && steps === done.length;
  say(right ? color.green(`the same, and each of ${steps} steps was committed once`) : color.red("DIFFERENT: this is a bug"));
  return right;
}

async function main(): Promise<boolean> {
  await rm(CHECKPOINTS, { recursive: true, force: true });
  title("1. Start a private Redis, three workers and an engine");
  const redis = await processes.redis();
  await start(redis);
  title("2. Submit the run; kill a worker, and then the engine");
  const channel = new RedisChannel<Books>({ url: redis });
  const runs = runQueue({ connection: redis, queue: "runs" });
  const handle = await runs.submit(words, undefined, { runId: RUN_ID });
  const [{ output }, stepsBefore] = await Promise.all([handle.result({ timeoutMs: 120_000 }), disturbed(channel, redis)]);
  title("3. Who did what");
  const done = await committed(channel);
  console.log(whoDidWhat(done));
  say(`engine 1 committed ${stepsBefore} of these steps, engine 2 the other ${done.length - stepsBefore}`);
  const { output: expected } = await run(words, undefined);
  const right = isRight(output, expected, done);
  await runs.close();
  await channel.close();
  return right;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  say(color.red((error as Error).message));
  process.exitCode = 1;
} finally {
  await processes.stop();
}
