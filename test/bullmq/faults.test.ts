import { run } from "cairnflow";
import type { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { newClient } from "../redis/support.js";
import { sharedRedis } from "../servers/redis.js";
import { blockedIn, blocksFor, effectsOf, faultFlow, gateOf } from "./fault-flow.js";
import { newQueue, type TestQueue, until } from "./support.js";
import { WorkerProcesses } from "./worker-processes.js";

const url = sharedRedis();
const RUNS = 3;
/** So many in each run that there is work left when the last fault fires. */
const ITEMS = 1_000;
const FAULTS = 20;
const STALL_MS = 2_000;

/** Runs the flow to its end, and says what has become of it. */
async function oneRun(runId: string, { runner, channel }: TestQueue, client: Redis) {
  const steps: string[] = [];
  const events = { taskCompleted: ({ specId }: { readonly specId: string }) => void steps.push(specId) };
  const { output } = await run(faultFlow, ITEMS, { runId, runner, channel, events });
  const done = (await channel.reader(runId).read("done"))?.read();
  const effects = Object.values(await client.hgetall(effectsOf(runId))).map(Number);
  return { output, steps, done, effects };
}

/** Has some runs at once while something happens to their workers, and says what has become of them. */
async function underFaults(runIds: readonly string[], disturb: (workers: WorkerProcesses, busy: () => Promise<void>) => Promise<void>) {
  const queue = newQueue(url(), { checkMs: 500 });
  const client = newClient(url());
  const workers = new WorkerProcesses([url(), queue.queue, queue.prefix]);
  await workers.start(3);
  const running = Promise.all(runIds.map((runId) => oneRun(runId, queue, client)));
  const begun = async (): Promise<number> => (await Promise.all(runIds.map((id) => client.hlen(effectsOf(id))))).reduce((a, b) => a + b);
  const busy = async (): Promise<void> => {
    const before = await begun();
    if (before === RUNS * ITEMS) throw new Error("all tasks had begun before all faults had fired: give the runs more of them");
    await until(async () => (await begun()) > before);
  };
  await disturb(workers, busy);
  for (const runId of runIds) await client.set(gateOf(runId), "go");
  const runs = await running;
  const repeated = runs.flatMap(({ effects }) => effects).filter((times) => times > 1).length;
  return { runs, repeated, stats: queue.runner.stats() };
}

function expectExactlyOnce({ runs }: Awaited<ReturnType<typeof underFaults>>): void {
  expect(runs).toHaveLength(RUNS);
  for (const { output, steps, done, effects } of runs) {
    expect(output).toEqual(Array.from({ length: ITEMS }, (_, n) => n * 3));
    expect(steps).toHaveLength(ITEMS + 1);
    expect(new Set(steps).size).toBe(ITEMS + 1);
    expect(done).toBe(ITEMS);
    expect(effects).toHaveLength(ITEMS);
    expect(Math.min(...effects)).toBeGreaterThanOrEqual(1);
  }
}

const named = (name: string): string[] => Array.from({ length: RUNS }, (_, n) => `${name}-${n}`);

describe("runs whose workers die or stall", () => {
  it("commits every task once when workers are killed under load", { timeout: 180_000 }, async () => {
    let killed = 0;
    const found = await underFaults(named("killed"), async (workers, busy) => {
      while (killed < FAULTS) {
        await busy();
        await workers.killOne();
        killed++;
        await workers.start(1);
      }
    });
    console.log(`workers killed ${killed}, tasks begun more than once ${found.repeated}`, found.stats);
    expectExactlyOnce(found);
    expect(killed).toBe(FAULTS);
    expect(found.repeated).toBeGreaterThan(0);
  });

  it("commits every task once when workers stall past their locks, and refuses what they say later", { timeout: 180_000 }, async () => {
    let stopped = 0;
    const runIds = named("stalled");
    const [first = ""] = runIds;
    const client = newClient(url());
    const blocked = async (): Promise<number> => Number(await client.get(blockedIn(first)));
    const found = await underFaults(runIds, async (workers, busy) => {
      await client.rpush(blocksFor(first), ...Array.from({ length: FAULTS / 2 }, () => "block"));
      while (stopped < FAULTS / 2) {
        await busy();
        await workers.stopOneFor(STALL_MS);
        stopped++;
      }
      await until(async () => (await blocked()) >= FAULTS / 2);
    });
    const fired = { stopped, blocked: await blocked() };
    console.log(
      `workers stopped ${fired.stopped}, loops blocked ${fired.blocked}, tasks begun more than once ${found.repeated}`,
      found.stats,
    );
    expectExactlyOnce(found);
    expect(fired.stopped).toBe(FAULTS / 2);
    expect(fired.blocked).toBeGreaterThanOrEqual(FAULTS / 2);
    expect(found.repeated).toBeGreaterThan(0);
    expect(found.stats.stale).toBeGreaterThan(0);
  });
});
