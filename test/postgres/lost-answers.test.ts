import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CommitOutcomeUnknownError, StaleOwnerError, StoreUnavailableError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import type { PostgresCheckpointStore } from "../../src/postgres/index.js";
import { bytesOf, digestOf, recordOf, textOf } from "./records.js";
import { TestDatabase } from "./test-database.js";
import { type WatchedClient, WatchedPool } from "./watched-pool.js";

let database: TestDatabase;
let pool: WatchedPool;
let schema: string;
let store: PostgresCheckpointStore;
/** Another way to the same tables, which nothing happens to. */
let other: PostgresCheckpointStore;

beforeAll(async () => {
  database = await TestDatabase.start({ anyServer: true });
  return () => database.stop();
});

beforeEach(async () => {
  pool = new WatchedPool(database.newPool());
  schema = database.newSchema();
  store = await database.openStore({ pool, schema, statementTimeoutMs: 2_000 });
  other = await database.openStore({ schema });
});

interface Setting {
  readonly writer: RunWriter;
  readonly journal: Journal;
}

async function setting(): Promise<Setting> {
  const writer = await store.acquire("r1");
  for (const seq of [1, 2]) await writer.put(recordOf("r1", seq));
  const journal = await writer.beginJournal(2);
  await journal.append(bytesOf("one"));
  return { writer, journal };
}

/** Breaks the connection once at a statement; tells how often that happened. */
function breakAt(statement: string, when: "before" | "after"): () => number {
  let fired = 0;
  pool.watch = {
    [when]: (text: string, connection: WatchedClient) => {
      if (!text.startsWith(statement) || fired > 0) return;
      fired++;
      throw connection.breakOff();
    },
  };
  return () => fired;
}

const journalTexts = async (seq = 2): Promise<string[]> => (await other.readJournal("r1", seq)).map(textOf);
const seqs = async (): Promise<number[]> => (await other.list("r1")).map(({ seq }) => seq);
const key = (seq: number) => ({ runId: "r1", seq, id: `c${seq}` });

/** Everything that is committed: what is asked, what it answers, and how it looks afterwards. */
const COMMITS: readonly (readonly [name: string, act: (at: Setting) => Promise<unknown>, answer: unknown, look: () => Promise<unknown>])[] =
  [
    ["a checkpoint", async ({ writer }) => writer.put(recordOf("r1", 3)), undefined, async () => [await seqs(), await other.blobs("r1")]],
    ["a record of a journal", async ({ journal }) => journal.append(bytesOf("two")), undefined, async () => journalTexts()],
    ["the start of a journal", async ({ writer }) => void (await writer.beginJournal(3)), undefined, async () => journalTexts()],
    ["an acquisition", async () => (await store.acquire("r2")).epoch, 1, async () => (await other.owner("r2"))?.epoch],
    ["a take-over", async () => (await store.acquire("r1", { takeOver: true })).epoch, 2, async () => (await other.owner("r1"))?.epoch],
    ["a sign of life", async ({ writer }) => writer.renew(), undefined, async () => (await other.owner("r1"))?.isAlive],
    [
      "a resume",
      async ({ writer }) => writer.countResume("2/1"),
      1,
      async () => (await other.acquire("r1", { takeOver: true })).countResume("2/1"),
    ],
    ["a release", async ({ writer }) => writer.release(), undefined, async () => other.owner("r1")],
    ["a pin", async () => store.pin(key(1), true), true, async () => other.pins("r1")],
    ["the deletion of a checkpoint", async () => store.delete(key(1)), true, seqs],
    ["the deletion of a blob", async () => store.deleteBlob("r1", digestOf("c1")), true, async () => other.blobs("r1")],
    ["the deletion of a run", async () => store.deleteRun("r1"), true, async () => [await seqs(), await other.runs()]],
  ];

