import { beforeEach, describe, expect, it } from "vitest";
import { CairnError, StaleOwnerError } from "../../src/core/errors.js";
import type { S3CheckpointStore } from "../../src/s3/index.js";
import { bytesOf, holds, lists, put, record } from "../../src/testing/checkpoint-store-support.js";
import type { S3Server } from "../servers/s3.js";
import { isCommit, startServer, storeOn } from "./support.js";

let server: S3Server;
let store: S3CheckpointStore;

beforeEach(async () => {
  server = await startServer({ pageSize: 4 });
  store = storeOn(server);
});

const keys = (part: string): string[] => [...server.objects.keys()].filter((key) => key.includes(part));

/** A run with three checkpoints, a blob and a journal. */
async function someRun(runId: string): Promise<void> {
  const writer = await store.acquire(runId);
  for (const seq of [1, 2, 3]) await writer.put(record(runId, seq, `${runId}-c${seq}`, bytesOf(`blob ${seq}`)));
  const journal = await writer.beginJournal(3);
  for (const size of [10, 40_000, 10]) await journal.append(new Uint8Array(size));
}

describe("a run in S3 that is deleted", () => {
  it("leaves only its head, which tells that it is gone", async () => {
    await someRun("r1");
    await someRun("r2");
    const others = keys("r2");
    expect(await store.deleteRun("r1")).toBe(true);
    expect(keys("r1")).toEqual(["team/runs/heads/r1"]);
    expect(keys("r2")).toEqual(others);
    expect(await store.runs()).toEqual(["r2"]);
  });

  it("is gone at once, and removed to the end by the next deletion if the first is interrupted", async () => {
    await someRun("r1");
    for (let allowed = 0; allowed < 4; allowed++) {
      let deletions = 0;
      server.fault = ({ method }) =>
        method === "DELETE" && deletions++ >= allowed ? { kind: "status", status: 403, code: "AccessDenied" } : null;
      await expect(store.deleteRun("r1")).rejects.toThrow(CairnError);
      expect(deletions).toBeGreaterThan(allowed);
      server.fault = null;
      expect([await store.runs(), await store.list("r1"), await store.blobs("r1")]).toEqual([[], [], []]);
      expect([await store.find("r1-c1"), await store.readJournal("r1", 3), await store.owner("r1")]).toEqual([null, [], null]);
      expect(keys("r1").length).toBeGreaterThan(1);
    }
    expect(await store.deleteRun("r1")).toBe(false);
    expect(keys("r1")).toEqual(["team/runs/heads/r1"]);
  });

  it("can be started afresh while the old one is still being removed", async () => {
    await someRun("r1");
    let fired = 0;
    server.fault = async ({ method }) => {
      if (method !== "DELETE") return null;
      server.fault = null;
      fired++;
      await put(storeOn(server), record("r1", 1, "r1-c1", bytesOf("blob 1")));
      return null;
    };
    expect(await store.deleteRun("r1")).toBe(true);
    expect(fired).toBe(1);
    await lists(storeOn(server), "r1", ["1 r1-c1"]);
    await holds(storeOn(server), record("r1", 1, "r1-c1", bytesOf("blob 1")));
    expect(await store.find("r1-c1")).toEqual({ runId: "r1", seq: 1, id: "r1-c1" });
  });

  it("cannot be brought back by a checkpoint that was on its way", async () => {
    const writer = await store.acquire("r1");
    await writer.put(record("r1", 1, "a"));
    server.fault = async (request) => {
      if (!isCommit(request)) return null;
      server.fault = null;
      await storeOn(server).deleteRun("r1");
      return null;
    };
    await expect(writer.put(record("r1", 2, "b"))).rejects.toThrow(StaleOwnerError);
    expect(server.fault).toBeNull();
    expect([await store.runs(), await store.find("b")]).toEqual([[], null]);
    expect(keys("r1")).toEqual(["team/runs/heads/r1"]);
  });
});

describe("what an owner of a run in S3 left behind", () => {
  it("is removed by the next one: documents, their hints and parts of journals that nothing names", async () => {
    await someRun("r1");
    const before = keys("r1").length;
    // Killed before its commits: what they would have named is stored.
    const writer = await storeOn(server).acquire("r1", { takeOver: true });
    const journal = await writer.beginJournal(3);
    const segments = keys("/journal/").length;
    server.fault = (request) => (isCommit(request) ? { kind: "reset" } : null);
    const late = Promise.allSettled([writer.put(record("r1", 4, "d", bytesOf("blob 4"))), journal.append(new Uint8Array(40_000))]);
    await expect.poll(() => [keys("/documents/").length, keys("/ids/d/").length, keys("/journal/").length]).toEqual([4, 1, segments + 1]);
    const now = storeOn(server);
    server.fault = null;
    await now.acquire("r1", { takeOver: true });
    expect([keys("/documents/").length, keys("/ids/d/").length, keys("/journal/").length]).toEqual([3, 0, 0]);
    for (const seq of [1, 2, 3]) await holds(now, record("r1", seq, `r1-c${seq}`, bytesOf(`blob ${seq}`)));
    for (const { status } of await late) expect(status).toBe("rejected");
    expect(keys("r1").length).toBeLessThan(before + 2);
  });

  it("stays if it cannot be removed, which keeps nobody from the run", async () => {
    await someRun("r1");
    let fired = 0;
    server.fault = ({ query }) => {
      if (!query.has("list-type")) return null;
      fired++;
      return { kind: "status", status: 403, code: "AccessDenied" };
    };
    const writer = await storeOn(server).acquire("r1", { takeOver: true });
    expect(fired).toBeGreaterThan(0);
    await writer.put(record("r1", 4, "d"));
  });

  it("is removed by itself if its checkpoint is refused", async () => {
    const writer = await store.acquire("r1");
    await writer.put(record("r1", 1, "a"));
    const before = keys("r1");
    await expect(writer.put(record("r1", 1, "b"))).rejects.toThrow("seq 1 of run r1 is taken");
    expect(keys("r1")).toEqual(before);
  });
});
