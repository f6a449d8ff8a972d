import type { ChannelBackend } from "../core/channel.js";
import { UsageError } from "../core/errors.js";
import type { StoredValue } from "../core/serialize/index.js";
import { systemClock } from "../host/system-clock.js";
import type { ChannelValues } from "./redis-channel-values.js";

/** The channel of a run as others see it while the run is under way. Only the run writes it. */
export class RedisChannelReader implements ChannelBackend {
  readonly kind = "redis";
  readonly #values: ChannelValues;

  constructor(
    readonly runId: string,
    values: ChannelValues,
  ) {
    this.#values = values;
  }

  now(): number {
    return systemClock.now();
  }

  async read(key: string): Promise<StoredValue | undefined> {
    return (await this.#values.find(key))?.value;
  }

  length(key: string): Promise<number> {
    return this.#values.length(key);
  }

  keys(prefix: string): Promise<readonly string[]> {
    return this.#values.names(prefix);
  }

  async commit(): Promise<void> {
    const { runId } = this;
    throw new UsageError(`the channel of run ${runId} was written from outside: only the run itself does; write from one of its tasks.`, {
      runId,
    });
  }
}
