import { InvalidOptionError } from "./core/errors.js";
import { RedisChannel } from "./redis/redis-channel.js";

/** The channel given as an option of `what`. Throws `InvalidOptionError` for any other than a `RedisChannel`. */
export function redisChannelOf(channel: unknown, what: string): RedisChannel {
  if (channel instanceof RedisChannel) return channel;
  throw new InvalidOptionError(
    `option channel of ${what} is no RedisChannel: expected one of "cairnflow/redis", with the server and prefix that runs and workers share.`,
  );
}

/** A channel made of the connection of `what`, if that is an address. Throws `InvalidOptionError`. */
export function redisChannelAt(connection: unknown, what: string): RedisChannel {
  if (typeof connection === "string") return new RedisChannel({ url: connection });
  throw new InvalidOptionError(
    `option channel of ${what} is missing, and connection is no address to make one of: pass channel: new RedisChannel({ url }) of "cairnflow/redis".`,
  );
}
