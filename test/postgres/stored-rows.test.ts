import { beforeAll, describe, expect, it } from "vitest";
import { StoreRolledBackError, UsageError } from "../../src/core/errors.js";
import type { PostgresCheckpointStore } from "../../src/postgres/index.js";
import { bytesOf, digestOf, recordOf, textOf } from "./records.js";
import { TestDatabase } from "./test-database.js";

let database: TestDatabase;

beforeAll(async () => {
  database = await TestDatabase.start({ anyServer: true });
  return () => database.stop();
});

async function opened(): Promise<{ schema: string; store: PostgresCheckpointStore }> {
  const schema = database.newSchema();
  return { schema, store: await database.openStore({ schema }) };
}

describe("a server that was set back", () => {
  it("is found by the next checkpoint", async () => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    for (const seq of [1, 2]) await writer.put(recordOf("r1", seq));
    await database.ask(`DELETE FROM ${schema}.checkpoints WHERE seq = 2`);
    await database.ask(`UPDATE ${schema}.runs SET puts = 1`);
    await expect(writer.put(recordOf("r1", 3))).rejects.toThrow(StoreRolledBackError);
    expect(await store.list("r1")).toEqual([{ runId: "r1", seq: 1, id: "c1" }]);
  });

  it("is found by the next step", async () => {
    const { schema, store } = await opened();
    const journal = await (await store.acquire("r1")).beginJournal(1);
    for (const text of ["one", "two"]) await journal.append(bytesOf(text));
    await database.ask(`DELETE FROM ${schema}.journal WHERE n = 2`);
    await expect(journal.append(bytesOf("three"))).rejects.toThrow(StoreRolledBackError);
    expect((await store.readJournal("r1", 1)).map(textOf)).toEqual(["one"]);
  });

  it("is not seen in checkpoints that were deleted, or put by an owner before", async () => {
    const { store } = await opened();
    const writer = await store.acquire("r1");
    for (const seq of [1, 2]) await writer.put(recordOf("r1", seq));
    for (const seq of [1, 2]) await store.delete({ runId: "r1", seq, id: `c${seq}` });
    await writer.put(recordOf("r1", 3));
    await (await store.acquire("r1", { takeOver: true })).put(recordOf("r1", 4));
    expect((await store.list("r1")).map(({ seq }) => seq)).toEqual([3, 4]);
  });
});

describe("rows that no store has written", () => {
  it("are not shown, and stand in nobody's way", async () => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    await writer.put(recordOf("r1", 1));
    for (const row of ["'../etc', 1", "'<b>', 1"]) await database.ask(`INSERT INTO ${schema}.runs (run_id, epoch) VALUES (${row})`);
    for (const row of ["'r1', -1, 'c8'", "'r1', 9007199254740993, 'c8'", "'r1', 7, '../passwd'", "'../etc', 1, 'c9'", "'<b>', 1, ''"])
      await database.ask(`INSERT INTO ${schema}.checkpoints VALUES (${row}, 't', 'c', 's', 'm', true)`);
    await database.ask(`INSERT INTO ${schema}.blobs VALUES ('r1', '../../blob', 'b')`);
    expect([await store.runs(), await store.pins("r1"), await store.blobs("r1")]).toEqual([["r1"], ["c8", "c8"], [digestOf("c1")]]);
    await writer.put(recordOf("r1", 2));
    expect((await store.list("r1")).map(({ id }) => id)).toEqual(["c1", "c2"]);
    expect([await store.find("c8"), await store.find("c9"), (await store.find("c2"))?.seq]).toEqual([null, null, 2]);
    expect([await store.deleteRun("r1"), await store.runs()]).toEqual([true, []]);
  });
});

describe("a journal", () => {
  it("with a record that is missing is refused as damaged", async () => {
    const { schema, store } = await opened();
    const journal = await (await store.acquire("r1")).beginJournal(1);
    for (const text of ["one", "two", "three"]) await journal.append(bytesOf(text));
    await database.ask(`DELETE FROM ${schema}.journal WHERE n = 2`);
    await expect(store.readJournal("r1", 1)).rejects.toThrow(/found record 3, expected record 2/);
  });

  it.each(["record = '{}'", "digest = ''", "digest = repeat('x', 100000)"])(
    "that was changed is refused as damaged: %s",
    async (change) => {
      const { schema, store } = await opened();
      const journal = await (await store.acquire("r1")).beginJournal(1);
      for (const text of ["one", "two"]) await journal.append(bytesOf(text));
      await database.ask(`UPDATE ${schema}.journal SET ${change} WHERE n = 2`);
      await expect(store.readJournal("r1", 1)).rejects.toThrow(
        /^the journal of run r1 after seq 1 is damaged: found record 2 with digest .{1,300}$/,
      );
    },
  );

  it("takes nothing once it was closed, or its owner has begun the next", async () => {
    const { store } = await opened();
    const writer = await store.acquire("r1");
    const [closed, replaced] = [await writer.beginJournal(1), await writer.beginJournal(1)];
    await closed.close();
    const current = await writer.beginJournal(1);
    for (const old of [closed, replaced]) await expect(old.append(bytesOf("late"))).rejects.toThrow(UsageError);
    await current.append(bytesOf("one"));
    expect((await store.readJournal("r1", 1)).map(textOf)).toEqual(["one"]);
  });
});

describe("a blob", () => {
  it("comes back into sight if whoever was deleting it has died", async () => {
    const { schema, store } = await opened();
    const writer = await store.acquire("r1");
    await writer.put(recordOf("r1", 1));
    let answer = (_isUnused: boolean): void => {};
    let deletion = Promise.resolve(true);
    const asked = new Promise<void>((asking) => {
      const isUnused = () => new Promise<boolean>((resolve) => [(answer = resolve), asking()]);
      deletion = store.deleteBlob("r1", digestOf("c1"), isUnused);
    });
    await asked;
    expect([await store.readBlob("r1", digestOf("c1")), await store.blobs("r1")]).toEqual([null, []]);
    await database.ask(`UPDATE ${schema}.blobs SET hidden_until = clock_timestamp() - interval '1 second'`);
    expect([textOf(await store.readBlob("r1", digestOf("c1"))), await store.blobs("r1")]).toEqual(["c1", [digestOf("c1")]]);
    answer(true);
    expect(await deletion).toBe(false);
    expect(textOf(await store.readBlob("r1", digestOf("c1")))).toBe("c1");
  });
});
