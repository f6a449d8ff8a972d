import { InvalidOptionError } from "../core/errors.js";

/** Where the Redis of a queue is, as ioredis takes it. */
export interface RedisPlace {
  readonly host?: string;
  readonly port?: number;
  readonly db?: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
}

/** The calls of an ioredis `Redis` or `Cluster` that are made on one of yours: it is copied, and not used itself. */
export interface RedisToCopy {
  duplicate(...options: never[]): unknown;
  readonly options?: object;
}

/** An address as in `redis://user:password@host:6379/0`, where the server is, or a client of ioredis to copy. */
export type RedisConnection = string | RedisPlace | RedisToCopy;

/** The calls of an ioredis client that are made. */
export interface RedisLike {
  readonly status: string;
  on(event: string, listener: (error: unknown) => void): unknown;
  off(event: string, listener: (error: unknown) => void): unknown;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
}

/** What every client is set to: a queue waits for its server, for as long as that takes. */
const QUEUE_CLIENT = {
  lazyConnect: true,
  maxRetriesPerRequest: null,
  enableOfflineQueue: true,
  keepAlive: 10_000,
  retryStrategy: (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
};

/** Throws `InvalidOptionError`. */
export function checkedConnection(connection: unknown, what: string): RedisConnection {
  if (typeof connection === "string") return checkedUrl(connection, what);
  if (typeof connection === "object" && connection !== null && !Array.isArray(connection)) return connection;
  throw new InvalidOptionError(
    `option connection of ${what} is missing: expected an address as in "redis://host:6379", { host, port }, or a client of ioredis; give one of them.`,
  );
}

/** Makes clients for one server, without connecting them. */
export function clientMaker(connection: RedisConnection, Redis: new (...options: never[]) => RedisLike): () => RedisLike {
  const make = Redis as unknown as new (...options: unknown[]) => RedisLike;
  return () => {
    const client = made(connection, make);
    // Without a listener, a lost connection would end the process; the client connects again by itself.
    client.on("error", () => {});
    return client;
  };
}

function made(connection: RedisConnection, Redis: new (...options: unknown[]) => RedisLike): RedisLike {
  if (typeof connection === "string") return new Redis(connection, QUEUE_CLIENT);
  if (!("duplicate" in connection)) return new Redis({ ...connection, ...QUEUE_CLIENT });
  const { duplicate } = connection as unknown as { duplicate(...options: unknown[]): RedisLike };
  const isCluster = (connection as { readonly isCluster?: boolean }).isCluster === true;
  return isCluster
    ? duplicate.call(connection, [], { lazyConnect: true, redisOptions: { maxRetriesPerRequest: null } })
    : duplicate.call(connection, QUEUE_CLIENT);
}

/** An address is shown in no message: it may hold a password. */
function checkedUrl(text: string, what: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol === "redis:" || protocol === "rediss:") return text;
  throw new InvalidOptionError(
    `option connection of ${what} is no address of a Redis: expected redis://user:password@host:6379/0 or rediss://; write special characters of user and password as in encodeURIComponent.`,
  );
}
