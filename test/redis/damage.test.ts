import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { CairnError, CheckpointCorruptError } from "../../src/core/errors.js";
import type { Journal } from "../../src/core/journal.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import type { RedisCheckpointStore } from "../../src/redis/index.js";
import { bytesOf, digestOf, put, record } from "../../src/testing/checkpoint-store-support.js";
import { below, seeded } from "../faults/seeded.js";
import { sharedRedis } from "../servers/redis.js";
import { newClient, openedStore } from "./support.js";

const url = sharedRedis();
const BLOB = bytesOf("blob");
const FIRST = { runId: "r1", seq: 1, id: "a" };

interface World {
  readonly store: RedisCheckpointStore;
  readonly admin: Redis;
  readonly writer: RunWriter;
  readonly journal: Journal;
  /** The name of a key of run `r1`, or of another key of the store. */
  key(part: string): string;
}

/** A run with something in each of its keys. */
async function wholeRun(): Promise<World> {
  const prefix = `test-${randomUUID()}`;
  const store = await openedStore({ url: url(), prefix });
  const writer = await store.acquire("r1");
  await writer.countResume("1");
  await writer.put(record("r1", 1, "a", BLOB));
  await store.pin(FIRST, true);
  const journal = await writer.beginJournal(1);
  await journal.append(bytesOf("one"));
  const key = (part: string) => (part === "runs" ? `${prefix}:runs` : `${prefix}:{r1}:${part}`);
  return { store, admin: newClient(url()), writer, journal, key };
}

/** Everything that is done with a run. */
const USES: readonly ((world: World) => Promise<unknown>)[] = [
  ({ store }) => store.list("r1"),
  ({ store }) => store.find("a"),
  ({ store }) => store.runs(),
  ({ store }) => store.read(FIRST),
  ({ store }) => store.readBlob("r1", digestOf(BLOB)),
  ({ store }) => store.readJournal("r1", 1),
  ({ store }) => store.blobs("r1"),
  ({ store }) => store.pins("r1"),
  ({ store }) => store.owner("r1"),
  ({ store }) => store.acquire("r1"),
  ({ writer }) => writer.renew(),
  ({ writer }) => writer.countResume("1"),
  ({ writer }) => writer.put(record("r1", 2, "b", bytesOf("new"))),
  ({ store }) => put(store, record("r2", 1, "other")),
  ({ journal }) => journal.append(bytesOf("two")),
  ({ writer }) => writer.beginJournal(1),
  ({ store }) => store.pin(FIRST, false),
  ({ store }) => store.deleteBlob("r1", digestOf(BLOB)),
  ({ store }) => store.delete(FIRST),
  ({ store }) => store.acquire("r1", { takeOver: true }),
];

/** All that is stored of run `r1`, byte by byte. */
async function stored({ admin, key }: World): Promise<unknown[]> {
  const parts = ["owner", "checkpoints", "documents", "blobs", "hidden", "pins", "journal", "steps"];
  return Promise.all(parts.map((part) => admin.dumpBuffer(key(part))));
}

/** Does all of that; resolves to the codes of the errors. What fails must be an error of this library, and change nothing. */
async function useAll(world: World): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const use of USES) {
    const before = await stored(world);
    const error = await use(world).then(
      () => null,
      (error: unknown) => error,
    );
    if (error === null) continue;
    expect(error).toBeInstanceOf(CairnError);
    codes.add((error as CairnError).code);
    expect((error as CairnError).outcome).toBe("not-applied");
    expect(await stored(world), `${use}`).toEqual(before);
  }
  return codes;
}

describe("a key that somebody else has taken", () => {
  it.each(["owner", "checkpoints", "documents", "blobs", "hidden", "pins", "journal", "steps", "runs"])(
    "is told, and left as it is: %s",
    async (part) => {
      const world = await wholeRun();
      await world.admin.set(world.key(part), "of somebody else");
      const codes = await useAll(world);
      expect(codes.has("CHECKPOINT_STORAGE") || codes.has("CHECKPOINT_WRITE")).toBe(true);
      expect([...codes].filter((code) => !/^(CHECKPOINT_(STORAGE|WRITE)|RUN_OWNED|USAGE)$/.test(code))).toEqual([]);
      expect(await world.admin.get(world.key(part))).toBe("of somebody else");
    },
  );

  it("is said to be the matter", async () => {
    const { store, admin, key } = await wholeRun();
    await admin.set(key("checkpoints"), "of somebody else");
    await expect(store.list("r1")).rejects.toThrow(
      /listing the checkpoints of run r1 failed.*keys of somebody else \(WRONGTYPE\).*another prefix/,
    );
  });
});

