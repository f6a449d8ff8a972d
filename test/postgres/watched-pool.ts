import type pg from "pg";
import type { PostgresClient, PostgresPool, PostgresStatement } from "../../src/postgres/index.js";

/** What a test does around statements. Whoever throws has to break the connection off as well. */
export interface Watch {
  connect?(): void | Promise<void>;
  before?(text: string, connection: WatchedClient, statement: PostgresStatement): void | Promise<void>;
  after?(text: string, connection: WatchedClient): void | Promise<void>;
}

/** A pool whose statements are watched. */
export class WatchedPool implements PostgresPool {
  watch: Watch = {};

  constructor(private readonly pool: pg.Pool) {}

  async connect(): Promise<PostgresClient> {
    await this.watch.connect?.();
    return new WatchedClient(await this.pool.connect(), () => this.watch);
  }
}

export class WatchedClient implements PostgresClient {
  #isAbandoned = false;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly watch: () => Watch,
  ) {}

  async query(statement: PostgresStatement): Promise<{ readonly rows: readonly object[] }> {
    await this.watch().before?.(statement.text, this, statement);
    const result = await this.client.query(statement as pg.QueryConfig);
    await this.watch().after?.(statement.text, this);
    return result;
  }

  /** Ends the connection as a network does, without a word. */
  breakOff(): Error {
    (this.client as unknown as { connection: pg.Connection }).connection.stream.destroy();
    return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  }

  /** Says nothing more, until the server ends the connection. */
  abandon(): Error {
    this.#isAbandoned = true;
    this.client.on("error", () => {});
    this.client.once("end", () => this.client.release(true));
    return Object.assign(new Error("read ETIMEDOUT"), { code: "ETIMEDOUT" });
  }

  on(event: "error", listener: (error: Error) => void): unknown {
    return this.client.on(event, listener);
  }

  off(event: "error", listener: (error: Error) => void): unknown {
    return this.client.off(event, listener);
  }

  release(isBroken?: boolean): void {
    if (!this.#isAbandoned) this.client.release(isBroken);
  }
}
