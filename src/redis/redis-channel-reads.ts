import type { StoredValue } from "../core/serialize/index.js";
import { systemClock } from "../host/system-clock.js";
import type { ChannelValues, StampedValue } from "./redis-channel-values.js";

/** What reading a channel in Redis comes to, whoever may write it. */
export abstract class RedisChannelReads {
  readonly kind = "redis";

  // Private in the strict sense: whoever prints a channel must not print its password.
  readonly #values: ChannelValues;

  constructor(values: ChannelValues) {
    this.#values = values;
  }

  now(): number {
    return systemClock.now();
  }

  async read(key: string): Promise<StoredValue | undefined> {
    return (await this.find(key))?.value;
  }

  length(key: string): Promise<number> {
    return this.#values.length(key);
  }

  keys(prefix: string): Promise<readonly string[]> {
    return this.#values.names(prefix);
  }

  protected find(key: string): Promise<StampedValue | null> {
    return this.#values.find(key);
  }
}
