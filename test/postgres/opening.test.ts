import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { CheckpointStorageError, StoreUnavailableError, UnsafeStoreError, UsageError } from "../../src/core/errors.js";
import { transpile } from "../file/transpile.js";
import { recordOf } from "./records.js";
import { RemoteStores } from "./remote-store.js";
import { TestDatabase } from "./test-database.js";
import { WatchedPool } from "./watched-pool.js";

let database: TestDatabase;
let programs: RemoteStores;

beforeAll(async () => {
  database = await TestDatabase.start();
  programs = new RemoteStores();
  return async () => {
    await programs.stop();
    await database.stop();
  };
});

const thrown = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => null).catch((error: unknown) => error);

/** The address of the test server with something else in it. */
function addressWith(change: (url: URL) => void): string {
  const url = new URL(database.server.url);
  change(url);
  return url.href;
}

describe("a store that cannot be opened", () => {
  it("says that a password is wrong, and not which", async () => {
    const store = database.store({ url: addressWith((url) => (url.password = "wrongsecret")) });
    const error = await thrown(store.open());
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect(error).toMatchObject({ outcome: "not-applied", message: expect.stringMatching(/SQLSTATE 28P01.*mend user and password/) });
    expect(inspect(error, { depth: 9 })).not.toContain("wrongsecret");
  });

  it("says that a password is missing", async () => {
    const error = await thrown(database.store({ url: addressWith((url) => (url.password = "")) }).open());
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect((error as Error).message).toMatch(/found a password that is missing.*mend user and password/);
  });

  it("says that there is no such database", async () => {
    const store = database.store({ url: addressWith((url) => (url.pathname = "/nosuch")) });
    await expect(store.open()).rejects.toThrow(/SQLSTATE 3D000.*create it/);
  });

  it("says that no server is there, and does not wait for one that never was", async () => {
    const store = database.store({ url: "postgres://me:secret@127.0.0.1:1/app", statementTimeoutMs: 600_000 });
    const error = await thrown(store.open());
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ outcome: "not-applied", message: expect.stringContaining("ECONNREFUSED") });
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
    await expect(store.runs()).rejects.toThrow(UsageError);
  });

  it("says which package is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-no-pg-"));
    const program = transpile(new URL("./opening-process.ts", import.meta.url), folder);
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^MISSING_PACKAGE ERR_MODULE_NOT_FOUND .*npm install pg/), ""]);
  });
});

describe("a store", () => {
  it("is used neither before it is opened nor after it is closed", async () => {
    const store = database.store();
    await expect(store.acquire("r1")).rejects.toThrow(UsageError);
    await store.open();
    expect(await store.runs()).toEqual([]);
    await store.close();
    await expect(store.list("r1")).rejects.toThrow(UsageError);
    await store.open();
    expect(await store.runs()).toEqual([]);
  });

  it("that is closed has no writer any more, not even one that was waiting for the server", async () => {
    const pool = new WatchedPool(database.newPool());
    const store = await database.openStore({ pool, statementTimeoutMs: 600_000 });
    const writer = await store.acquire("r1");
    let asked = 0;
    pool.watch.connect = () => {
      if (++asked === 3) void store.close();
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    };
    expect(await thrown(writer.put(recordOf("r1", 1)))).toBeInstanceOf(StoreUnavailableError);
    expect(await thrown(writer.put(recordOf("r1", 1)))).toBeInstanceOf(UsageError);
    expect(asked).toBe(3);
  });

  it("keeps no process alive, even if nobody closes it", () => {
    const env = { ...process.env, STORE_URL: database.server.url, STORE_SCHEMA: database.newSchema() };
    const { stdout, stderr, status } = spawnSync(process.execPath, [programs.place(new URL("./idle-process.ts", import.meta.url))], {
      env,
      encoding: "utf8",
    });
    expect([stdout, stderr, status]).toEqual(["left: ", "", 0]);
  });
});

