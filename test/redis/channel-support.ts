import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Channel, ChannelBackend } from "../../src/core/channel.js";
import { resultKey } from "../../src/core/result-key.js";
import { RedisChannel, type RedisChannelOptions } from "../../src/redis/index.js";
import { afterwards } from "./support.js";

/** A channel with a prefix of its own, closed after the test. */
export function newChannel(options: RedisChannelOptions): RedisChannel {
  const channel = new RedisChannel({ prefix: `test-${randomUUID()}`, ...options });
  afterwards(() => channel.close());
  return channel;
}

/** Has all that is in one channel run out sooner, as if time had passed on the server. */
export async function pass(client: Redis, index: string, ms: number): Promise<void> {
  for (const [key, head] of Object.entries(await client.hgetall(index))) {
    const [kind, stamp, expires, length] = head.split(" ");
    if (expires !== "-") await client.hset(index, key, `${kind} ${stamp} ${Number(expires) - ms} ${length}`);
  }
}

/** All keys of a server that start with something, sorted. */
export async function keysBelow(client: Redis, prefix: string): Promise<readonly string[]> {
  return (await client.keys(`${prefix}*`)).sort();
}

/** What a backend holds, results of tasks among it. */
export async function contentOf(backend: ChannelBackend): Promise<Readonly<Record<string, unknown>>> {
  const keys = [...(await backend.keys(""))].sort();
  const values = await Promise.all(keys.map(async (key) => [key, (await backend.read(key))?.read()] as const));
  return Object.fromEntries(values);
}

/** What a run has in its channel, with the results of these tasks. */
export async function viewOf(channel: Channel, results: readonly string[] = []): Promise<Readonly<Record<string, unknown>>> {
  const { backend } = channel as unknown as { readonly backend: ChannelBackend };
  const all = await contentOf(backend);
  for (const task of results) if (!(resultKey(task) in all)) throw new Error(`no result of ${task}`);
  return all;
}
