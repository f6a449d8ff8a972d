import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { CheckpointStorageError, CheckpointWriteError, StoreUnavailableError } from "../../src/core/errors.js";
import type { PostgresCheckpointStore } from "../../src/postgres/index.js";
import { bytesOf, recordOf } from "./records.js";
import { TestDatabase } from "./test-database.js";

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.start();
  return () => database.stop();
});

async function opened(): Promise<{ schema: string; store: PostgresCheckpointStore }> {
  const schema = database.newSchema();
  return { schema, store: await database.openStore({ schema, statementTimeoutMs: 2_000 }) };
}

/** Has the server fail a number of times when a row is added to a table. */
async function failing(schema: string, table: string, sqlState: string, times: number): Promise<() => Promise<number>> {
  await database.ask(`CREATE SEQUENCE ${schema}.failures`);
  await database.ask(`CREATE FUNCTION ${schema}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('${schema}.failures') <= ${times} THEN RAISE EXCEPTION 'injected' USING ERRCODE = '${sqlState}'; END IF; RETURN NEW; END $$`);
  await database.ask(`CREATE TRIGGER fail BEFORE INSERT ON ${schema}.${table} FOR EACH ROW EXECUTE FUNCTION ${schema}.fail()`);
  return async () => Math.min(times, Number((await database.ask(`SELECT last_value AS n FROM ${schema}.failures`))[0]?.["n"]));
}

describe("a server that refuses", () => {
  it.each([
    ["53100", /a full disk \(SQLSTATE 53100\).*free some space/],
    ["58030", /a failing disk \(SQLSTATE 58030\).*check the disk/],
    ["42501", /missing privileges/],
  ])("is told as it is, and stores nothing: %s", async (sqlState, message) => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    await writer.put(recordOf("r1", 1));
    const journal = await writer.beginJournal(1);
    const blobs = await failing(schema, "blobs", sqlState, 1);
    const error = await writer.put(recordOf("r1", 2)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CheckpointWriteError);
    expect(error).toMatchObject({ outcome: "not-applied", runId: "r1", checkpointId: "c2", message: expect.stringMatching(message) });
    expect((error as Error).cause).toMatchObject({ code: sqlState });
    expect([await store.list("r1"), await blobs()]).toEqual([[{ runId: "r1", seq: 1, id: "c1" }], 1]);
    await writer.put(recordOf("r1", 2));
    await database.ask(`DROP TRIGGER fail ON ${schema}.blobs`);
    await database.ask(`CREATE TRIGGER fail BEFORE INSERT ON ${schema}.journal FOR EACH ROW EXECUTE FUNCTION ${schema}.fail()`);
    await database.ask(`ALTER SEQUENCE ${schema}.failures RESTART`);
    await expect(journal.append(bytesOf("one"))).rejects.toThrow(CheckpointWriteError);
    // The step that failed is missing: no later one may stand in its place.
    await expect(journal.append(bytesOf("two"))).rejects.toThrow(CheckpointWriteError);
    expect(await store.readJournal("r1", 1)).toEqual([]);
    expect(await (await writer.beginJournal(2)).append(bytesOf("three"))).toBeUndefined();
  });

  it.each(["40001", "40P01", "57P01"])("because of other transactions is asked again: %s", async (sqlState) => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    const fired = await failing(schema, "checkpoints", sqlState, 3);
    await writer.put(recordOf("r1", 1));
    expect([await store.list("r1"), await fired()]).toEqual([[{ runId: "r1", seq: 1, id: "c1" }], 3]);
  });

  it("is not asked for ever", async () => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    const fired = await failing(schema, "checkpoints", "40001", 1_000_000);
    await expect(writer.put(recordOf("r1", 1))).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", outcome: "not-applied" });
    expect(await fired()).toBeGreaterThan(2);
    expect(await store.list("r1")).toEqual([]);
  });

  it("as it can only be read keeps what there is", async () => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    await writer.put(recordOf("r1", 1));
    await store.close();
    await database.ask("ALTER ROLE cairn SET default_transaction_read_only = on");
    try {
      await expect(store.open()).rejects.toThrow(CheckpointStorageError);
      await expect(database.store({ schema: database.newSchema() }).open()).rejects.toThrow(/can only be read \(SQLSTATE 25006\)/);
    } finally {
      await database.ask("SET default_transaction_read_only = off");
      await database.ask("BEGIN READ WRITE; ALTER ROLE cairn RESET default_transaction_read_only; COMMIT");
    }
    await store.open();
    expect(await store.list("r1")).toHaveLength(1);
    expect((await database.ask(`SELECT count(*) FROM ${schema}.checkpoints`))[0]).toEqual({ count: "1" });
  });

  it("has lost its tables", async () => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    await database.ask(`DROP SCHEMA ${schema} CASCADE`);
    await expect(store.list("r1")).rejects.toThrow(CheckpointStorageError);
    await expect(writer.put(recordOf("r1", 1))).rejects.toThrow(/no tables of this version.*open the store again/);
    await store.open();
    expect(await store.list("r1")).toEqual([]);
    await expect(writer.put(recordOf("r1", 1))).rejects.toMatchObject({ code: "STALE_OWNER" });
  });
});

describe("a wait", () => {
  it("for a lock ends", async () => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    const others = await database.connection();
    await others.query(`BEGIN; SELECT 1 FROM ${schema}.runs FOR UPDATE`);
    const error = await writer.put(recordOf("r1", 1)).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", outcome: "not-applied", cause: { code: "55P03" } });
    await others.query("ROLLBACK");
    others.release();
    await writer.put(recordOf("r1", 1));
    expect(await store.list("r1")).toHaveLength(1);
  });

  it("for a server that never answers ends", async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const store = database.store({ url: `postgres://127.0.0.1:${port}/db`, statementTimeoutMs: 300 });
    await expect(store.open()).rejects.toThrow(StoreUnavailableError);
    expect(sockets.size).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it("for a connection of a pool that has none left ends, and gives back one that comes late", async () => {
    const pool = database.newPool({ max: 1 });
    const { schema } = await opened();
    const store = await database.openStore({ pool, schema, statementTimeoutMs: 300 });
    const taken = await pool.connect();
    await expect(store.runs()).rejects.toThrow(StoreUnavailableError);
    taken.release();
    expect(await store.runs()).toEqual([]);
  });
});
