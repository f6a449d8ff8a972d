import { checkedConnection, checkedMs, type RedisConnectionOptions, type RedisConnectionSettings } from "./redis-options.js";

/** How a `RedisChannel` is set up: with the address of a server or with a client, and not both. */
export interface RedisChannelOptions extends RedisConnectionOptions {
  /**
   * How many milliseconds the channel of a run stays in Redis after the run has ended. Default 86_400_000, a day; 0 removes it at
   * once; at most 315_360_000_000, ten years. What a run leaves whose process was killed stays until it is resumed, or `forget`.
   */
  readonly keepMs?: number;
}

/** The options of a channel, checked and complete. */
export interface RedisChannelSettings extends RedisConnectionSettings {
  readonly keepMs: number;
}

/** Throws `InvalidOptionError`. */
export function checkedChannelSettings(options: RedisChannelOptions): RedisChannelSettings {
  const connection = checkedConnection(options, "RedisChannel");
  const { keepMs = 86_400_000 } = options;
  return { ...connection, keepMs: checkedMs("keepMs of a RedisChannel", keepMs, 0, 315_360_000_000) };
}