describe.each([
  ["whose answer is lost", "COMMIT", "after"],
  ["that does not reach the server", "COMMIT", "before"],
  ["that does not even begin", "BEGIN", "before"],
] as const)("a commit %s", (_, statement, when) => {
  it.each(COMMITS)("applies %s exactly once", async (_name, act, answer, look) => {
    const undisturbed = await act(await setting());
    const expected = await look();
    for (const run of ["r1", "r2"]) await other.deleteRun(run);
    const at = await setting();
    const fired = breakAt(statement, when);
    expect([await act(at), undisturbed]).toEqual([answer, answer]);
    expect(fired()).toBe(1);
    expect(await look()).toEqual(expected);
  });
});

describe("an answer that was lost", () => {
  it("is told as unknown if nobody can be asked, and the same put tells later", async () => {
    const { writer } = await setting();
    const fired = breakAt("COMMIT", "after");
    pool.watch.connect = () => {
      if (fired() > 0) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    };
    const error = await writer.put(recordOf("r1", 3)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CommitOutcomeUnknownError);
    expect(error).toMatchObject({ outcome: "unknown", runId: "r1", checkpointId: "c3" });
    pool.watch = {};
    expect(await seqs()).toEqual([1, 2, 3]);
    await writer.put(recordOf("r1", 3));
    expect(await seqs()).toEqual([1, 2, 3]);
    expect(fired()).toBe(1);
  });

  it.each(["53100", "58030", "XX000"])("is found after a server that failed in the middle of a commit: SQLSTATE %s", async (code) => {
    const { writer } = await setting();
    let fired = 0;
    pool.watch = {
      after: (text, connection) => {
        if (text !== "COMMIT" || fired > 0) return;
        fired++;
        connection.breakOff();
        throw Object.assign(new Error("could not fsync file"), { severity: "PANIC", code });
      },
    };
    await writer.put(recordOf("r1", 3));
    expect([await seqs(), fired]).toEqual([[1, 2, 3], 1]);
  });

  it("is told as not applied if the server went away before the commit", async () => {
    const { writer } = await setting();
    const fired = breakAt("INSERT", "after");
    pool.watch.connect = () => {
      if (fired() > 0) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    };
    const error = await writer.put(recordOf("r1", 3)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ outcome: "not-applied", runId: "r1", checkpointId: "c3" });
    expect([await seqs(), fired()]).toEqual([[1, 2], 1]);
  });

  it("is found by an owner that was replaced meanwhile", async () => {
    const { writer, journal } = await setting();
    let fired = 0;
    const lose = async (text: string, connection: WatchedClient): Promise<void> => {
      if (text !== "COMMIT") return;
      pool.watch = {};
      fired++;
      await other.acquire("r1", { takeOver: true });
      throw connection.breakOff();
    };
    pool.watch = { after: lose };
    await journal.append(bytesOf("two"));
    await expect(journal.append(bytesOf("three"))).rejects.toThrow(StaleOwnerError);
    await expect(writer.put(recordOf("r1", 3))).rejects.toThrow(StaleOwnerError);
    const next = await store.acquire("r1", { takeOver: true });
    pool.watch = { after: lose };
    await next.put(recordOf("r1", 3));
    await expect(next.put(recordOf("r1", 4))).rejects.toThrow(StaleOwnerError);
    expect([await seqs(), await journalTexts(), fired]).toEqual([[1, 2, 3], ["one", "two"], 2]);
  });

  it("is refused to an owner that was replaced before its commit", async () => {
    const { writer } = await setting();
    let fired = 0;
    pool.watch = {
      before: async (text, connection) => {
        if (text !== "COMMIT") return;
        pool.watch = {};
        fired++;
        const error = connection.breakOff();
        await other.acquire("r1", { takeOver: true });
        throw error;
      },
    };
    await expect(writer.put(recordOf("r1", 3))).rejects.toMatchObject({ code: "STALE_OWNER", outcome: "not-applied" });
    expect([await seqs(), fired]).toEqual([[1, 2], 1]);
  });

  it("is waited for while its transaction may still be going on", async () => {
    const { writer } = await setting();
    let fired = 0;
    pool.watch = {
      before: (text, connection) => {
        if (text !== "COMMIT" || fired > 0) return;
        fired++;
        throw connection.abandon();
      },
    };
    await writer.put(recordOf("r1", 3));
    expect([await seqs(), fired]).toEqual([[1, 2, 3], 1]);
  });
});
