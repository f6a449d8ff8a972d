import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { addressOf, addressOfPool } from "./postgres-address.js";
import type { PostgresPool } from "./postgres-pool.js";

/** How a `PostgresCheckpointStore` is set up: with the address of a database or with a pool, and not both. */
export interface PostgresCheckpointStoreOptions {
  /** `postgres://user:password@host:5432/database`. The store makes a pool for it, and ends that when it is closed. */
  readonly url?: string;
  /** A `pg.Pool` of yours, which you end. It must have a listener for `error`, as pools of `pg` need it. */
  readonly pool?: PostgresPool;
  /** The schema that holds the tables: letters, digits and underscores. Default `cairnflow`; made if it is missing. */
  readonly schema?: string;
  /** After how long without a sign of life another may take a run over, by the clock of the server. Default 30_000, at least 1_000. */
  readonly leaseMs?: number;
  /**
   * How long a connection, a statement or a lock is waited for, and for how long a connection that was lost is tried again.
   * Default 10_000; from 100 to 600_000.
   */
  readonly statementTimeoutMs?: number;
  /** Uses a server that may lose what it has confirmed (`fsync` or `full_page_writes` is off): for tests. Default `false`. */
  readonly allowUnsafe?: boolean;
}

/** The options of a store, checked and complete. */
export interface PostgresSettings {
  readonly source: { readonly url: string } | { readonly pool: PostgresPool };
  readonly address: string;
  readonly schema: string;
  readonly leaseMs: number;
  readonly statementTimeoutMs: number;
  readonly allowUnsafe: boolean;
}

/** Throws `InvalidOptionError`. */
export function checkedSettings(options: PostgresCheckpointStoreOptions): PostgresSettings {
  if (typeof options !== "object" || options === null) {
    throw new InvalidOptionError("the options of a PostgresCheckpointStore are missing: expected an object; give { url } or { pool }.");
  }
  const { schema = "cairnflow", leaseMs = 30_000, statementTimeoutMs = 10_000, allowUnsafe = false } = options;
  return {
    ...checkedSource(options),
    schema: checkedSchema(schema),
    leaseMs: checkedMs("leaseMs", leaseMs, 1_000, 2_147_483_647),
    statementTimeoutMs: checkedMs("statementTimeoutMs", statementTimeoutMs, 100, 600_000),
    allowUnsafe: checkedFlag(allowUnsafe),
  };
}

function checkedSource({ url, pool }: PostgresCheckpointStoreOptions): Pick<PostgresSettings, "source" | "address"> {
  if (pool === undefined && typeof url === "string") return { source: { url }, address: addressOf(url) };
  if (url === undefined && typeof pool?.connect === "function") return { source: { pool }, address: addressOfPool(pool) };
  throw new InvalidOptionError(
    "a PostgresCheckpointStore needs either url (a text) or pool (a pg.Pool): found both, none, or something else; give one of them.",
  );
}

function checkedSchema(schema: unknown): string {
  if (typeof schema === "string" && /^(?!pg_)[A-Za-z_][A-Za-z0-9_]{0,62}$/i.test(schema)) return schema;
  throw new InvalidOptionError(
    `schema of a PostgresCheckpointStore is ${quoted(schema)}: expected 1 to 63 of A-Z a-z 0-9 _ that start with neither a digit nor "pg_"; choose such a name.`,
  );
}

function checkedMs(name: string, ms: unknown, least: number, most: number): number {
  if (Number.isSafeInteger(ms) && (ms as number) >= least && (ms as number) <= most) return ms as number;
  const found = typeof ms === "number" ? String(ms) : quoted(ms);
  throw new InvalidOptionError(
    `${name} of a PostgresCheckpointStore is ${found}: expected whole milliseconds from ${least} to ${most}; choose one of those.`,
  );
}

function checkedFlag(allowUnsafe: unknown): boolean {
  if (typeof allowUnsafe === "boolean") return allowUnsafe;
  throw new InvalidOptionError(`allowUnsafe of a PostgresCheckpointStore is ${quoted(allowUnsafe)}: expected true or false.`);
}
