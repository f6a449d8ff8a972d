import { describe, expect, it } from "vitest";
import { CheckpointStorageError, CheckpointWriteError } from "../../src/core/errors.js";
import { bytesOf, digestOf, record } from "../../src/testing/checkpoint-store-support.js";
import { ownRedis } from "../servers/redis.js";
import { afterwards, newClient, openedStore } from "./support.js";

const server = ownRedis();
const BLOB = bytesOf("blob");

/** Lets the server have no room from now on, until the test is over or it has again. */
async function fill(): Promise<() => Promise<unknown>> {
  const admin = newClient(server().url);
  await admin.config("SET", "maxmemory", "1mb");
  const empty = (): Promise<unknown> => newClient(server().url).config("SET", "maxmemory", "0");
  afterwards(empty);
  return empty;
}

describe("a full server", () => {
  it("stores nothing of a commit, which is told, and stores again when it has room", async () => {
    const store = await openedStore({ url: server().url });
    const writer = await store.acquire("r1");
    const empty = await fill();
    for (const commit of [() => writer.put(record("r1", 1, "a", BLOB)), () => writer.beginJournal(1), () => writer.countResume("1")]) {
      const error = await commit().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(CheckpointWriteError);
      expect(error).toMatchObject({
        outcome: "not-applied",
        message: expect.stringMatching(/a full server \(maxmemory is reached\) \(OOM\)/),
      });
    }
    await expect(store.acquire("r2")).rejects.toThrow(CheckpointStorageError);
    expect([await store.list("r1"), await store.blobs("r1"), await store.owner("r2")]).toEqual([[], [], null]);
    await empty();
    await writer.put(record("r1", 1, "a", BLOB));
    const journal = await writer.beginJournal(1);
    expect(await writer.countResume("1")).toBe(1);
    await fill();
    await expect(journal.append(bytesOf("one"))).rejects.toThrow(CheckpointWriteError);
    expect(await store.readJournal("r1", 1)).toEqual([]);
  });

  it("still keeps runs and makes room", async () => {
    const store = await openedStore({ url: server().url });
    const writer = await store.acquire("r1");
    for (const seq of [1, 2]) await writer.put(record("r1", seq, `c${seq}`, BLOB));
    await fill();
    await writer.renew();
    expect(await store.pin({ runId: "r1", seq: 2, id: "c2" }, true)).toBe(true);
    expect(await store.delete({ runId: "r1", seq: 1, id: "c1" })).toBe(true);
    expect(await store.deleteBlob("r1", digestOf(BLOB), async () => false)).toBe(false);
    expect(await store.deleteBlob("r1", digestOf(BLOB))).toBe(true);
    await writer.release();
    expect([await store.owner("r1"), (await store.list("r1")).length]).toEqual([null, 1]);
    expect(await store.deleteRun("r1")).toBe(true);
    expect(await store.runs()).toEqual([]);
  });
});

describe("a checkpoint that is larger than Redis takes", () => {
  it("is refused, and the connection stays", async () => {
    const store = await openedStore({ url: server().url });
    const writer = await store.acquire("r1");
    const half = new Uint8Array(256 << 20);
    const given = { ...record("r1", 1, "a"), blobs: new Map(["0", "1"].map((digit) => [digit.repeat(64), half])) };
    await expect(writer.put(given)).rejects.toThrow(/too large: found 536870\d+ bytes, expected at most 536870912/);
    await writer.put(record("r1", 1, "a"));
    expect(await store.list("r1")).toHaveLength(1);
  });
});
