import { readdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunOwnedError, StaleOwnerError } from "../../src/core/errors.js";
import { type DurableFs, systemFs } from "../../src/file/durable-fs.js";
import type { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { nameFrom, renameOwner } from "./foreign-owners.js";
import { OwnerProgram } from "./owner-child.js";
import { leftIn, openedStore, recordOf, systemError, temporaryFolder, watchedFs, wholeCheckpoints } from "./support.js";

const RACES = 100;
const STOPS = 20;

let program: OwnerProgram;
beforeAll(() => {
  program = new OwnerProgram();
});
afterAll(() => program.remove());

describe("a run", () => {
  it("goes to exactly one of four processes that race for it, be it new, let go of or left by a dead one", {
    timeout: 120_000,
  }, async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    const runs = Array.from({ length: RACES }, (_, n) => `r${n + 1}`);
    for (const [n, run] of runs.entries()) {
      if (n % 3 === 0) continue;
      const writer = await store.acquire(run);
      if (n % 3 === 1) await writer.release();
      else renameOwner(root, nameFrom("start"), run);
    }
    const racers = ["a", "b", "c", "d"].map((who) => program.start(root, "race", who, String(RACES), "abcd"));
    const won = await Promise.all(racers.map(async (racer) => JSON.parse(await racer.line()) as string[]));
    console.log(`${RACES} races of 4 processes: won ${won.map(({ length }) => length).join(", ")}`);
    expect(won.flat().sort()).toEqual(runs.toSorted());
    expect(won.filter(({ length }) => length > 0).length).toBeGreaterThan(1);
    for (const [n, run] of runs.entries()) {
      expect(await wholeCheckpoints(store, run)).toEqual([1]);
      expect((await store.owner(run))?.epoch).toBe(n % 3 === 0 ? 1 : 2);
      expect(await leftIn(root, run)).toEqual([]);
    }
  });
});

/** Lets 20 owners stop in the middle of a commit, replaces each, and lets it go on. */
async function replaceStopped(
  what: "put" | "append",
  before: (store: FileCheckpointStore, run: string) => Promise<void>,
): Promise<string[]> {
  const root = await temporaryFolder();
  const store = await openedStore(root);
  const child = program.start(root, what, String(STOPS));
  const outcomes: string[] = [];
  for (let run = 1; run <= STOPS; run++) {
    await child.stopped();
    await before(store, `r${run}`);
    child.goOn();
    outcomes.push(await child.line());
  }
  await child.ended;
  return outcomes;
}

describe("an owner that is stopped and replaced", () => {
  it("in the middle of a put stores no checkpoint", { timeout: 60_000 }, async () => {
    const after: (() => Promise<void>)[] = [];
    const outcomes = await replaceStopped("put", async (store, run) => {
      await expect(store.acquire(run)).rejects.toThrow(RunOwnedError);
      const writer = await store.acquire(run, { takeOver: true });
      expect(await wholeCheckpoints(store, run)).toEqual([1]);
      await writer.put({ ...recordOf(3, "next"), runId: run });
      after.push(async () => expect(await wholeCheckpoints(store, run)).toEqual([1, 3]));
    });
    for (const check of after) await check();
    const stale = outcomes.filter((outcome) => outcome === "StaleOwnerError");
    console.log(
      `owners stopped in a put and replaced: ${outcomes.length}, refused ${stale.length}, committed ${outcomes.length - stale.length}`,
    );
    expect(outcomes).toEqual(Array.from({ length: STOPS }, () => "StaleOwnerError"));
  });

  it("in the middle of an append has no step confirmed", { timeout: 60_000 }, async () => {
    const after: (() => Promise<void>)[] = [];
    const outcomes = await replaceStopped("append", async (store, run) => {
      const writer = await store.acquire(run, { takeOver: true });
      expect((await store.readJournal(run, 1)).map(String)[0]).toBe("early");
      await (await writer.beginJournal(2)).append(Buffer.from("next"));
      after.push(async () => expect((await store.readJournal(run, 2)).map(String)).toEqual(["next"]));
    });
    for (const check of after) await check();
    const stale = outcomes.filter((outcome) => outcome === "StaleOwnerError");
    console.log(
      `owners stopped in an append and replaced: ${outcomes.length}, refused ${stale.length}, confirmed ${outcomes.length - stale.length}`,
    );
    expect(outcomes).toEqual(Array.from({ length: STOPS }, () => "StaleOwnerError"));
  });
});

describe("an owner that was replaced", () => {
  it("is told by whom", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    const old = await store.acquire("r1");
    const next = await store.acquire("r1", { takeOver: true });
    await expect(old.renew()).rejects.toThrow(`found process ${process.pid} on host`);
    await expect(old.renew()).rejects.toThrow("in epoch 2");
    await next.release();
    await expect(old.put(recordOf(1))).rejects.toThrow("found that it has let go of the run, or the run deleted");
  });

  it("removes no journal of its successor", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    let isLate = false;
    const list: DurableFs["list"] = async (path) => {
      const entries = await systemFs.list(path);
      if (!path.endsWith("/journal") || isLate) return entries;
      isLate = true;
      const next = await (await store.acquire("r1", { takeOver: true })).beginJournal(1);
      await next.append(Buffer.from("next"));
      return systemFs.list(path);
    };
    const old = await (await openedStore(root, { ...systemFs, list })).acquire("r1");
    await expect(old.beginJournal(2)).rejects.toThrow(StaleOwnerError);
    expect(isLate).toBe(true);
    expect((await store.readJournal("r1", 1)).map(String)).toEqual(["next"]);
  });

  it("publishes nothing by a rename that had found its folder before it was replaced", async () => {
    const root = await temporaryFolder();
    const store = await openedStore(root);
    const late: string[] = [];
    // What the kernel may do: look up a folder, be interrupted, and go on in it whatever it is called by then.
    const fs = watchedFs((call, from, to) => {
      if (call === "rename" && to.includes("/checkpoints/")) late.push(from, to);
      return late.length > 0 ? systemError("EINTR", call) : null;
    });
    const old = await (await openedStore(root, fs)).acquire("r1");
    await expect(old.put(recordOf(1, "late"))).rejects.toThrow("EINTR");
    const [from = "", to = ""] = late;
    expect(readdirSync(dirname(from))).toContain(basename(from));
    await store.acquire("r1", { takeOver: true });
    const [folder = ""] = readdirSync(join(root, "r1/owner"));
    expect(() => renameSync(join(root, "r1/owner", folder, basename(from)), to)).toThrow("ENOENT");
    expect(await store.list("r1")).toEqual([]);
  });
});
