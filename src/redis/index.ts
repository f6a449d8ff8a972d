/** Checkpoints in a Redis or Valkey server. Needs the package `ioredis`. */

export { RedisCheckpointStore } from "./redis-checkpoint-store.js";
export type { RedisClient } from "./redis-client.js";
export type { RedisCheckpointStoreOptions } from "./redis-options.js";
