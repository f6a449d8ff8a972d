import { describe, expect, it, vi } from "vitest";
import { RunOwnedError, StaleOwnerError } from "../../src/core/errors.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { s3Settings } from "../../src/s3/s3-options.js";
import { Transport } from "../../src/s3/transport.js";
import { bytesOf, holds, lists, record } from "../../src/testing/checkpoint-store-support.js";
import type { S3Server } from "../servers/s3.js";
import { Answering } from "./child.js";
import { isCommit, startServer, storeOn } from "./support.js";

const REPLACED = 20;

/** Holds the next commits back; resolves to what lets them go once the first is there. */
function holdCommits(server: S3Server): { readonly arrived: Promise<void>; letGo(): void } {
  let letGo = (): void => {};
  const released = new Promise<void>((resolve) => (letGo = resolve));
  const arrived = new Promise<void>((resolve) => {
    server.fault = async (request) => {
      if (!isCommit(request)) return null;
      resolve();
      await released;
      return null;
    };
  });
  return { arrived, letGo: () => letGo() };
}

/** How many were refused, which all have to be. */
function refusals(results: readonly PromiseSettledResult<void>[]): number {
  for (const result of results) expect(result).toMatchObject({ status: "rejected", reason: expect.any(StaleOwnerError) });
  return results.length;
}

const refusal = { code: "STALE_OWNER", stopped: 1 };

/** Lets a process that has stopped go on, or that is about to stop. */
async function woken(child: Answering, answer: Promise<unknown>): Promise<unknown> {
  const timer = setInterval(() => child.process.kill("SIGCONT"), 50);
  return answer.finally(() => clearInterval(timer));
}

describe("an owner of a run in S3 that was replaced", () => {
  it(`has each of ${REPLACED} late commits refused, whether it is sent late or arrives late`, async () => {
    const server = await startServer();
    let [refused, held] = [0, 0];
    for (let turn = 0; turn < REPLACED; turn++) {
      const runId = `r${turn}`;
      const old = await storeOn(server).acquire(runId);
      await old.put(record(runId, 1, "a"));
      const journal = await old.beginJournal(1);
      await journal.append(bytesOf("one"));
      const late = () => Promise.allSettled([old.put(record(runId, 2, "late", bytesOf("blob"))), journal.append(bytesOf("late"))]);
      // On its way to the server while the owner is replaced, every other time.
      const hold = turn % 2 === 0 ? holdCommits(server) : null;
      const early = hold && late();
      await hold?.arrived;
      server.fault = null;
      const now = await storeOn(server).acquire(runId, { takeOver: true });
      hold?.letGo();
      held += refusals((await early) ?? []);
      refused += refusals(await late());
      await lists(storeOn(server), runId, ["1 a"]);
      expect((await storeOn(server).readJournal(runId, 1)).length).toBe(1);
      await now.put(record(runId, 2, "b"));
      await holds(storeOn(server), record(runId, 2, "b"));
    }
    console.log(`${REPLACED} owners replaced: ${refused} late puts and steps refused, and ${held} that were on their way`);
    expect([refused, held]).toEqual([2 * REPLACED, REPLACED]);
  });

  it("has its commits refused when it was stopped right before, outlived its lease and wakes up", { timeout: 60_000 }, async () => {
    const server = await startServer();
    const child = new Answering(new URL("paused-owner.ts", import.meta.url), [server.url]);
    try {
      expect(await child.next()).toEqual({ epoch: 1 });
      const answer = child.ask({ what: "put", stops: true });
      const store = storeOn(server);
      let [now, waited]: [RunWriter | null, number] = [null, 0];
      while (now === null) {
        now = await store.acquire("r1").catch((error: unknown) => {
          if (error instanceof RunOwnedError) return null;
          throw error;
        });
        if (now === null) waited++;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect([now.epoch, waited > 0]).toEqual([2, true]);
      // It has sent everything but the commit, or the new owner has swept that.
      await lists(store, "r1", ["1 a"]);
      await now.put(record("r1", 2, "b"));
      expect(await woken(child, answer)).toEqual(refusal);
      expect(await child.ask({ what: "append", stops: false })).toEqual(refusal);
      expect(await child.ask({ what: "put", stops: false })).toEqual(refusal);
      await lists(store, "r1", ["1 a", "2 b"]);
      expect((await store.readJournal("r1", 1)).length).toBe(1);
      expect([...server.objects.keys()].filter((key) => key.includes("late"))).toEqual([]);
    } finally {
      child.stop();
    }
  });

  it("has its step refused when it was stopped right before", { timeout: 60_000 }, async () => {
    const server = await startServer();
    const child = new Answering(new URL("paused-owner.ts", import.meta.url), [server.url]);
    try {
      await child.next();
      const answer = child.ask({ what: "append", stops: true });
      const now = await storeOn(server).acquire("r1", { takeOver: true });
      await now.countResume("1/1");
      expect(await woken(child, answer)).toEqual(refusal);
      expect((await storeOn(server).readJournal("r1", 1)).length).toBe(1);
    } finally {
      child.stop();
    }
  });
});

describe("a lease in S3", () => {
  it("is judged by the server's clock, whatever this machine's says", async () => {
    const server = await startServer({ aheadMs: -600_000 });
    const writer = await storeOn(server).acquire("r1");
    expect(await storeOn(server).owner("r1")).toMatchObject({ epoch: 1, isAlive: true });
    server.aheadMs += 29_000;
    await expect(storeOn(server).acquire("r1")).rejects.toThrow(RunOwnedError);
    // The first answer tells that the server's clock has made a leap.
    for (const _ of [1, 2]) await writer.renew();
    server.aheadMs += 29_000;
    await expect(storeOn(server).acquire("r1")).rejects.toThrow(RunOwnedError);
    server.aheadMs += 3_000;
    expect(await storeOn(server).owner("r1")).toMatchObject({ epoch: 1, isAlive: false });
    expect((await storeOn(server).acquire("r1")).epoch).toBe(2);
    await expect(writer.renew()).rejects.toThrow(StaleOwnerError);
  });

  it("is judged by the time at which an answer began, however long it took to arrive", async () => {
    const date = new Date(1_700_000_000_000);
    let elapsed = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => elapsed);
    const slow = async (): Promise<Response> => {
      const pull = (body: ReadableStreamDefaultController): void => {
        elapsed += 20_000;
        body.close();
      };
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers: { date: date.toUTCString() } });
    };
    try {
      const transport = new Transport(s3Settings({ bucket: "bucket", endpoint: "http://slow", client: { fetch: slow } }));
      await transport.send({ method: "GET", key: "x" });
      expect([elapsed, transport.now()]).toEqual([20_000, date.getTime() + 20_000]);
    } finally {
      clock.mockRestore();
    }
  });

  it("that has run out is as good as new as long as nobody has taken the run over", async () => {
    const server = await startServer();
    const writer = await storeOn(server).acquire("r1");
    server.aheadMs += 40_000;
    await writer.put(record("r1", 1, "a"));
    await expect(storeOn(server).acquire("r1")).rejects.toThrow(RunOwnedError);
  });
});
