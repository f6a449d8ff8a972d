import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { addressOfClient, parseAddress, type RedisAddress, shownAddress } from "./redis-address.js";
import type { RedisClient } from "./redis-client.js";

/** A server, and how it is used: with its address or with a client, and not both. */
export interface RedisConnectionOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. A client is made for it, and ended by `close`. */
  readonly url?: string;
  /**
   * A `Redis` or `Cluster` of ioredis of yours, which you end. It must have a listener for `error`, as clients of ioredis need it, and
   * set `maxRetriesPerRequest` to a small number rather than `null`.
   */
  readonly client?: RedisClient;
  /** What all keys start with: letters, digits, `.` `_` `-` `:`. Default `cairnflow`. */
  readonly prefix?: string;
  /** Uses a server that may evict keys (its `maxmemory-policy` is not `noeviction`), and so lose what it keeps. Default `false`. */
  readonly allowEviction?: boolean;
  /**
   * How long an answer is waited for. What was not answered is asked again for three times as long. Default 5_000; from 50 to
   * 600_000. What is stored at once is sent as a whole and must arrive in this time.
   */
  readonly commandTimeoutMs?: number;
}

/** How a `RedisCheckpointStore` is set up: with the address of a server or with a client, and not both. */
export interface RedisCheckpointStoreOptions extends RedisConnectionOptions {
  /** After how long without a sign of life another may take a run over, by the clock of the server. Default 30_000, at least 1_000. */
  readonly leaseMs?: number;
}

/** The options of a connection, checked and complete. */
export interface RedisConnectionSettings {
  readonly source: { readonly address: RedisAddress } | { readonly client: RedisClient };
  readonly location: string;
  readonly prefix: string;
  readonly allowEviction: boolean;
  readonly commandTimeoutMs: number;
}

/** The options of a store, checked and complete. */
export interface RedisSettings extends RedisConnectionSettings {
  readonly leaseMs: number;
}

/** Throws `InvalidOptionError`. */
export function checkedSettings(options: RedisCheckpointStoreOptions): RedisSettings {
  const connection = checkedConnection(options, "RedisCheckpointStore");
  const { leaseMs = 30_000 } = options;
  return { ...connection, leaseMs: checkedMs("leaseMs of a RedisCheckpointStore", leaseMs, 1_000, 2_147_483_647) };
}

/** `owner` is the class whose options these are. Throws `InvalidOptionError`. */
export function checkedConnection(options: RedisConnectionOptions, owner: string): RedisConnectionSettings {
  if (typeof options !== "object" || options === null) {
    throw new InvalidOptionError(`the options of a ${owner} are missing: expected an object; give { url } or { client }.`);
  }
  const { prefix: givenPrefix = "cairnflow", allowEviction = false, commandTimeoutMs = 5_000 } = options;
  const prefix = checkedPrefix(givenPrefix, owner);
  const { source, shown } = checkedSource(options, owner);
  return {
    source,
    location: `${shown} prefix ${prefix}`,
    prefix,
    allowEviction: checkedFlag(allowEviction, owner),
    commandTimeoutMs: checkedMs(`commandTimeoutMs of a ${owner}`, commandTimeoutMs, 50, 600_000),
  };
}

interface CheckedSource {
  readonly source: RedisConnectionSettings["source"];
  readonly shown: string;
}

function checkedSource({ url, client }: RedisConnectionOptions, owner: string): CheckedSource {
  if (client === undefined && typeof url === "string") {
    const address = parseAddress(url, owner);
    return { source: { address }, shown: shownAddress(address) };
  }
  if (url === undefined && typeof client?.callBuffer === "function") return { source: { client }, shown: addressOfClient(client) };
  throw new InvalidOptionError(
    `a ${owner} needs either url (a text) or client (a Redis of ioredis): found both, none, or something else; give one of them.`,
  );
}

/** No braces: those of a run's keys say where the run lies in a cluster. */
function checkedPrefix(prefix: unknown, owner: string): string {
  if (typeof prefix === "string" && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(prefix)) return prefix;
  throw new InvalidOptionError(
    `prefix of a ${owner} is ${quoted(prefix)}: expected 1 to 128 of A-Z a-z 0-9 . _ - : starting with a letter or digit; choose such a prefix.`,
  );
}

/** `what` names the option, as in `leaseMs of a RedisCheckpointStore`. Throws `InvalidOptionError`. */
export function checkedMs(what: string, ms: unknown, least: number, most: number): number {
  if (Number.isSafeInteger(ms) && (ms as number) >= least && (ms as number) <= most) return ms as number;
  const found = typeof ms === "number" ? String(ms) : quoted(ms);
  throw new InvalidOptionError(`${what} is ${found}: expected whole milliseconds from ${least} to ${most}; choose one of those.`);
}

function checkedFlag(allowEviction: unknown, owner: string): boolean {
  if (typeof allowEviction === "boolean") return allowEviction;
  throw new InvalidOptionError(`allowEviction of a ${owner} is ${quoted(allowEviction)}: expected true or false; give one of them.`);
}
