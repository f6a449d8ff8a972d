import { beforeEach, describe, expect, it } from "vitest";
import type { S3CheckpointStore } from "../../src/s3/index.js";
import { bytesOf, digestOf, holds, put, record } from "../../src/testing/checkpoint-store-support.js";
import type { S3Server } from "../servers/s3.js";
import { isCommit, startServer, storeOn } from "./support.js";

const blob = bytesOf("large value");
const digest = digestOf(blob);

let server: S3Server;
let store: S3CheckpointStore;

beforeEach(async () => {
  server = await startServer();
  store = storeOn(server);
});

/** The objects of the blob, by how their names go on. */
const objects = (): string[] =>
  [...server.objects.keys()].flatMap((key) => (key.includes(`/blobs/${digest}`) ? [key.slice(key.indexOf(digest) + digest.length)] : []));

/** A blob that was left behind: it is stored, but no checkpoint names it any more. */
async function leftBlob(): Promise<void> {
  await put(store, record("r1", 1, "a", blob));
  await store.delete({ runId: "r1", seq: 1, id: "a" });
}

describe("a blob in S3", () => {
  it("is kept by a checkpoint that was on its way while the blob was deleted", async () => {
    await leftBlob();
    const writer = await store.acquire("r1");
    let fired = 0;
    server.fault = async (request) => {
      if (!isCommit(request)) return null;
      server.fault = null;
      fired++;
      // The blob has been stored with the checkpoint, which nobody else knows of.
      expect(await storeOn(server).deleteBlob("r1", digest, async () => true)).toBe(true);
      return null;
    };
    await writer.put(record("r1", 2, "b", blob));
    expect(fired).toBe(1);
    await holds(storeOn(server), record("r1", 2, "b", blob));
    expect(await store.blobs("r1")).toEqual([digest]);
  });

  it("is kept by a checkpoint that is stored between the question and the deletion, however late that comes", async () => {
    await leftBlob();
    const writer = await store.acquire("r1");
    let fired = 0;
    server.fault = async ({ method, key }) => {
      if (method !== "DELETE" || !key.endsWith(digest)) return null;
      server.fault = null;
      fired++;
      await writer.put(record("r1", 2, "b", blob));
      return null;
    };
    expect(await storeOn(server).deleteBlob("r1", digest, async () => true)).toBe(true);
    expect(fired).toBe(1);
    await holds(storeOn(server), record("r1", 2, "b", blob));
    expect(objects()).toEqual([expect.stringMatching(/^\.2-[0-9a-f]{16}-\d+$/)]);
    expect(await store.blobs("r1")).toEqual([digest]);
  });

  it("is found again a minute after a deletion of it died, and kept by checkpoints that need it", async () => {
    await leftBlob();
    const never = new Promise<boolean>(() => {});
    void storeOn(server).deleteBlob("r1", digest, () => never);
    await expect.poll(() => store.readBlob("r1", digest)).toBeNull();
    expect(await store.blobs("r1")).toEqual([]);
    expect(await store.deleteBlob("r1", digest)).toBe(false);
    server.aheadMs += 61_000;
    expect(await store.readBlob("r1", digest)).toEqual(blob);
    expect(await store.blobs("r1")).toEqual([digest]);
    // The deletion may only have slept: what it would delete is not relied on.
    await put(store, record("r1", 2, "b", blob));
    expect(objects()).toHaveLength(2);
    await holds(store, record("r1", 2, "b", blob));
  });

  it("is kept when a deletion that slept for long deletes what it had in mind, others having deleted and stored it since", async () => {
    await leftBlob();
    let wake = (): void => {};
    const slept = new Promise<boolean>((resolve) => (wake = () => resolve(true)));
    const sleeping = storeOn(server).deleteBlob("r1", digest, () => slept);
    await expect.poll(() => store.readBlob("r1", digest)).toBeNull();
    server.aheadMs += 61_000;
    expect(await store.deleteBlob("r1", digest)).toBe(true);
    expect(await store.readBlob("r1", digest)).toBeNull();
    await put(store, record("r1", 2, "b", blob));
    wake();
    expect(await sleeping).toBe(true);
    await holds(storeOn(server), record("r1", 2, "b", blob));
    // Moved, deleted, and stored anew under its own name.
    await store.delete({ runId: "r1", seq: 2, id: "b" });
    expect(await store.deleteBlob("r1", digest)).toBe(true);
    expect(objects()).toEqual([]);
    await put(store, record("r1", 3, "c", blob));
    expect(objects()).toEqual([""]);
    await holds(storeOn(server), record("r1", 3, "c", blob));
  });

  it("is not stored under its name again after a deletion whose request may still be on its way", async () => {
    await leftBlob();
    const hasty = storeOn(server, { requestTimeoutMs: 100 });
    let arrive = (): void => {};
    const arrival = new Promise<void>((resolve) => (arrive = resolve));
    let fired = 0;
    server.fault = async ({ method, key }) => {
      if (method !== "DELETE" || !key.endsWith(digest) || fired > 0) return null;
      fired++;
      await arrival;
      return null;
    };
    expect(await hasty.deleteBlob("r1", digest)).toBe(true);
    await put(store, record("r1", 2, "b", blob));
    const asked = server.seen.length;
    arrive();
    await expect.poll(() => server.seen.slice(asked).some((line) => line.startsWith("DELETE"))).toBe(true);
    expect(fired).toBe(1);
    await holds(store, record("r1", 2, "b", blob));
  });

  it("survives any order of storing and deleting it by three stores", async () => {
    const stores = [1, 2, 3].map(() => storeOn(server));
    const writer = await store.acquire("r1");
    const isUnused = async (): Promise<boolean> => (await store.list("r1")).length === 0;
    for (let seq = 1; seq <= 20; seq++) {
      const given = record("r1", seq, `c${seq}`, blob);
      await Promise.all([writer.put(given), ...stores.map((each) => each.deleteBlob("r1", digest, isUnused))]);
      await holds(storeOn(server), given);
      expect(await store.delete(given)).toBe(true);
      if (seq % 3 === 0) await store.deleteBlob("r1", digest, isUnused);
    }
  });
});
