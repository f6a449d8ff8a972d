import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  CheckpointStorageError,
  CheckpointWriteError,
  CommitOutcomeUnknownError,
  SequenceTakenError,
  StaleOwnerError,
  StoreRolledBackError,
  StoreUnavailableError,
} from "../../src/core/errors.js";
import type { S3CheckpointStore } from "../../src/s3/index.js";
import { bytesOf, holds, lists, put, record } from "../../src/testing/checkpoint-store-support.js";
import type { S3Fault, S3Server, SeenRequest } from "../servers/s3.js";
import { isCommit, startServer, storeOn } from "./support.js";

// No waiting between attempts.
vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

let server: S3Server;
let store: S3CheckpointStore;
/** One that does not wait long for an answer. */
let hasty: S3CheckpointStore;
let fired: number;

beforeEach(async () => {
  server = await startServer();
  store = storeOn(server);
  hasty = storeOn(server, { requestTimeoutMs: 100 });
  fired = 0;
});

/** Lets the first `times` requests of a sort fail. */
function failing(times: number, fault: S3Fault, isMeant: (request: SeenRequest) => boolean = isCommit): void {
  fired = 0;
  server.fault = (request) => {
    if (fired >= times || !isMeant(request)) return null;
    fired++;
    return fault;
  };
}

const LOST: readonly (readonly [string, S3Fault])[] = [
  ["reset", { kind: "reset" }],
  ["reset once it was applied", { kind: "reset", after: true }],
  ["never answered", { kind: "stall" }],
  ["never answered once it was applied", { kind: "stall", after: true }],
  ["answered 500", { kind: "status", status: 500, code: "InternalError" }],
  ["answered 500 once it was applied", { kind: "status", status: 500, code: "InternalError", after: true }],
  ["answered 503", { kind: "status", status: 503, code: "SlowDown" }],
  ["answered 409", { kind: "status", status: 409, code: "ConditionalRequestConflict" }],
  ["answered 429", { kind: "status", status: 429, code: "TooManyRequests" }],
  ["answered in part", { kind: "truncate" }],
];

/** As by a proxy that got no answer in time and sent the request once more: the server has applied it, and refuses it. */
const TWICE: S3Fault = { kind: "status", status: 412, code: "PreconditionFailed", after: true };