describe("tables", () => {
  it("are made once by two stores that are opened at the same moment", async () => {
    for (let turn = 0; turn < 20; turn++) {
      const schema = database.newSchema();
      const stores = [database.store({ schema }), database.store({ schema })];
      await Promise.all(stores.map((store) => store.open()));
      const writer = await stores[0]?.acquire("r1");
      await writer?.put(recordOf("r1", 1));
      expect(await stores[1]?.list("r1")).toHaveLength(1);
      expect(await database.ask(`SELECT version FROM ${schema}.about`)).toEqual([{ version: 1 }]);
      for (const store of stores) await store.close();
    }
  });

  it("are made once by processes that open them at the same moment", async () => {
    for (let turn = 0; turn < 5; turn++) {
      const schema = database.newSchema();
      const processes = await Promise.all([1, 2, 3, 4].map(() => programs.start(database.server.url, schema)));
      const replies = await Promise.all(processes.map((each, place) => each.tell("acquire", `r${place}`)));
      expect(replies).toEqual(Array(4).fill({ value: 1 }));
      expect(await database.ask(`SELECT version FROM ${schema}.about`)).toEqual([{ version: 1 }]);
      for (const each of processes) await each.kill();
    }
  });

  it.each([
    ["a newer version", "UPDATE x.about SET version = 2"],
    ["an older version", "UPDATE x.about SET version = 0"],
    ["no version", "DELETE FROM x.about"],
  ])("of %s are refused, and left as they are", async (_, change) => {
    const schema = database.newSchema();
    await (await database.openStore({ schema })).close();
    await database.ask(change.replace("x.", `${schema}.`));
    const before = await database.ask(`SELECT * FROM ${schema}.about`);
    const error = await thrown(database.store({ schema }).open());
    expect(error).toBeInstanceOf(CheckpointStorageError);
    expect((error as Error).message).toMatch(/found tables of version .* expected "1"; use the version of cairnflow/);
    expect(await database.ask(`SELECT * FROM ${schema}.about`)).toEqual(before);
  });

  it("of somebody else are refused, and left as they are", async () => {
    const schema = database.newSchema();
    await database.ask(`CREATE SCHEMA ${schema}`);
    await database.ask(`CREATE TABLE ${schema}.runs (mine integer)`);
    await expect(database.store({ schema }).open()).rejects.toThrow(/tables of somebody else.*choose another schema/);
    const tables = await database.ask("SELECT tablename FROM pg_tables WHERE schemaname = $1", [schema]);
    expect(tables).toEqual([{ tablename: "runs" }]);
  });

  it("can have a schema whose name is a word of SQL", async () => {
    const store = await database.openStore({ schema: "Select" });
    await (await store.acquire("r1")).put(recordOf("r1", 1));
    expect(await store.list("r1")).toHaveLength(1);
    await database.ask('DROP SCHEMA "Select" CASCADE');
  });

  it("are enough for a user who may make none", async () => {
    const schema = database.newSchema();
    await database.openStore({ schema });
    await database.ask(`CREATE ROLE ${schema} LOGIN PASSWORD 'plain'`);
    await database.ask(`GRANT USAGE ON SCHEMA ${schema} TO ${schema}`);
    const url = addressWith((url) => ([url.username, url.password] = [schema, "plain"]));
    await expect(database.store({ schema, url }).open()).rejects.toThrow(/missing privileges/);
    await database.ask(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${schema}`);
    const store = await database.openStore({ schema, url });
    await (await store.acquire("r1")).put(recordOf("r1", 1));
    expect(await store.deleteRun("r1")).toBe(true);
    await store.close();
    await database.ask(`DROP OWNED BY ${schema}`);
    await database.ask(`DROP ROLE ${schema}`);
  });
});

describe("a server that may lose what it has confirmed", () => {
  it.each(["fsync", "full_page_writes"])("is refused: %s = off", async (setting) => {
    await database.setSystem(setting, "off");
    try {
      const error = await thrown(database.store().open());
      expect(error).toBeInstanceOf(UnsafeStoreError);
      expect((error as Error).message).toMatch(`found ${setting} = off, expected on`);
      const store = await database.openStore({ allowUnsafe: true });
      expect(await store.runs()).toEqual([]);
    } finally {
      await database.setSystem(setting, "on");
    }
    await database.openStore();
  });
});
