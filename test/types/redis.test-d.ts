import type { Cluster, Redis } from "ioredis";
import { expectTypeOf, it } from "vitest";
import type { CheckpointStore } from "../../src/core/checkpoint.js";
import { RedisCheckpointStore, type RedisCheckpointStoreOptions, type RedisClient } from "../../src/redis/index.js";

it("takes a client of ioredis as it is", () => {
  expectTypeOf<Redis>().toExtend<RedisClient>();
  expectTypeOf<Cluster>().toExtend<RedisClient>();
  const options = (client: Redis | Cluster): RedisCheckpointStoreOptions => ({ client });
  expectTypeOf(options).returns.toEqualTypeOf<RedisCheckpointStoreOptions>();
});

it("is a checkpoint store", () => {
  expectTypeOf<RedisCheckpointStore>().toExtend<CheckpointStore>();
});

it("takes neither a text nor another client", () => {
  // @ts-expect-error the address is an option
  new RedisCheckpointStore("redis://localhost");
  // @ts-expect-error a client must answer with buffers
  new RedisCheckpointStore({ client: { call: async (command: string) => command } });
  // @ts-expect-error a pipeline is no client
  (client: Redis) => new RedisCheckpointStore({ client: client.pipeline() });
  // @ts-expect-error the lease is a number of milliseconds
  new RedisCheckpointStore({ url: "redis://localhost", leaseMs: "30s" });
  // @ts-expect-error there is no such option
  new RedisCheckpointStore({ url: "redis://localhost", password: "secret" });
});
