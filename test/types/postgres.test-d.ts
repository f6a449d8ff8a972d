import type pg from "pg";
import { expectTypeOf, it } from "vitest";
import type { CheckpointStore } from "../../src/core/checkpoint.js";
import { PostgresCheckpointStore, type PostgresCheckpointStoreOptions, type PostgresPool } from "../../src/postgres/index.js";

it("takes a pool of pg as it is", () => {
  expectTypeOf<pg.Pool>().toExtend<PostgresPool>();
  const options = (pool: pg.Pool): PostgresCheckpointStoreOptions => ({ pool });
  expectTypeOf(options).returns.toEqualTypeOf<PostgresCheckpointStoreOptions>();
});

it("is a checkpoint store", () => {
  expectTypeOf<PostgresCheckpointStore>().toExtend<CheckpointStore>();
});

it("takes neither a text nor a client", () => {
  // @ts-expect-error the address is an option
  new PostgresCheckpointStore("postgres://localhost/db");
  // @ts-expect-error a client is one connection, not a pool
  (client: pg.Client) => new PostgresCheckpointStore({ pool: client });
  // @ts-expect-error the timeout is a number of milliseconds
  new PostgresCheckpointStore({ url: "postgres://localhost/db", statementTimeoutMs: "10s" });
});
