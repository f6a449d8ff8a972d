import { MissingPackageError } from "../core/errors.js";

/** The calls of a `pg.Pool` that are made, so that one of yours can be used. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  /** Read for messages only: host, port and database, never user or password. */
  readonly options?: {
    readonly connectionString?: string | undefined;
    readonly host?: string | undefined;
    readonly port?: number | undefined;
    readonly database?: string | undefined;
  };
}

/** A connection that was borrowed from a pool. */
export interface PostgresClient {
  query(statement: PostgresStatement): Promise<{ readonly rows: readonly object[] }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  /** Gives the connection back, or ends it. */
  release(isBroken?: boolean): void;
}

/** A statement as it is given to a connection: all it needs to be independent of how the pool was set up. */
export interface PostgresStatement {
  readonly text: string;
  readonly values: unknown[];
  readonly types: { getTypeParser(): (text: string) => string };
}

/** A pool that a store made for itself. */
export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/** Makes a pool. Throws `MissingPackageError` if `pg` is not installed. */
export async function ownPool(url: string, connectMs: number): Promise<OwnPool> {
  const { Pool } = await loadPg();
  const settings = { connectionString: url, fallback_application_name: "cairnflow", connectionTimeoutMillis: connectMs };
  const pool = new Pool({ ...settings, keepAlive: true, allowExitOnIdle: true });
  // A connection that dies while it is idle is replaced by the next one that is needed.
  pool.on("error", () => {});
  return pool;
}

interface PgModule {
  readonly Pool: new (settings: object) => OwnPool & { on(event: "error", listener: () => void): unknown };
}

async function loadPg(): Promise<PgModule> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    throw new MissingPackageError(
      'the package "pg" cannot be loaded, which connects to PostgreSQL: expected version 8.11 or newer to be installed; run `npm install pg`.',
      { cause },
    );
  }
}
