import type pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { RunOwnedError, SequenceTakenError } from "../../src/core/errors.js";
import type { PostgresStatement } from "../../src/postgres/index.js";
import { checkpointStoreContract } from "../../src/testing/checkpoint-store-contract.js";
import { digestOf, recordOf, textOf } from "./records.js";
import { TestDatabase } from "./test-database.js";
import { type WatchedClient, WatchedPool } from "./watched-pool.js";

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.start({ anyServer: true });
  return () => database.stop();
});

describe("PostgresCheckpointStore", () => {
  it.each(checkpointStoreContract)("$name", async ({ check }) => {
    await check(() => database.openStore());
  });
});

describe("a pool that was given", () => {
  it("is used, and neither changed nor ended", async () => {
    const pool = database.newPool({ max: 1 });
    const store = await database.openStore({ pool });
    await (await store.acquire("r1")).put(recordOf("r1", 1));
    const settings = "SELECT current_setting('statement_timeout') AS s, current_setting('lock_timeout') AS l";
    expect((await pool.query(settings)).rows).toEqual([{ s: "0", l: "0" }]);
    await store.close();
    expect(pool.ended).toBe(false);
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  it("may have a single connection for all who ask at once", async () => {
    const store = await database.openStore({ pool: database.newPool({ max: 1 }) });
    const runs = ["r1", "r2", "r3", "r4", "r5"];
    await Promise.all(
      runs.map(async (runId) => {
        const writer = await store.acquire(runId);
        const journal = await writer.beginJournal(1);
        await Promise.all([writer.put(recordOf(runId, 1)), writer.renew(), journal.append(recordOf(runId, 1).files.state)]);
        await expect(writer.put(recordOf(runId, 1, "other"))).rejects.toThrow(SequenceTakenError);
        await expect(store.acquire(runId)).rejects.toThrow(RunOwnedError);
        await store.deleteBlob(runId, digestOf("c1"), async () => (await store.list(runId)).length === 0);
      }),
    );
    expect([await store.runs(), await store.blobs("r5")]).toEqual([runs, [digestOf("c1")]]);
  });

  it("may read values in its own way", async () => {
    const types = { getTypeParser: () => () => "something else" } as unknown as pg.CustomTypesConfig;
    const pool = database.newPool({ types, options: "-c bytea_output=escape -c extra_float_digits=0" });
    const store = await database.openStore({ pool });
    const writer = await store.acquire("r1");
    await writer.put(recordOf("r1", 1));
    expect(await store.list("r1")).toEqual([{ runId: "r1", seq: 1, id: "c1" }]);
    expect(textOf((await store.read(recordOf("r1", 1)))?.state ?? null)).toBe("state of c1");
    expect(await store.owner("r1")).toMatchObject({ epoch: 1, isAlive: true });
  });

  it("may not sync its commits, and isolate them in another way: those of the store go by what it needs", async () => {
    const settings = "-c synchronous_commit=off -c default_transaction_isolation=serializable";
    const pool = new WatchedPool(database.newPool({ options: settings }));
    const store = await database.openStore({ pool });
    const found: unknown[] = [];
    const look = async (text: string, connection: WatchedClient, statement: PostgresStatement): Promise<void> => {
      if (text !== "COMMIT") return;
      const asking = "SELECT current_setting('synchronous_commit') AS sync, current_setting('transaction_isolation') AS isolation";
      found.push(...(await connection.query({ ...statement, text: asking })).rows);
    };
    pool.watch = { before: look };
    await (await store.acquire("r1")).put(recordOf("r1", 1));
    expect(found).toEqual(Array(2).fill({ sync: "on", isolation: "read committed" }));
  });
});

describe("tables with many rows", () => {
  it("are searched by their indexes", async () => {
    const schema = database.newSchema();
    const pool = new WatchedPool(database.newPool());
    const store = await database.openStore({ pool, schema });
    const writer = await store.acquire("r1");
    const journal = await writer.beginJournal(1);
    await fill(schema);
    const plans: string[] = [];
    pool.watch = {
      before: async (text, connection, statement) => {
        if (!/^(SELECT|INSERT|UPDATE|DELETE) .*case_/s.test(text)) return;
        const { rows } = await connection.query({ ...statement, text: `EXPLAIN ${text}` });
        plans.push(`${text}\n${rows.map((row) => Object.values(row)[0]).join("\n")}`);
      },
    };
    await writer.put(recordOf("r1", 1));
    await journal.append(recordOf("r1", 1).files.state);
    const key = { runId: "many7", seq: 3, id: "id7-3" };
    expect([await store.list("many7"), await store.find("id7-3")]).toEqual([expect.arrayContaining([key]), key]);
    await Promise.all([store.read(key), store.pins("many7"), store.blobs("many7"), store.owner("many7")]);
    expect([await store.delete(key), await store.deleteRun("many8")]).toEqual([true, true]);
    await store.readJournal("many7", 1);
    await store.deleteBlob("many7", digestOf("7"));
    expect(plans.length).toBeGreaterThan(15);
    expect(plans.filter((plan) => plan.includes("Seq Scan"))).toEqual([]);
  });
});

describe("a commit", () => {
  it("takes the same few statements however much is stored", async () => {
    const pool = new WatchedPool(database.newPool());
    const store = await database.openStore({ pool });
    const writer = await store.acquire("r1");
    const journal = await writer.beginJournal(1);
    let statements: string[] = [];
    pool.watch = { before: (text) => void statements.push(text) };
    const counted = async (commit: Promise<unknown>): Promise<number> => {
      await commit;
      const { length } = statements;
      statements = [];
      return length;
    };
    for (let seq = 1; seq <= 100; seq++) {
      const record = recordOf("r1", seq);
      expect(await counted(writer.put(seq % 2 === 0 ? record : { ...record, blobs: new Map() }))).toBe(seq % 2 === 0 ? 5 : 4);
      expect(await counted(journal.append(record.files.state))).toBe(4);
    }
  });
});

async function fill(schema: string): Promise<void> {
  const all = "generate_series(1, 2000) n";
  for (const insert of [
    `runs (run_id, epoch) SELECT 'many' || n, 1 FROM ${all}`,
    `checkpoints SELECT 'many' || n, s, 'id' || n || '-' || s, 't', 'c', 's', 'm' FROM ${all}, generate_series(1, 5) s`,
    `blobs SELECT 'many' || n, encode(sha256(n::text::bytea), 'hex'), 'b' FROM ${all}`,
    `journal SELECT 'many' || n, 1, 1, 'j', 'r', encode(sha256('r'), 'hex') FROM ${all}`,
  ])
    await database.ask(`INSERT INTO ${schema}.${insert}`);
  await database.ask("ANALYZE");
}
