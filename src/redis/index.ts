/** Checkpoints and channels in a Redis or Valkey server. Needs the package `ioredis`. */

export { RedisChannel } from "./redis-channel.js";
export type { RedisChannelOptions } from "./redis-channel-options.js";
export { RedisCheckpointStore } from "./redis-checkpoint-store.js";
export type { RedisClient } from "./redis-client.js";
export type { RedisCheckpointStoreOptions, RedisConnectionOptions } from "./redis-options.js";
