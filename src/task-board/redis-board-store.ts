import type { Clock } from "../core/clock.js";
import { UsageError } from "../core/errors.js";
import { RedisConnection } from "../redis/redis-connection.js";
import { checkedConnection, type RedisConnectionOptions, type RedisConnectionSettings } from "../redis/redis-options.js";
import type { RedisServer } from "../redis/redis-server.js";
import type { BoardStore, StoredBoard } from "./board-store.js";
import { RedisBoard } from "./redis-board.js";

/** How a `RedisBoardStore` is set up: with the address of a server or with a client, and not both. */
export interface RedisBoardStoreOptions extends RedisConnectionOptions {
  /** By which clock leases end; that of the server unless given. All who open a board must have the same time. */
  readonly clock?: Clock;
}

/** Longer than a claim is sent again. */
const PATIENCE = 5;

/**
 * Keeps boards in a Redis (6.2 or newer) or Valkey server, for agents on any number of machines. It needs the package `ioredis`. Each
 * change is one script, which is safe to be sent again. How much of it survives a power cut is a setting of the server (`appendonly`).
 */
export class RedisBoardStore implements BoardStore {
  readonly kind = "redis";
  readonly location: string;
  // Private in the strict sense: whoever prints a store must not print its password.
  readonly #settings: RedisConnectionSettings;
  readonly #connection: RedisConnection;
  readonly #clock: Clock | null;
  #server: RedisServer | null = null;

  /** Connects to nothing yet. Throws `InvalidOptionError`. */
  constructor(options: RedisBoardStoreOptions) {
    this.#settings = checkedConnection(options, "RedisBoardStore");
    this.#connection = new RedisConnection(this.#settings);
    this.#clock = options.clock ?? null;
    this.location = this.#settings.location;
  }

  /**
   * Connects, and writes something. Throws `MissingPackageError` without `ioredis`, `UnsafeRedisConfigError` for a server that may
   * evict keys, `CheckpointStorageError` if it cannot be reached or written.
   */
  async open(): Promise<void> {
    try {
      this.#server = await this.#connection.open();
    } catch (error) {
      if (this.#server === null) await this.close();
      throw error;
    }
  }

  async board(name: string): Promise<StoredBoard> {
    if (this.#server === null) throw new UsageError(`the store at ${this.location} is not open: call open() before anything else.`);
    const { prefix, commandTimeoutMs } = this.#settings;
    return new RedisBoard({ server: this.#server, prefix, name, clock: this.#clock, patienceMs: PATIENCE * commandTimeoutMs });
  }

  /** Ends the connection of the store. A client that was given stays as it is. */
  async close(): Promise<void> {
    this.#server = null;
    await this.#connection.end();
  }
}
