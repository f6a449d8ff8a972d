import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterEach } from "vitest";
import { RedisCheckpointStore, type RedisCheckpointStoreOptions } from "../../src/redis/index.js";

const closings: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** A store with a prefix of its own, closed after the test. */
export function newStore(options: RedisCheckpointStoreOptions): RedisCheckpointStore {
  const store = new RedisCheckpointStore({ prefix: `test-${randomUUID()}`, ...options });
  afterwards(() => store.close());
  return store;
}

export async function openedStore(options: RedisCheckpointStoreOptions): Promise<RedisCheckpointStore> {
  const store = newStore(options);
  await store.open();
  return store;
}

/** A client to look behind a store, closed after the test. */
export function newClient(url: string): Redis {
  const client = new Redis(url, { lazyConnect: true });
  client.on("error", () => {});
  afterwards(() => client.disconnect());
  return client;
}

/** Does something after the test, the last first. */
export const afterwards = (close: () => Promise<unknown> | void): void => void closings.push(close);
