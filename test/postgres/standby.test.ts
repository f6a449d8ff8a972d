import { beforeAll, describe, expect, it } from "vitest";
import { CheckpointStorageError, CheckpointWriteError, CommitOutcomeUnknownError } from "../../src/core/errors.js";
import { recordOf } from "./records.js";
import { TestDatabase } from "./test-database.js";

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.start();
  return () => database.stop();
});

/** Makes the server a standby, as one is after a failover to another. */
async function becomeStandby(): Promise<void> {
  const [row] = await database.ask("SELECT current_setting('data_directory') AS folder");
  await database.ask(`COPY (SELECT 1) TO '${row?.["folder"]}/standby.signal'`);
  await database.server.restart("fast");
  expect(await database.ask("SELECT pg_is_in_recovery() AS is")).toEqual([{ is: true }]);
}

describe("a server that has become a standby", () => {
  it("is read, and refuses what is written until it is promoted", async () => {
    const schema = database.newSchema();
    const store = await database.openStore({ schema });
    const writer = await store.acquire("r1");
    await writer.put(recordOf("r1", 1));
    await becomeStandby();
    const error = await writer.put(recordOf("r1", 2)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CheckpointWriteError);
    expect(error).toMatchObject({
      outcome: "not-applied",
      message: expect.stringMatching(/only be read \(SQLSTATE 25006\).*primary server/),
    });
    await expect(database.store({ schema }).open()).rejects.toThrow(CheckpointStorageError);
    expect(await store.list("r1")).toHaveLength(1);
    await database.ask("SELECT pg_promote()");
    await writer.put(recordOf("r1", 2));
    expect(await store.list("r1")).toHaveLength(2);
  });
});

describe("a server that waits for a standby which never comes", () => {
  it("has a commit told as unknown, which the same put confirms later", async () => {
    const store = await database.openStore({ statementTimeoutMs: 500 });
    const writer = await store.acquire("r1");
    await database.setSystem("synchronous_standby_names", "nobody");
    const error = await writer.put(recordOf("r1", 1)).catch((error: unknown) => error);
    await database.ask("ALTER SYSTEM RESET synchronous_standby_names");
    await database.ask("SELECT pg_reload_conf()");
    expect(error).toBeInstanceOf(CommitOutcomeUnknownError);
    expect(error).toMatchObject({ outcome: "unknown", runId: "r1", checkpointId: "c1" });
    await writer.put(recordOf("r1", 1));
    expect(await store.list("r1")).toHaveLength(1);
  });
});
