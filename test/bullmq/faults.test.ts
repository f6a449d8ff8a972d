import { setTimeout as delay } from "node:timers/promises";
import { run } from "cairnflow";
import { describe, expect, it } from "vitest";
import { newClient } from "../redis/support.js";
import { sharedRedis } from "../servers/redis.js";
import { blocksFor, effectsOf, faultFlow, gateOf } from "./fault-flow.js";
import { newQueue } from "./support.js";
import { WorkerProcesses } from "./worker-processes.js";

const url = sharedRedis();
const ITEMS = 1_500;
const FAULTS = 20;

/** Runs the flow while something happens to its workers, and says what has become of it. */
async function underFaults(runId: string, disturb: (workers: WorkerProcesses, busy: () => Promise<void>) => Promise<void>) {
  const { runner, channel, queue, prefix } = newQueue(url(), { checkMs: 500 });
  const client = newClient(url());
  const workers = new WorkerProcesses([url(), queue, prefix]);
  await workers.start(3);
  const steps: string[] = [];
  const running = run(faultFlow, ITEMS, { runId, runner, channel, events: { taskCompleted: ({ specId }) => void steps.push(specId) } });
  const busy = async (): Promise<void> => {
    const before = await client.hlen(effectsOf(runId));
    while ((await client.hlen(effectsOf(runId))) === before && before < ITEMS) await delay(5);
  };
  await disturb(workers, busy);
  await client.set(gateOf(runId), "go");
  const { output } = await running;
  const done = (await channel.reader(runId).read("done"))?.read();
  const effects = Object.values(await client.hgetall(effectsOf(runId))).map(Number);
  return { output, steps, done, effects, repeated: effects.filter((times) => times > 1).length, stats: runner.stats() };
}

function expectExactlyOnce({ output, steps, done, effects }: Awaited<ReturnType<typeof underFaults>>): void {
  expect(output).toEqual(Array.from({ length: ITEMS }, (_, n) => n * 3));
  expect(steps).toHaveLength(ITEMS + 1);
  expect(new Set(steps).size).toBe(ITEMS + 1);
  expect(done).toBe(ITEMS);
  expect(effects).toHaveLength(ITEMS);
  expect(Math.min(...effects)).toBeGreaterThanOrEqual(1);
}

describe("a run whose workers die or stall", () => {
  it("commits every task once when workers are killed under load", { timeout: 180_000 }, async () => {
    let killed = 0;
    const found = await underFaults("killed", async (workers, busy) => {
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
    const found = await underFaults("stalled", async (workers, busy) => {
      const client = newClient(url());
      await client.rpush(blocksFor("stalled"), ...Array.from({ length: FAULTS / 2 }, () => "block"));
      while (stopped < FAULTS / 2) {
        await busy();
        await workers.stopOneFor(2_500);
        stopped++;
      }
      while ((await client.llen(blocksFor("stalled"))) > 0) await delay(20);
      await delay(3_000);
    });
    console.log(`workers stopped ${stopped}, loops blocked ${FAULTS / 2}, tasks begun more than once ${found.repeated}`, found.stats);
    expectExactlyOnce(found);
    expect(stopped).toBe(FAULTS / 2);
    expect(found.repeated).toBeGreaterThan(0);
    expect(found.stats.stale).toBeGreaterThan(0);
  });
});
