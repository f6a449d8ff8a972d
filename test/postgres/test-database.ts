import { randomBytes } from "node:crypto";
import pg from "pg";
import { PostgresCheckpointStore, type PostgresCheckpointStoreOptions } from "../../src/postgres/index.js";
import { type PostgresServer, startPostgres } from "../servers/postgres.js";

/** A database for the tests of one file, with a connection to look into it. */
export class TestDatabase {
  readonly #stores: PostgresCheckpointStore[] = [];
  readonly #schemas = new Set<string>();
  readonly #pools: pg.Pool[] = [];
  readonly #admin: pg.Pool;

  private constructor(readonly server: PostgresServer) {
    this.#admin = this.newPool({ max: 2 });
  }

  static async start(options: { readonly anyServer?: boolean } = {}): Promise<TestDatabase> {
    return new TestDatabase(await startPostgres(options));
  }

  /** A name that no schema has yet; what is made under it is removed at the end. */
  newSchema(): string {
    const schema = `case_${randomBytes(6).toString("hex")}`;
    this.#schemas.add(schema);
    return schema;
  }

  /** A store in a new schema, or in another one, which is closed at the end. */
  store(options: PostgresCheckpointStoreOptions = {}): PostgresCheckpointStore {
    const source = options.pool === undefined ? { url: this.server.url } : {};
    const store = new PostgresCheckpointStore({ ...source, schema: options.schema ?? this.newSchema(), ...options });
    this.#stores.push(store);
    return store;
  }

  async openStore(options: PostgresCheckpointStoreOptions = {}): Promise<PostgresCheckpointStore> {
    const store = this.store(options);
    await store.open();
    return store;
  }

  /** A pool as a user has one, which is ended at the end. */
  newPool(options: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString: this.server.url, ...options });
    pool.on("error", () => {});
    this.#pools.push(pool);
    return pool;
  }

  /** A connection of the test, to be released. */
  connection(): Promise<pg.PoolClient> {
    return this.#admin.connect();
  }

  /** The rows that a statement gives. */
  async ask(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#admin.query<Record<string, unknown>>(text, [...values])).rows;
  }

  /** Changes a setting of the whole server, and waits until it holds. */
  async setSystem(name: string, value: string): Promise<void> {
    await this.ask(`ALTER SYSTEM SET ${name} = ${value}`);
    await this.ask("SELECT pg_reload_conf()");
    const current = async (): Promise<unknown> => (await this.ask("SELECT current_setting($1) AS value", [name]))[0]?.["value"];
    while ((await current()) !== value) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async stop(): Promise<void> {
    try {
      for (const store of this.#stores) await store.close();
      for (const schema of this.#schemas) await this.#admin.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      for (const pool of this.#pools) if (!pool.ended) await pool.end();
    } finally {
      await this.server.stop();
    }
  }
}
