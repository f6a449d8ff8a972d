import { beforeAll, describe, expect, it } from "vitest";
import { RunOwnedError, StaleOwnerError } from "../../src/core/errors.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import type { PostgresCheckpointStore } from "../../src/postgres/index.js";
import { bytesOf, recordOf, textOf } from "./records.js";
import { RemoteStores } from "./remote-store.js";
import { TestDatabase } from "./test-database.js";
import { WatchedPool } from "./watched-pool.js";

let database: TestDatabase;
let remotes: RemoteStores;

beforeAll(async () => {
  database = await TestDatabase.start({ anyServer: true });
  remotes = new RemoteStores();
  return async () => {
    await remotes.stop();
    await database.stop();
  };
});

describe("a run", () => {
  it("is not taken from an owner whose lease runs, and is from one that let it run out", async () => {
    const schema = database.newSchema();
    const [one, two] = [await database.openStore({ schema }), await database.openStore({ schema })];
    const writer = await one.acquire("r1");
    const left = async (): Promise<number> =>
      Number((await database.ask(`SELECT extract(epoch FROM lease_until - clock_timestamp()) AS s FROM ${schema}.runs`))[0]?.["s"]);
    expect(await left()).toBeGreaterThan(20);
    await letLapse(schema);
    expect(await two.owner("r1")).toMatchObject({ epoch: 1, isAlive: false });
    await writer.renew();
    expect(await left()).toBeGreaterThan(20);
    await expect(two.acquire("r1")).rejects.toThrow(RunOwnedError);
    await letLapse(schema);
    expect((await two.acquire("r1")).epoch).toBe(2);
    await expect(writer.renew()).rejects.toThrow(StaleOwnerError);
  });

  it("can still be written by an owner whose lease has run out, while nobody has taken it", async () => {
    const schema = database.newSchema();
    const store = await database.openStore({ schema });
    const writer = await store.acquire("r1");
    await letLapse(schema);
    await writer.put(recordOf("r1", 1));
    expect(await store.list("r1")).toHaveLength(1);
  });
});

const letLapse = (schema: string) => database.ask(`UPDATE ${schema}.runs SET lease_until = clock_timestamp() - interval '1 second'`);

/** What a replaced owner is told: the codes of its late calls. */
async function lateCalls(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  const codes: string[] = [];
  for (const call of calls)
    codes.push(
      await call().then(
        () => "stored",
        (error: { code: string }) => error.code,
      ),
    );
  return codes;
}

describe("an owner that was replaced", () => {
  it("stores nothing more: 20 of them, each with late puts and appends", { timeout: 120_000 }, async () => {
    const schema = database.newSchema();
    const [one, two] = [await database.openStore({ schema }), await database.openStore({ schema })];
    const refused = { puts: 0, appends: 0 };
    for (let turn = 1; turn <= 18; turn++) {
      const runId = `r${turn}`;
      const old = await one.acquire(runId);
      await old.put(recordOf(runId, 1));
      const journal = await old.beginJournal(1);
      await journal.append(bytesOf("one"));
      const now = await replace(two, schema, runId, turn % 2 === 0);
      const late = [
        () => old.put(recordOf(runId, 2, "late")),
        () => journal.append(bytesOf("late")),
        () => old.put(recordOf(runId, 1, "late")),
      ];
      expect(await lateCalls(late)).toEqual(["STALE_OWNER", "STALE_OWNER", "STALE_OWNER"]);
      await now.put(recordOf(runId, 2, "next"));
      expect(await lateCalls([...late, () => old.beginJournal(1), () => old.countResume("1")])).toEqual(Array(5).fill("STALE_OWNER"));
      expect((await two.list(runId)).map(({ id }) => id)).toEqual(["c1", "next"]);
      expect((await two.readJournal(runId, 1)).map(textOf)).toEqual(["one"]);
      refused.puts += 4;
      refused.appends += 2;
    }
    for (const when of ["between two commits", "inside a commit"] as const) {
      const stopped = await replacedWhileStopped(two, schema, when);
      refused.puts += stopped.puts;
      refused.appends += stopped.appends;
    }
    console.log(`refused to 20 replaced owners (2 of them stopped processes): ${refused.puts} late puts, ${refused.appends} late appends`);
  });
});

describe("a commit that has begun", () => {
  it.each(["put", "append"] as const)("is waited for by whoever takes the run over: %s", async (what) => {
    const schema = database.newSchema();
    const pool = new WatchedPool(database.newPool());
    const [one, two] = [await database.openStore({ schema, pool }), await database.openStore({ schema })];
    const old = await one.acquire("r1");
    const journal = await old.beginJournal(1);
    const stored = async () => [await two.list("r1"), await two.readJournal("r1", 1)].flat().length;
    let seen: Promise<number> | null = null;
    pool.watch = {
      before: async (text) => {
        if (!/^(INSERT|WITH)/.test(text) || seen !== null) return;
        // The token has been found to be right, and nothing is stored yet.
        seen = two.acquire("r1", { takeOver: true }).then(stored);
        await Promise.race([seen, blocked()]);
      },
    };
    await (what === "put" ? old.put(recordOf("r1", 1)) : journal.append(bytesOf("one")));
    expect(await seen, "what the new owner sees of it at once").toBe(1);
    expect(await lateCalls([() => old.put(recordOf("r1", 2))])).toEqual(["STALE_OWNER"]);
  });
});

/** Resolves once somebody waits for a lock. */
async function blocked(): Promise<void> {
  while ((await database.ask("SELECT 1 FROM pg_locks WHERE NOT granted")).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

async function replace(store: PostgresCheckpointStore, schema: string, runId: string, byForce: boolean): Promise<RunWriter> {
  if (!byForce) await letLapse(schema);
  return store.acquire(runId, { takeOver: byForce });
}

/** A real process that is stopped past its lease, replaced, and goes on. */
async function replacedWhileStopped(
  store: PostgresCheckpointStore,
  schema: string,
  when: "between two commits" | "inside a commit",
): Promise<{ puts: number; appends: number }> {
  const runId = `stopped-${when.replaceAll(" ", "-")}`;
  const remote = await remotes.start(database.server.url, schema, 1_000);
  for (const what of ["acquire", "put", "begin", "append"] as const) expect(await remote.tell(what, runId)).not.toHaveProperty("code");
  const isInside = when === "inside a commit";
  if (isInside) await remote.tell("stop before the next commit", runId);
  else await remote.suspend();
  const latePut = remote.tell("put", runId, 2);
  await remote.suspended();
  const now = await acquiredAtLast(store, runId);
  await now.put(recordOf(runId, 2, "next"));
  remote.proceed();
  const replies = [
    await latePut,
    await remote.tell("put", runId, 3),
    await remote.tell("append", runId),
    await remote.tell("renew", runId),
  ];
  expect(replies).toEqual(Array(4).fill({ code: "STALE_OWNER", outcome: "not-applied" }));
  expect((await store.list(runId)).map(({ id }) => id)).toEqual([`p${remote.pid}-1`, "next"]);
  expect((await store.readJournal(runId, 1)).map(textOf)).toEqual([`step of ${remote.pid}`]);
  return { puts: 2, appends: 1 };
}

/** Waits until the lease of the owner before has run out. */
async function acquiredAtLast(store: PostgresCheckpointStore, runId: string): Promise<RunWriter> {
  for (;;) {
    const writer = await store.acquire(runId).catch((error: unknown) => error);
    if (!(writer instanceof RunOwnedError)) return writer as RunWriter;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
