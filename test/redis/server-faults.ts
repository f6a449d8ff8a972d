import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { TestRedis } from "../servers/redis.js";
import type { FaultProxy } from "./fault-proxy.js";

/** What a fault needs to happen. `short` is shorter and `long` longer than anybody is patient, in milliseconds. */
export interface FaultyWorld {
  readonly server: TestRedis;
  readonly proxy: FaultProxy;
  /** A way to the server past the proxy. */
  readonly admin: Redis;
  readonly short: number;
  readonly long: number;
}

/** Does something while the server is in trouble; resolves to whether the trouble was felt. */
type ServerFault = (world: FaultyWorld, action: () => Promise<void>) => Promise<boolean>;

/** What may happen to the server. */
export const SERVER_FAULTS = {
  restart: async ({ server }, action) => {
    await Promise.all([server.restart(), action()]);
    return true;
  },
  "gone-briefly": (world, action) => away(world, world.short, action),
  "gone-for-long": (world, action) => away(world, world.long, action),
  "answer-lost-for-long": async (world, action) => {
    const met = world.proxy.arm("lose-answer").then(() => away(world, world.long, async () => {}));
    await Promise.all([action(), met]);
    return true;
  },
  "replica-briefly": (world, action) => replica(world, world.short, action),
  "replica-for-long": (world, action) => replica(world, world.long, action),
  full: async ({ admin }, action) => {
    await admin.config("SET", "maxmemory", "1mb");
    try {
      return await meeting(admin, "OOM", action);
    } finally {
      await admin.config("SET", "maxmemory", "0");
    }
  },
  "scripts-forgotten": async ({ admin }, action) => {
    await admin.script("FLUSH");
    return meeting(admin, "NOSCRIPT", action);
  },
} satisfies Record<string, ServerFault>;

export type ServerFaultName = keyof typeof SERVER_FAULTS;

async function away({ proxy }: FaultyWorld, forMs: number, action: () => Promise<void>): Promise<boolean> {
  proxy.goAway();
  const back = delay(forMs).then(() => proxy.comeBack());
  await Promise.all([action(), back]);
  return true;
}

async function replica({ admin }: FaultyWorld, forMs: number, action: () => Promise<void>): Promise<boolean> {
  await admin.replicaof("127.0.0.1", 1);
  const back = delay(forMs).then(() => admin.replicaof("NO", "ONE"));
  try {
    return await meeting(admin, "READONLY", action);
  } finally {
    await back;
  }
}

/** Whether the server has refused something with this word meanwhile. */
async function meeting(admin: Redis, word: string, action: () => Promise<void>): Promise<boolean> {
  const before = await refusals(admin, word);
  await action();
  return (await refusals(admin, word)) > before;
}

async function refusals(admin: Redis, word: string): Promise<number> {
  const stats = await admin.info("errorstats");
  return Number(new RegExp(`^errorstat_${word}:count=(\\d+)`, "m").exec(stats)?.[1] ?? 0);
}
