import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RunOwnedError, StaleOwnerError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import type { RedisCheckpointStore } from "../../src/redis/index.js";
import { bytesOf, record } from "../../src/testing/checkpoint-store-support.js";
import { sharedRedis } from "../servers/redis.js";
import { RemoteStore } from "./remote-store.js";
import { newClient, openedStore } from "./support.js";

const url = sharedRedis();

/** Two stores that keep the same runs, and a look at what they keep. */
async function twoStores() {
  const prefix = `test-${randomUUID()}`;
  const [one, two] = [await openedStore({ url: url(), prefix }), await openedStore({ url: url(), prefix })];
  const admin = newClient(url());
  const ownerKey = (runId: string) => `${prefix}:{${runId}}:owner`;
  const letLapse = (runId: string) => admin.hset(ownerKey(runId), "until", "1");
  const left = async (runId: string) => Number(await admin.hget(ownerKey(runId), "until")) - Number((await admin.time())[0]) * 1_000;
  return { prefix, one, two, admin, letLapse, left };
}

describe("a run", () => {
  it("is not taken from an owner whose lease runs, and is from one that let it run out", async () => {
    const { one, two, letLapse, left } = await twoStores();
    const writer = await one.acquire("r1");
    expect(await left("r1")).toBeGreaterThan(20_000);
    await letLapse("r1");
    expect(await two.owner("r1")).toMatchObject({ epoch: 1, isAlive: false });
    await writer.renew();
    expect(await left("r1")).toBeGreaterThan(20_000);
    await expect(two.acquire("r1")).rejects.toThrow(RunOwnedError);
    await letLapse("r1");
    expect((await two.acquire("r1")).epoch).toBe(2);
    await expect(writer.renew()).rejects.toThrow(StaleOwnerError);
  });

  it("can still be written by an owner whose lease has run out, while nobody has taken it", async () => {
    const { one, letLapse } = await twoStores();
    const writer = await one.acquire("r1");
    await letLapse("r1");
    await writer.put(record("r1", 1, "a"));
    expect(await one.list("r1")).toHaveLength(1);
  });
});

/** What a replaced owner is told: the codes of its late calls. */
async function lateCalls(...calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  const codes: string[] = [];
  const codeOf = (error: { code: string }): string => error.code;
  for (const call of calls) codes.push(await call().then(() => "stored", codeOf));
  return codes;
}

const stale = (count: number): string[] => Array<string>(count).fill("STALE_OWNER");

async function stepsOf(store: RedisCheckpointStore, runId: string): Promise<string[]> {
  return (await store.readJournal(runId, 1)).map((bytes) => new TextDecoder().decode(bytes));
}

describe("an owner that was replaced", () => {
  it("stores nothing more: 16 of them, each with late puts and appends", { timeout: 60_000 }, async () => {
    const { one, two, letLapse } = await twoStores();
    for (let turn = 1; turn <= 16; turn++) {
      const runId = `r${turn}`;
      const old = await one.acquire(runId);
      await old.put(record(runId, 1, "a"));
      const journal = await old.beginJournal(1);
      await journal.append(bytesOf("one"));
      const byForce = turn % 2 === 0;
      if (!byForce) await letLapse(runId);
      const now = await two.acquire(runId, { takeOver: byForce });
      expect(await lateCalls(...latePutsAndAppends(old, journal))).toEqual(stale(3));
      await now.put(record(runId, 2, "next"));
      const others = [() => old.beginJournal(1), () => old.countResume("1"), () => old.renew()];
      expect(await lateCalls(...latePutsAndAppends(old, journal), ...others)).toEqual(stale(6));
      await old.release();
      expect(await two.owner(runId)).toMatchObject({ epoch: 2, isAlive: true });
      expect((await two.list(runId)).map(({ id }) => id)).toEqual(["a", "next"]);
      expect(await stepsOf(two, runId)).toEqual(["one"]);
    }
    console.log("refused to 16 replaced owners: 64 late puts, 32 late appends");
  });

  it.each([
    ["put", "before"],
    ["put", "after"],
    ["append", "before"],
    ["append", "after"],
  ] as const)(
    "stores nothing more though its process was stopped inside a commit: %s, %s it is given to the socket",
    async (what, stops) => {
      const { prefix, two, admin } = await twoStores();
      const remote = await RemoteStore.start(url(), prefix, 1_000);
      for (const before of ["acquire", "put", "begin", "append"] as const) expect(await remote.tell(before)).not.toHaveProperty("code");
      const late = remote.tell(what, { seq: 2, stops });
      await remote.suspended();
      // The server has got a part of the commit, and waits for the rest.
      if (stops === "after") expect(await received(admin)).toBeGreaterThan(100_000);
      const now = await acquiredAtLast(two);
      await now.put(record("r1", 3, "next"));
      remote.proceed();
      expect(await late).toEqual({ code: "STALE_OWNER", outcome: "not-applied" });
      for (const after of ["put", "append", "renew"] as const)
        expect(await remote.tell(after, { seq: 4 })).toMatchObject({ code: "STALE_OWNER" });
      expect((await two.list("r1")).map(({ id }) => id)).toEqual([`p${remote.pid}-1`, "next"]);
      expect(await stepsOf(two, "r1")).toEqual([`step of ${remote.pid}`]);
      console.log(
        `refused to a process that was stopped ${stops} its ${what} was given to the socket: that, a put, an append and a renewal`,
      );
    },
  );
});

function latePutsAndAppends(old: RunWriter, journal: Journal): readonly (() => Promise<unknown>)[] {
  const late = (seq: number) => () => old.put(record(old.runId, seq, "late", bytesOf("late")));
  return [late(2), () => journal.append(bytesOf("late")), late(1)];
}

/** How many bytes the server holds of a command that has not come to its end. */
async function received(admin: ReturnType<typeof newClient>): Promise<number> {
  const clients = String(await admin.client("LIST"));
  return Math.max(
    ...[...clients.matchAll(/ qbuf=(\d+).* argv-mem=(\d+)/g)].map(([, buffered, parsed]) => Number(buffered) + Number(parsed)),
  );
}

/** Waits until the lease of the owner before has run out. */
async function acquiredAtLast(store: RedisCheckpointStore): Promise<RunWriter> {
  for (;;) {
    const writer = await store.acquire("r1").catch((error: unknown) => error);
    if (!(writer instanceof RunOwnedError)) return writer as RunWriter;
    await delay(50);
  }
}
