import { UsageError } from "../core/errors.js";
import { ownWire } from "./own-client.js";
import { prepare } from "./prepare.js";
import { givenWire, RedisLink, type Wire } from "./redis-link.js";
import type { RedisConnectionSettings } from "./redis-options.js";
import { RedisServer } from "./redis-server.js";

/** A way to a server: by a client that is made when it is needed, or by one that was given. */
export class RedisConnection {
  // Private in the strict sense: whoever prints this must not print a password.
  readonly #settings: RedisConnectionSettings;
  #ownWire: Promise<Wire> | null = null;
  #server: Promise<RedisServer> | null = null;
  #isClosed = false;

  constructor(settings: RedisConnectionSettings) {
    this.#settings = settings;
  }

  get location(): string {
    return this.#settings.location;
  }

  /** Connects, and makes sure that the server can be used. Throws as `RedisCheckpointStore.open`. */
  async open(): Promise<RedisServer> {
    const { source, prefix, commandTimeoutMs, allowEviction, location } = this.#settings;
    const wire = "client" in source ? givenWire(source.client) : await (this.#ownWire ??= ownWire(source.address, commandTimeoutMs));
    const server = new RedisServer(new RedisLink(wire, commandTimeoutMs), location, commandTimeoutMs);
    await prepare(server, prefix, allowEviction);
    return server;
  }

  /** The server, opened when it is asked for the first time. Throws as `open`, and `UsageError` when it was closed. */
  server(): Promise<RedisServer> {
    if (this.#isClosed) {
      return Promise.reject(new UsageError(`the channel at ${this.location} was closed: close it when nobody needs it any more.`));
    }
    this.#server ??= this.open().catch(async (error) => {
      await this.end();
      throw error;
    });
    return this.#server;
  }

  /** Ends the client if it was made here. */
  async end(): Promise<void> {
    const wire = this.#ownWire;
    this.#ownWire = null;
    this.#server = null;
    await wire?.then(
      ({ end }) => end(),
      () => {},
    );
  }

  /** As `end`, and for good. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.end();
  }
}
