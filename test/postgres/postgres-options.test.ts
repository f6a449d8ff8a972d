import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../src/core/errors.js";
import { openCheckpointStore } from "../../src/open-store.js";
import { PostgresCheckpointStore, type PostgresCheckpointStoreOptions } from "../../src/postgres/index.js";

const url = "postgres://me:secret@db1:5432/app";
const pool = { connect: () => Promise.reject(new Error("unused")) };

describe("the options of a store", () => {
  it.each([
    ["none", undefined],
    ["a text", url],
    ["neither url nor pool", {}],
    ["both url and pool", { url, pool }],
    ["a pool that is none", { pool: {} }],
    ["a url that is none", { url: "db1/secret" }],
    ["a url that is a number", { url: 5432 }],
    ["another scheme", { url: "mysql://me:secret@db1/app" }],
    ["a password with #", { url: "postgres://me:12#secret@db1/app" }],
    ["a password with /", { url: "postgres://me:12/secret@db1/app" }],
    ["a password with ?", { url: "postgres://me:12?secret@db1/app" }],
    ["a lease that is too short", { url, leaseMs: 999 }],
    ["a lease that is no whole number", { url, leaseMs: 1_000.5 }],
    ["a lease that is no number", { url, leaseMs: "30s" }],
    ["a lease without end", { url, leaseMs: Number.POSITIVE_INFINITY }],
    ["a timeout that is too short", { url, statementTimeoutMs: 99 }],
    ["a timeout that is too long", { url, statementTimeoutMs: 600_001 }],
    ["a timeout that is not a number", { url, statementTimeoutMs: Number.NaN }],
    ["a lease that is longer than timers", { url, leaseMs: 2_147_483_648 }],
    ["a flag that is none", { url, allowUnsafe: "yes" }],
    ["a flag that is nothing", { url, allowUnsafe: null }],
  ])("are refused without a word of what is secret: %s", (_, options) => {
    const make = () => new PostgresCheckpointStore(options as unknown as PostgresCheckpointStoreOptions);
    expect(make).toThrow(InvalidOptionError);
    expect(make).not.toThrow(/secret|db1/);
  });

  it.each(["", "1a", "a-b", "a b", 'a"; DROP SCHEMA public; --', "a.b", "é", "a\0b", "pg_mine", "PG_mine", "x".repeat(64), 7, null])(
    "are refused with the schema %j",
    (schema) => {
      expect(() => new PostgresCheckpointStore({ url, schema: schema as string })).toThrow(InvalidOptionError);
    },
  );

  it.each([
    ["postgres://me:secret@db1:5433/app", "postgres://db1:5433/app schema cairnflow"],
    ["postgresql://me:s%40%2Fcret@db1/app?sslmode=require", "postgres://db1:5432/app schema cairnflow"],
    ["postgres:///app?host=/var/run/postgresql", "postgres:///var/run/postgresql:5432/app schema cairnflow"],
    ["postgres://[::1]:5433", "postgres://[::1]:5433/ schema cairnflow"],
  ])("show where it is: %s", (url, location) => {
    const store = new PostgresCheckpointStore({ url });
    expect(store.location).toBe(location);
    expect(inspect(store, { depth: 9, showHidden: true }) + JSON.stringify(store)).not.toMatch(/me|secret|cret/);
  });

  it.each(["postgres://me:12#secret@db1/app", "postgres://me:12/secret@db1/app", "postgres://me:12?secret@db1/app"])(
    "are refused without a word of what is secret where only an address is given: %s",
    (location) => {
      const open = () => openCheckpointStore(location);
      expect(open).toThrow(InvalidOptionError);
      expect(open).not.toThrow(/secret|12/);
    },
  );

  it.each([
    [{ host: "db1", port: 5433, database: "app" }, "postgres://db1:5433/app schema s"],
    [{ connectionString: "postgres://me:secret@db2/app" }, "postgres://db2:5432/app schema s"],
    [{ connectionString: "postgres://me:12#secret@db1/app" }, "postgres://(not shown) schema s"],
    [{ connectionString: "/var/run/postgresql app" }, "postgres://(not shown) schema s"],
    [undefined, "postgres://localhost:5432/ schema s"],
  ])("show where a pool is: %j", (options, location) => {
    const given = options === undefined ? pool : { ...pool, options };
    expect(new PostgresCheckpointStore({ pool: given, schema: "s" }).location).toBe(location);
  });
});