describe("a commit to S3", () => {
  it.each([...LOST, ["sent twice on its way", TWICE] as const])(
    "is made exactly once if its request is %s three times",
    async (_, fault) => {
      const writer = await hasty.acquire("r1");
      await writer.put(record("r1", 1, "a"));
      failing(3, fault);
      await writer.put(record("r1", 2, "b", bytesOf("blob")));
      failing(3, fault);
      const journal = await writer.beginJournal(2);
      failing(3, fault);
      await journal.append(bytesOf("step"));
      failing(3, fault);
      expect(await writer.countResume("2/1")).toBe(1);
      expect(fired).toBeGreaterThan(0);
      expect(await writer.countResume("2/1")).toBe(2);
      expect((await storeOn(server).readJournal("r1", 2)).length).toBe(1);
      await holds(storeOn(server), record("r1", 2, "b", bytesOf("blob")));
      await lists(storeOn(server), "r1", ["1 a", "2 b"]);
    },
  );

  it.each([...LOST, ["sent twice on its way", TWICE] as const])("makes one owner if the request is %s three times", async (_, fault) => {
    failing(3, fault);
    const writer = await hasty.acquire("r1");
    expect(fired).toBeGreaterThan(0);
    expect([writer.epoch, (await hasty.owner("r1"))?.epoch]).toEqual([1, 1]);
    await writer.put(record("r1", 1, "a"));
  });

  it.each(LOST)("reads, lists, deletes and pins though requests are %s twice each", async (_, fault) => {
    for (const seq of [1, 2]) await put(hasty, record("r1", seq, `c${seq}`, bytesOf("blob")));
    const retried = new Map<string, number>();
    server.fault = ({ method, key, query }) => {
      const count = (retried.get(`${method} ${key} ${query}`) ?? 0) + 1;
      retried.set(`${method} ${key} ${query}`, count);
      if (count > 2) return null;
      fired++;
      return fault;
    };
    expect(await hasty.pin({ runId: "r1", seq: 2, id: "c2" }, true)).toBe(true);
    expect(await hasty.delete({ runId: "r1", seq: 1, id: "c1" })).toBe(true);
    expect([await hasty.find("c2"), await hasty.find("c1")]).toEqual([{ runId: "r1", seq: 2, id: "c2" }, null]);
    await holds(hasty, record("r1", 2, "c2", bytesOf("blob")));
    const [digest = ""] = await hasty.blobs("r1");
    expect(await hasty.deleteBlob("r1", digest)).toBe(true);
    expect(await hasty.readBlob("r1", digest)).toBeNull();
    expect([await hasty.pins("r1"), await hasty.runs()]).toEqual([["c2"], ["r1"]]);
    expect(await hasty.deleteRun("r1")).toBe(true);
    expect(fired).toBeGreaterThan(15);
  });

  it("has an unknown outcome if neither it nor the question after it is answered, and is there if it was applied", async () => {
    const writer = await store.acquire("r1");
    let isDown = false;
    server.fault = (request) => {
      isDown ||= isCommit(request);
      if (isDown) fired++;
      return isDown ? { kind: "reset", after: true } : null;
    };
    const error = await writer.put(record("r1", 1, "a")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommitOutcomeUnknownError);
    expect(error).toMatchObject({ outcome: "unknown", runId: "r1" });
    expect(fired).toBeGreaterThanOrEqual(12);
    server.fault = null;
    await holds(store, record("r1", 1, "a"));
    await writer.put(record("r1", 2, "b"));
    await lists(store, "r1", ["1 a", "2 b"]);
  });

  it("has an unknown outcome if it may still be on its way", async () => {
    const writer = await store.acquire("r1");
    failing(Number.POSITIVE_INFINITY, { kind: "reset" });
    await expect(writer.put(record("r1", 1, "a"))).rejects.toThrow(CommitOutcomeUnknownError);
    expect(fired).toBe(6);
    server.fault = null;
    await lists(store, "r1", []);
    await writer.put(record("r1", 1, "b"));
    await lists(store, "r1", ["1 b"]);
  });

  it("leaves no later step in the place of one that failed", async () => {
    const writer = await store.acquire("r1");
    await writer.put(record("r1", 1, "a"));
    const steps = async () => (await store.readJournal("r1", 1)).map((step) => step.length);
    const large = new Uint8Array(40_000);
    for (const [isMeant, step] of [
      [isCommit, bytesOf("step")],
      [({ key }: SeenRequest) => key.includes("/journal/"), large],
    ] as const) {
      const journal = await writer.beginJournal(1);
      await journal.append(new Uint8Array(1));
      failing(1, { kind: "status", status: 403, code: "AccessDenied" }, isMeant);
      const together = await Promise.allSettled([journal.append(step), journal.append(bytesOf("with it"))]);
      expect([...together.map(({ status }) => status), fired]).toEqual(["rejected", "rejected", 1]);
      await expect(journal.append(bytesOf("later"))).rejects.toThrow(CheckpointStorageError);
      expect(await steps()).toEqual([1]);
    }
    await (await writer.beginJournal(1)).append(large);
    expect(await steps()).toEqual([40_000]);
  });

  it("is known to the next one if it arrives late, and never counts if that one was faster", async () => {
    const writer = await hasty.acquire("r1");
    for (const [seq, isLate] of [
      [1, true],
      [2, false],
    ] as const) {
      let arrive = (): void => {};
      const arrival = new Promise<void>((resolve) => (arrive = resolve));
      server.fault = async (request) => {
        if (!isCommit(request)) return null;
        fired++;
        await arrival;
        return null;
      };
      await expect(writer.put(record("r1", seq, "old"))).rejects.toThrow(CommitOutcomeUnknownError);
      const asked = server.seen.length;
      server.fault = null;
      if (isLate) {
        arrive();
        await expect.poll(() => server.seen.length).toBe(asked + 6);
        await expect(writer.put(record("r1", seq, "new"))).rejects.toThrow(SequenceTakenError);
      } else {
        await writer.put(record("r1", seq, "new"));
        const after = server.seen.length;
        arrive();
        await expect.poll(() => server.seen.length).toBe(after + 6);
      }
    }
    expect(fired).toBe(12);
    await lists(store, "r1", ["1 old", "2 new"]);
    await holds(hasty, record("r1", 1, "old"));
  });

  it("has not been made if the server was only busy", async () => {
    const writer = await store.acquire("r1");
    failing(Number.POSITIVE_INFINITY, { kind: "status", status: 429, code: "SlowDown" });
    const error = await writer.put(record("r1", 1, "a")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CheckpointWriteError);
    expect(error).toMatchObject({ outcome: "not-applied", checkpointId: "a" });
    expect((error as CheckpointWriteError).cause).toBeInstanceOf(StoreUnavailableError);
    server.fault = null;
    await lists(store, "r1", []);
    expect([...server.objects.keys()]).toEqual(["team/runs/heads/r1"]);
  });

  it("has not been made if it is refused, or if what it names could not be stored", async () => {
    const writer = await store.acquire("r1");
    const denied: S3Fault = { kind: "status", status: 403, code: "AccessDenied" };
    for (const isMeant of [
      isCommit,
      ({ key }: SeenRequest) => key.includes("/documents/"),
      ({ key }: SeenRequest) => key.includes("/blobs/"),
    ]) {
      failing(1, denied, isMeant);
      const error = await writer.put(record("r1", 1, "a", bytesOf("blob"))).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CheckpointWriteError);
      expect(error).toMatchObject({ outcome: "not-applied" });
      expect((error as CheckpointWriteError).cause).toBeInstanceOf(CheckpointStorageError);
      expect(fired).toBe(1);
      await lists(store, "r1", []);
    }
    server.fault = null;
    await writer.put(record("r1", 1, "a", bytesOf("blob")));
    await lists(store, "r1", ["1 a"]);
  });

  it("counts if it was made before another took the run over, though its answer was lost", async () => {
    const writer = await store.acquire("r1");
    let now = writer;
    server.fault = async (request) => {
      if (!isCommit(request)) return null;
      fired++;
      if (fired === 1) return { kind: "reset", after: true };
      server.fault = null;
      now = await storeOn(server).acquire("r1", { takeOver: true });
      return null;
    };
    await writer.put(record("r1", 1, "a"));
    expect([fired, now.epoch]).toEqual([2, 2]);
    await lists(store, "r1", ["1 a"]);
    await expect(writer.put(record("r1", 2, "b"))).rejects.toThrow(StaleOwnerError);
  });

  it("does not count if another took the run over before it arrived, though its answer was lost", async () => {
    const writer = await store.acquire("r1");
    server.fault = async (request) => {
      if (!isCommit(request)) return null;
      fired++;
      if (fired === 1) return { kind: "reset" };
      server.fault = null;
      await storeOn(server).acquire("r1", { takeOver: true });
      return null;
    };
    await expect(writer.put(record("r1", 1, "a"))).rejects.toThrow(StaleOwnerError);
    expect(fired).toBe(2);
    await lists(store, "r1", []);
  });

  it("has an unknown outcome if so much happened since that nobody remembers", async () => {
    const writer = await store.acquire("r1");
    server.fault = async (request) => {
      if (!isCommit(request)) return null;
      fired++;
      if (fired === 1) return { kind: "reset", after: true };
      server.fault = null;
      const other = await storeOn(server).acquire("r1", { takeOver: true });
      for (let turn = 0; turn < 16; turn++) await other.renew();
      return null;
    };
    await expect(writer.put(record("r1", 1, "a"))).rejects.toThrow(CommitOutcomeUnknownError);
    expect(fired).toBe(2);
    await lists(store, "r1", ["1 a"]);
  });

  it("fails if the server has forgotten what it had confirmed", async () => {
    const writer = await store.acquire("r1");
    const before = new Map(server.objects);
    await writer.put(record("r1", 1, "a"));
    server.objects.clear();
    for (const [key, stored] of before) server.objects.set(key, stored);
    await expect(writer.put(record("r1", 2, "b"))).rejects.toThrow(StoreRolledBackError);
    server.objects.clear();
    await expect(writer.renew()).rejects.toThrow(StoreRolledBackError);
    await expect(writer.renew()).rejects.toThrow(StaleOwnerError);
    expect((await store.acquire("r1")).epoch).toBe(1);
  });

  it("gives up on a run that others change all the time", async () => {
    const writer = await store.acquire("r1");
    const other = storeOn(server);
    await writer.put(record("r1", 1, "a"));
    let isPinned = false;
    server.fault = async (request) => {
      if (!isCommit(request) || fired >= 60) return null;
      fired++;
      const { fault } = server;
      server.fault = null;
      isPinned = !isPinned;
      await other.pin({ runId: "r1", seq: 1, id: "a" }, isPinned);
      server.fault = fault;
      return null;
    };
    await expect(writer.renew()).rejects.toThrow(StoreUnavailableError);
    expect(fired).toBe(60);
    await writer.renew();
  });
});
