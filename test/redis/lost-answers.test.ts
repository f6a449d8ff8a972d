import { describe, expect, it } from "vitest";
import { CommitOutcomeUnknownError, StoreUnavailableError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import type { RedisCheckpointStore } from "../../src/redis/index.js";
import { bytesOf, digestOf, record } from "../../src/testing/checkpoint-store-support.js";
import { sharedRedis } from "../servers/redis.js";
import { HeldClient } from "./held-client.js";
import { newClient, openedStore } from "./support.js";

const url = sharedRedis();
const BLOB = bytesOf("blob");
const FIRST = { runId: "r1", seq: 1, id: "a" };

interface World {
  readonly store: RedisCheckpointStore;
  readonly writer: RunWriter;
  readonly journal: Journal;
}

/** What changes something, what it answers, and how it shows that it was done once. */
const CHANGES: readonly (readonly [string, (world: World) => Promise<unknown>, unknown, (world: World) => Promise<unknown>, unknown])[] = [
  ["acquire", async ({ store }) => (await store.acquire("r9")).epoch, 1, async ({ store }) => (await store.owner("r9"))?.epoch, 1],
  [
    "put",
    ({ writer }) => writer.put(record("r1", 2, "b")),
    undefined,
    ({ store }) => store.list("r1"),
    [FIRST, { ...FIRST, seq: 2, id: "b" }],
  ],
  ["beginJournal", async ({ writer }) => typeof (await writer.beginJournal(2)), "object", ({ store }) => store.readJournal("r1", 1), []],
  ["append", ({ journal }) => journal.append(bytesOf("x")), undefined, async ({ store }) => (await store.readJournal("r1", 1)).length, 2],
  ["countResume", ({ writer }) => writer.countResume("1"), 2, ({ writer }) => writer.countResume("1"), 3],
  ["renew", ({ writer }) => writer.renew(), undefined, async ({ store }) => (await store.owner("r1"))?.isAlive, true],
  ["release", ({ writer }) => writer.release(), undefined, ({ store }) => store.owner("r1"), null],
  ["delete", ({ store }) => store.delete(FIRST), true, ({ store }) => store.delete(FIRST), false],
  ["pin", ({ store }) => store.pin(FIRST, true), true, ({ store }) => store.pins("r1"), ["a"]],
  ["deleteBlob", ({ store }) => store.deleteBlob("r1", digestOf(BLOB)), true, ({ store }) => store.blobs("r1"), []],
  [
    "deleteBlob of one in use",
    ({ store }) => store.deleteBlob("r1", digestOf(BLOB), async () => false),
    false,
    ({ store }) => store.blobs("r1"),
    [digestOf(BLOB)],
  ],
  ["deleteRun", ({ store }) => store.deleteRun("r1"), true, ({ store }) => store.runs(), []],
];

async function world() {
  const client = new HeldClient(newClient(url()));
  const store = await openedStore({ client, commandTimeoutMs: 100 });
  const writer = await store.acquire("r1");
  await writer.countResume("1");
  await writer.put(record("r1", 1, "a", BLOB));
  const journal = await writer.beginJournal(1);
  await journal.append(bytesOf("one"));
  return { client, store, writer, journal };
}

describe("a change whose answer gets lost", () => {
  it.each(CHANGES)("is done once and answered as if nothing had been: %s", async (_, change, answer, look, expected) => {
    const { client, ...rest } = await world();
    client.loseAnswers(2);
    expect(await change(rest)).toEqual(answer);
    expect(client.lostAnswers).toBe(2);
    expect(await look(rest)).toEqual(expected);
  });

  it.each(CHANGES)("again and again is said to be unknown, and is done once: %s", async (name, change, _, look, expected) => {
    const { client, ...rest } = await world();
    client.loseAnswers(Number.POSITIVE_INFINITY);
    const error = await change(rest).catch((error: unknown) => error);
    // The first thing that a deletion does to a blob is to hide it, and it is not known either whether it is shown again.
    expect(error).toBeInstanceOf(CommitOutcomeUnknownError);
    expect(error).toMatchObject({ outcome: "unknown", message: expect.stringContaining("look at what is stored once the server answers") });
    expect(client.lostAnswers).toBeGreaterThan(2);
    client.loseAnswers(0);
    if (!name.startsWith("deleteBlob")) expect(await look(rest)).toEqual(expected);
  });

  it("is no loss to who only looks", async () => {
    const { client, store } = await world();
    client.loseAnswers(2);
    expect(await store.list("r1")).toEqual([FIRST]);
    client.loseAnswers(Number.POSITIVE_INFINITY);
    const error = await store.list("r1").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ outcome: "not-applied", runId: "r1" });
  });

  it("of a put that another owner has meanwhile followed is answered as it was", async () => {
    const { client, store, writer } = await world();
    const other = await openedStore({ url: url(), prefix: store.location.split(" prefix ")[1] ?? "" });
    client.loseAnswers(1);
    const stored = writer.put(record("r1", 2, "b"));
    while (client.lostAnswers === 0) await new Promise((resolve) => setImmediate(resolve));
    const next = await other.acquire("r1", { takeOver: true });
    await stored;
    await next.put(record("r1", 3, "c"));
    expect((await other.list("r1")).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });
});