describe("a damaged value", () => {
  it.each([
    ["owner", "epoch", "abc"],
    ["owner", "epoch", ""],
    ["owner", "epoch", "-1"],
    ["owner", "epoch", "1.5"],
    ["owner", "epoch", "nan"],
    ["owner", "epoch", "9".repeat(30)],
    ["owner", "until", "soon"],
    ["owner", "serial", "x"],
    ["owner", "counted", "x"],
    ["owner", "resumes", "many"],
    ["owner", "resumes", "-7.5"],
    ["checkpoints", "abc", "c"],
    ["checkpoints", "0", "c"],
    ["checkpoints", "9".repeat(20), "c"],
    ["checkpoints", "7", "../etc"],
    ["checkpoints", "7", "\u001b[31m"],
    ["hidden", digestOf(BLOB), "junk"],
  ])("is found before it is used: %s %s = %j", async (part, field, value) => {
    const world = await wholeRun();
    await world.admin.hset(world.key(part), field, value);
    const codes = await useAll(world);
    expect(codes).toContain("CHECKPOINT_CORRUPT");
  });

  it("is shown without control characters", async () => {
    const { store, admin, key } = await wholeRun();
    await admin.hset(key("owner"), "holder", `\u001b[31m${"x".repeat(500)}`);
    expect((await store.owner("r1"))?.description).toMatch(/^[ -~]{1,200}$/);
    await expect(store.acquire("r1")).rejects.toThrow(/^[ -~]*$/);
    await admin.hset(key("checkpoints"), "7", "\u001b[31m");
    await expect(store.list("r1")).rejects.toThrow(CheckpointCorruptError);
    await expect(store.list("r1")).rejects.toThrow(/^[ -~]*$/);
  });

  it("is never more than an error, whatever and wherever it is", { timeout: 60_000 }, async () => {
    const random = seeded(11);
    const pick = <Item>(items: readonly Item[]): Item => items[below(random, items.length)] as Item;
    const told = new Map<string, number>();
    for (let turn = 0; turn < 60; turn++) {
      const world = await wholeRun();
      const part = pick(["owner", "checkpoints", "documents", "blobs", "hidden", "journal", "runs"]);
      const fields = [...(await world.admin.hkeys(world.key(part))), "other", "2", ""];
      const value = pick(["", "-1", "1e400", "nan", "inf", "0x10", "null", "{}", "*", "\0", "é".repeat(200), "99999999999999999999"]);
      await world.admin.hset(world.key(part), pick(fields), value);
      for (const code of await useAll(world)) told.set(code, (told.get(code) ?? 0) + 1);
      const keys = await world.store.list("r1").catch(() => []);
      for (const { seq, id } of keys) expect([Number.isSafeInteger(seq), id]).toEqual([true, expect.stringMatching(/^[\w.-]+$/)]);
    }
    console.log(`60 damaged runs, told as: ${JSON.stringify(Object.fromEntries([...told].sort()))}`);
  });
});

describe("what stands in the keys", () => {
  it("is never taken for a pattern or another key", async () => {
    const { store, admin, key } = await wholeRun();
    await put(store, record("r2", 1, "b"));
    for (const name of ["*", "r?", "[a-z]1", "../r1", "r1}:x{", "", "a b", "\0"]) await admin.hset(key("runs"), name, "1");
    for (const name of ["*", "../x", "?".repeat(64)]) {
      await admin.hset(key("blobs"), name, "of somebody else");
      await admin.sadd(key("pins"), name);
    }
    expect(await store.runs()).toEqual(["r1", "r2"]);
    expect(await store.find("b")).toEqual({ runId: "r2", seq: 1, id: "b" });
    expect(await store.blobs("r1")).toEqual([digestOf(BLOB)]);
    expect(await store.pins("r1")).toEqual(["a"]);
    expect(await store.deleteRun("r1")).toBe(true);
    expect(await store.runs()).toEqual(["r2"]);
  });

  it("of runs whose names begin alike, or of another prefix, is not mixed up", async () => {
    const { store, admin, key } = await wholeRun();
    const prefix = key("runs").replace(/:runs$/, "");
    const other = await openedStore({ url: url(), prefix: `${prefix}:sub` });
    for (const runId of ["r1.", "r10", "R1", "runs", "r1-owner"]) await put(store, record(runId, 1, `of-${runId}`));
    await put(other, record("r1", 1, "of-other"));
    await store.deleteRun("r1");
    expect(await store.runs()).toEqual(["R1", "r1-owner", "r1.", "r10", "runs"]);
    expect((await other.list("r1")).map(({ id }) => id)).toEqual(["of-other"]);
    expect((await admin.keys("*")).filter((name) => name.startsWith(`${prefix}:{r1}`)).sort()).toEqual([
      expect.stringContaining(":{r1}:answer:"),
      expect.stringContaining(":{r1}:answer:"),
      `${prefix}:{r1}:owner`,
    ]);
  });
});
