import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  type BullmqRunner,
  type BullmqRunnerOptions,
  type BullmqWorker,
  bullmqRunner,
  createWorker,
  type WorkerOptions,
} from "cairnflow/bullmq";
import type { Redis } from "ioredis";
import type { RedisChannel } from "../../src/redis/index.js";
import { newChannel } from "../redis/channel-support.js";
import { afterwards, newClient } from "../redis/support.js";

/** A queue of its own: what runs, workers and the channel are given. */
export interface TestQueue {
  readonly channel: RedisChannel;
  readonly runner: BullmqRunner;
  /** To look behind them. */
  readonly client: Redis;
  /** Starts a worker, closed after the test. */
  worker(workflows: WorkerOptions["workflows"], options?: Partial<WorkerOptions>): Promise<BullmqWorker>;
  readonly connection: string;
  readonly queue: string;
  readonly prefix: string;
}

/** A queue with a name of its own. */
export function newQueue(url: string, options: Partial<BullmqRunnerOptions> = {}): TestQueue {
  const place = { connection: url, queue: `q-${randomUUID().slice(0, 8)}`, prefix: "test-bullmq" };
  const channel = newChannel({ url, prefix: "cairnflow" });
  const runner = bullmqRunner({ ...place, checkMs: 200, ...options });
  const worker: TestQueue["worker"] = async (workflows, more = {}) => {
    const made = await createWorker({ ...place, channel, workflows, stalledCheckMs: 500, lockMs: 2_000, ...more });
    afterwards(() => made.close({ graceMs: 100 }));
    return made;
  };
  return { ...place, channel, runner, worker, client: newClient(url) };
}

/** Resolves to what a promise rejects with. */
export const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10);
}
