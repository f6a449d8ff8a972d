import { beforeEach, describe, expect, it } from "vitest";
import { CheckpointCorruptError, SequenceTakenError } from "../../src/core/errors.js";
import type { S3CheckpointStore } from "../../src/s3/index.js";
import { holds, lists, put, record } from "../../src/testing/checkpoint-store-support.js";
import type { S3Server } from "../servers/s3.js";
import { startServer, storeOn } from "./support.js";

const COUNT = 300;

let server: S3Server;
let store: S3CheckpointStore;

beforeEach(async () => {
  server = await startServer();
  store = storeOn(server);
  const writer = await store.acquire("r1");
  const seqs = Array.from({ length: COUNT }, (_, n) => n + 1);
  await Promise.all(seqs.map((seq) => writer.put(record("r1", seq, `c${seq}`))));
  await writer.release();
});

const pages = (): string[] => [...server.objects.keys()].filter((key) => key.includes("/index/"));
const key = (seq: number) => ({ runId: "r1", seq, id: `c${seq}` });
const listed = async (): Promise<number[]> => (await storeOn(server).list("r1")).map(({ seq }) => seq);

describe("a run in S3 with more checkpoints than its head has room for", () => {
  it("lists, reads and finds all of them", async () => {
    expect(pages()).toHaveLength(3);
    expect(await listed()).toEqual(Array.from({ length: COUNT }, (_, n) => n + 1));
    for (const seq of [1, 64, 65, 128, 192, 193, 300]) {
      await holds(storeOn(server), record("r1", seq, `c${seq}`));
      expect(await storeOn(server).find(`c${seq}`)).toEqual(key(seq));
    }
  });

  it("refuses a seq that is taken, and takes one that was deleted", async () => {
    await expect(put(storeOn(server), record("r1", 17, "again"))).rejects.toThrow(SequenceTakenError);
    expect(await store.delete(key(17))).toBe(true);
    await put(storeOn(server), record("r1", 17, "again"));
    expect(await storeOn(server).find("again")).toEqual({ runId: "r1", seq: 17, id: "again" });
    expect(await listed()).toHaveLength(COUNT);
    await expect(put(storeOn(server), record("r1", 17, "third"))).rejects.toThrow(SequenceTakenError);
    expect(await storeOn(server).read(key(17))).toBeNull();
  });

  it("pins and deletes old ones, and drops a page of which nothing is left", async () => {
    expect(await store.pin(key(10), true)).toBe(true);
    for (let seq = 1; seq <= 70; seq++) expect(await storeOn(server).delete(key(seq)), `seq ${seq}`).toBe(seq !== 10);
    expect(await listed()).toEqual([10, ...Array.from({ length: COUNT - 70 }, (_, n) => n + 71)]);
    expect(await store.pin(key(10), false)).toBe(true);
    expect([await store.delete(key(10)), await store.delete(key(10))]).toEqual([true, false]);
    expect((await listed())[0]).toBe(71);
    // The page is swept with what a killed owner has left.
    await store.acquire("r1");
    await storeOn(server).acquire("r1", { takeOver: true });
    expect(pages()).toHaveLength(2);
    expect(await listed()).toHaveLength(COUNT - 70);
  });

  it("is read whole by one who meets a deletion of the run", async () => {
    let fired = 0;
    server.fault = async (request) => {
      if (request.method !== "GET" || !request.key.includes("/index/")) return null;
      server.fault = null;
      fired++;
      await storeOn(server).deleteRun("r1");
      return null;
    };
    await lists(storeOn(server), "r1", []);
    expect(fired).toBe(1);
  });

  it("is damaged if a page is missing or not as it was written", async () => {
    const [page = ""] = pages();
    const stored = server.objects.get(page);
    server.objects.delete(page);
    await expect(storeOn(server).list("r1")).rejects.toThrow(CheckpointCorruptError);
    await expect(storeOn(server).list("r1")).rejects.toThrow(/index of run r1 is damaged: found a page missing/);
    const body = Buffer.from(stored?.body ?? []);
    body[body.length - 20] = (body[body.length - 20] ?? 0) ^ 1;
    server.objects.set(page, { body, etag: '"x"' });
    await expect(storeOn(server).list("r1")).rejects.toThrow(/bytes of another digest/);
  });
});
