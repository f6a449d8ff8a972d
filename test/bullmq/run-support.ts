import { randomUUID } from "node:crypto";
import { type BullmqEngine, createEngine, type EngineOptions, type RunQueue, runQueue } from "cairnflow/bullmq";
import type { Redis } from "ioredis";
import type { RedisCheckpointStore } from "../../src/redis/index.js";
import { afterwards, newClient, newStore } from "../redis/support.js";

/** Where runs are submitted and stored: a queue and a store of their own. */
export interface TestRuns {
  readonly connection: string;
  readonly queue: string;
  readonly prefix: string;
  readonly store: RedisCheckpointStore;
  readonly runs: RunQueue;
  /** To look behind them. */
  readonly client: Redis;
  /** Starts an engine, closed after the test. */
  engine(workflows: EngineOptions["workflows"], options?: Partial<EngineOptions>): Promise<BullmqEngine>;
}

export function newRuns(url: string): TestRuns {
  const place = { connection: url, queue: `runs-${randomUUID().slice(0, 8)}`, prefix: "test-bullmq" };
  const client = newClient(url);
  const store = newStore({ url, leaseMs: 1_000 });
  const runs = runQueue(place);
  afterwards(() => runs.close());
  const engine: TestRuns["engine"] = async (workflows, more = {}) => {
    const made = await createEngine({ ...place, workflows, checkpoints: store, lockMs: 1_000, stalledCheckMs: 200, ...more });
    afterwards(() => made.close({ graceMs: 100 }));
    return made;
  };
  return { ...place, store, runs, client, engine };
}
