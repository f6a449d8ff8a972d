import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { StaleOwnerError, StoreRolledBackError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { bytesOf, record } from "../../src/testing/checkpoint-store-support.js";
import { ownRedis, type TestRedis } from "../servers/redis.js";
import { newClient, openedStore } from "./support.js";

const keepsAll = ownRedis({ persists: true });
const keepsSaved = ownRedis();

interface Owned {
  readonly writer: RunWriter;
  readonly journal: Journal;
}

/** An owner who has stored checkpoint 1, and two steps after it. */
async function owned(server: TestRedis) {
  const prefix = `test-${randomUUID()}`;
  const store = await openedStore({ url: server.url, prefix });
  const writer = await store.acquire("r1");
  await writer.put(record("r1", 1, "a"));
  const journal = await writer.beginJournal(1);
  for (const step of ["one", "two"]) await journal.append(bytesOf(step));
  return { prefix, store, writer, journal, admin: newClient(server.url) };
}

/** All that an owner may do next. */
const NEXT: readonly (readonly [string, (of: Owned) => Promise<unknown>])[] = [
  ["checkpoint", ({ writer }) => writer.put(record("r1", 2, "b"))],
  ["step", ({ journal }) => journal.append(bytesOf("three"))],
  ["journal", ({ writer }) => writer.beginJournal(1)],
  ["resume", ({ writer }) => writer.countResume("1")],
  ["sign of life", ({ writer }) => writer.renew()],
];

describe("a server that has lost what it had confirmed", () => {
  it.each(NEXT)("is found by the next %s, when all is gone", async (_, act) => {
    const { store, admin, ...owner } = await owned(keepsSaved());
    await admin.flushall();
    const error = await act(owner).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StoreRolledBackError);
    expect(error).toMatchObject({
      outcome: "not-applied",
      runId: "r1",
      message: expect.stringContaining("found epoch none, expected epoch 1"),
    });
    expect([await store.list("r1"), await store.readJournal("r1", 1), await store.owner("r1")]).toEqual([[], [], null]);
  });

  it.each(NEXT)("is found by the next %s, when it was set back to an older file", async (_, act) => {
    const { store, admin, ...owner } = await owned(keepsSaved());
    await admin.save();
    await owner.writer.put(record("r1", 5, "lost"));
    const journal = await owner.writer.beginJournal(5);
    await keepsSaved().restart();
    await expect(act({ ...owner, journal })).rejects.toThrow(
      /found commit 2, expected commit 4.*appendonly yes.*resume the run from its newest/,
    );
    const next = await store.acquire("r1", { takeOver: true });
    await next.put(record("r1", 2, "next"));
    expect((await store.list("r1")).map(({ id }) => id)).toEqual(["a", "next"]);
  });

  it("is found by the next step, when only steps are missing", async () => {
    const { prefix, store, writer, journal, admin } = await owned(keepsSaved());
    await admin.rpop(`${prefix}:{r1}:steps`);
    const error = await journal.append(bytesOf("three")).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StoreRolledBackError);
    expect((error as Error).message).toContain("found 1 records of the journal, expected 2 of them");
    await expect(journal.append(bytesOf("four"))).rejects.toThrow(StoreRolledBackError);
    expect(await store.readJournal("r1", 1)).toHaveLength(1);
    await writer.put(record("r1", 2, "b"));
  });

  it.each(NEXT)("is found by the next %s, when another owner has the epoch again", async (_, act) => {
    const { store, admin, ...owner } = await owned(keepsSaved());
    await admin.flushall();
    const other = await store.acquire("r1");
    expect(other.epoch).toBe(1);
    await expect(act(owner)).rejects.toThrow(/found another owner in the same epoch, expected this one/);
    await other.put(record("r1", 1, "other"));
    expect((await store.list("r1")).map(({ id }) => id)).toEqual(["other"]);
  });
});

describe("a server that has lost nothing", () => {
  it("is not suspected: a power cut, deleted checkpoints, a closed store", async () => {
    const { store, writer, journal } = await owned(keepsAll());
    await keepsAll().restart();
    await journal.append(bytesOf("three"));
    await writer.put(record("r1", 2, "b"));
    for (const key of await store.list("r1")) await store.delete(key);
    await keepsAll().restart();
    for (const [, act] of NEXT.slice(1)) await act({ writer, journal });
    await store.close();
    await store.open();
    const later = await store.acquire("r1", { takeOver: true });
    await later.put(record("r1", 3, "c"));
    expect((await store.list("r1")).map(({ id }) => id)).toEqual(["c"]);
  });

  it.each(NEXT)("is not suspected when somebody has deleted the run: %s", async (_, act) => {
    const { store, writer, journal } = await owned(keepsAll());
    await store.deleteRun("r1");
    await expect(act({ writer, journal })).rejects.toThrow(StaleOwnerError);
  });
});
