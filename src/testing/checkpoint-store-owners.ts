import assert from "node:assert/strict";
import type { CheckpointStore } from "../core/checkpoint.js";
import { InvalidIdError, RunOwnedError, SequenceTakenError, StaleOwnerError } from "../core/errors.js";
import type { RunWriter } from "../core/run-writer.js";
import { bytesOf, type ContractCase, digestOf, holds, lists, promise, put, record, refuses } from "./checkpoint-store-support.js";

/** A run whose owner was replaced by another. */
async function replaced(store: CheckpointStore): Promise<{ readonly old: RunWriter; readonly now: RunWriter }> {
  const old = await store.acquire("r1");
  await old.put(record("r1", 1, "a"));
  return { old, now: await store.acquire("r1", { takeOver: true }) };
}

const owning: readonly ContractCase[] = [
  promise("gives a run to one owner at a time", async (store) => {
    const writer = await store.acquire("r1");
    await assert.rejects(store.acquire("r1"), RunOwnedError);
    await writer.put(record("r1", 1, "a"));
    await assert.rejects(store.acquire("r1"), { runId: "r1", outcome: "not-applied", code: "RUN_OWNED" });
    await writer.put(record("r1", 2, "b"));
    await lists(store, "r1", ["1 a", "2 b"]);
  }),
  promise("names the owner in the refusal as it does when asked", async (store) => {
    await store.acquire("r1");
    const owner = await store.owner("r1");
    assert.ok(owner !== null && owner.description !== "" && owner.isAlive);
    await assert.rejects(store.acquire("r1"), { owner: owner.description });
  }),
  promise("has no owner of a run that nobody acquired, or that was let go of", async (store) => {
    assert.equal(await store.owner("r1"), null);
    const writer = await store.acquire("r1");
    assert.equal((await store.owner("r1"))?.epoch, writer.epoch);
    await writer.release();
    assert.equal(await store.owner("r1"), null);
  }),
  promise("counts acquisitions by epochs that grow", async (store) => {
    const epochs: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const writer = await store.acquire("r1");
      epochs.push(writer.epoch);
      if (turn % 2 === 0) await writer.put(record("r1", turn + 1, `c${turn}`));
      await writer.release();
    }
    assert.deepEqual(epochs, [1, 2, 3, 4, 5]);
  }),
  promise("owns runs apart from each other", async (store) => {
    const [one, other] = [await store.acquire("r1"), await store.acquire("r11")];
    await one.release();
    await assert.rejects(store.acquire("r11"), RunOwnedError);
    await other.put(record("r11", 1, "a"));
    assert.deepEqual([(await store.acquire("r1")).epoch, other.epoch], [2, 1]);
  }),
  promise("has no run for an owner that has stored nothing", async (store) => {
    await store.acquire("r1");
    assert.deepEqual([await store.runs(), await store.list("r1"), await store.blobs("r1")], [[], [], []]);
    assert.equal(await store.deleteRun("r1"), false);
  }),
  promise("lets exactly one of 20 racing owners have a run", async (store) => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.acquire("r1")));
    const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    assert.equal(won.length, 1);
    for (const result of results)
      if (result.status === "rejected") assert.ok(result.reason instanceof RunOwnedError, String(result.reason));
    await won[0]?.put(record("r1", 1, "a"));
    await lists(store, "r1", ["1 a"]);
  }),
  promise("can be let go of twice, and by one who was replaced", async (store) => {
    const { old, now } = await replaced(store);
    await old.release();
    await old.release();
    await assert.rejects(store.acquire("r1"), RunOwnedError);
    for (const _ of [1, 2]) await now.release();
    assert.equal((await store.acquire("r1")).epoch, 3);
  }),
  promise("keeps owners over a second open", async (store) => {
    const writer = await store.acquire("r1");
    await store.open();
    await assert.rejects(store.acquire("r1"), RunOwnedError);
    await writer.put(record("r1", 1, "a"));
  }),
  promise("holds the run of an owner that renews, if it has a lease at all", async (store) => {
    const writer = await store.acquire("r1");
    assert.ok(writer.leaseMs === null || writer.leaseMs >= 1_000);
    await writer.renew();
    await assert.rejects(store.acquire("r1"), RunOwnedError);
  }),
];

const fencing: readonly ContractCase[] = [
  promise("gives a run that is taken over a higher epoch", async (store) => {
    const { old, now } = await replaced(store);
    assert.deepEqual([old.epoch, now.epoch, (await store.owner("r1"))?.epoch], [1, 2, 2]);
  }),
  promise("lets an owner that was replaced store no checkpoint", async (store) => {
    const { old, now } = await replaced(store);
    await assert.rejects(old.put(record("r1", 2, "b", bytesOf("late"))), StaleOwnerError);
    await assert.rejects(old.put(record("r1", 7, "c")), { runId: "r1", outcome: "not-applied", code: "STALE_OWNER" });
    await lists(store, "r1", ["1 a"]);
    await now.put(record("r1", 2, "d"));
    await assert.rejects(old.put(record("r1", 3, "e")), StaleOwnerError);
    await lists(store, "r1", ["1 a", "2 d"]);
  }),
  promise("lets an owner that was replaced renew nothing and count nothing", async (store) => {
    const { old, now } = await replaced(store);
    await assert.rejects(old.renew(), StaleOwnerError);
    await assert.rejects(old.countResume("1"), StaleOwnerError);
    assert.equal(await now.countResume("1"), 1);
  }),
  promise("lets an owner that has let go store nothing", async (store) => {
    const writer = await store.acquire("r1");
    await writer.release();
    await assert.rejects(writer.put(record("r1", 1, "a")), StaleOwnerError);
    await assert.rejects(writer.beginJournal(1), StaleOwnerError);
    assert.deepEqual(await store.runs(), []);
  }),
  promise("lets the owner of a run that was deleted store nothing, even under its next owner", async (store) => {
    const writer = await store.acquire("r1");
    await writer.put(record("r1", 1, "a"));
    await store.deleteRun("r1");
    await assert.rejects(writer.put(record("r1", 2, "b")), StaleOwnerError);
    const next = await store.acquire("r1");
    await assert.rejects(writer.put(record("r1", 2, "b")), StaleOwnerError);
    await writer.release();
    await next.put(record("r1", 1, "c"));
    await lists(store, "r1", ["1 c"]);
  }),
  promise("lets one of two owners store a seq, whoever comes first", async (store) => {
    for (let seq = 1; seq <= 20; seq++) {
      const old = await store.acquire("r1", { takeOver: true });
      const [late, next] = await Promise.allSettled([
        old.put(record("r1", seq, `old${seq}`, bytesOf(`old ${seq}`))),
        store.acquire("r1", { takeOver: true }),
      ]);
      assert.equal(next.status, "fulfilled");
      const now = (next as PromiseFulfilledResult<RunWriter>).value;
      // What the new owner sees from here on is all there is: nothing of the old one can come after it.
      const seen = await store.list("r1");
      const isStored = seen.some((key) => key.id === `old${seq}`);
      if (late.status === "rejected") assert.ok(late.reason instanceof StaleOwnerError, String(late.reason));
      assert.ok(late.status === "rejected" || isStored, "what was confirmed is seen by the next owner");
      if (isStored) await assert.rejects(now.put(record("r1", seq, `new${seq}`)), SequenceTakenError);
      else await now.put(record("r1", seq, `new${seq}`));
      await holds(store, isStored ? record("r1", seq, `old${seq}`, bytesOf(`old ${seq}`)) : record("r1", seq, `new${seq}`));
      await now.release();
    }
  }),
  promise("refuses a checkpoint of another run than the one acquired", async (store) => {
    const writer = await store.acquire("r1");
    await assert.rejects(writer.put(record("r2", 1, "a")), InvalidIdError);
    assert.deepEqual(await store.runs(), []);
  }),
  promise("keeps the blobs of a checkpoint whose owner was replaced after it", async (store) => {
    const old = await store.acquire("r1");
    await old.put(record("r1", 1, "a", bytesOf("kept")));
    const now = await store.acquire("r1", { takeOver: true });
    await assert.rejects(old.put(record("r1", 2, "b", bytesOf("kept"), bytesOf("late"))), StaleOwnerError);
    await now.put(record("r1", 2, "c"));
    await holds(store, record("r1", 1, "a", bytesOf("kept")));
    assert.equal((await store.readBlob("r1", digestOf(bytesOf("kept"))))?.length, 4);
  }),
];

const counting: readonly ContractCase[] = [
  promise("counts resumes from one position over owners", async (store) => {
    const counts: number[] = [];
    for (const position of ["1/0", "1/0", "1/0", "2/0", "2/0", "1/0"]) {
      const writer = await store.acquire("r1");
      counts.push(await writer.countResume(position));
      await writer.release();
    }
    assert.deepEqual(counts, [1, 2, 3, 1, 2, 1]);
  }),
  promise("forgets its count of resumes when it is told to", async (store) => {
    const writer = await store.acquire("r1", { takeOver: true });
    await writer.countResume("1/0");
    assert.equal(await writer.countResume(null), 0);
    assert.equal(await writer.countResume("1/0"), 1);
  }),
  promise("keeps its count of resumes apart from checkpoints and other runs", async (store) => {
    const writer = await store.acquire("r1");
    await writer.countResume("1/0");
    await put(store, record("r2", 1, "a"));
    await writer.put(record("r1", 1, "b"));
    assert.equal(await writer.countResume("1/0"), 2);
    assert.equal(await (await store.acquire("r2")).countResume("1/0"), 1);
  }),
];

const refusing: readonly ContractCase[] = [
  refuses("run ids in acquire", (store, id) => store.acquire(id)),
  refuses("run ids in owner", (store, id) => store.owner(id)),
];

/** That a run has one owner at a time, and that one who was replaced can change nothing. */
export const ownerCases: readonly ContractCase[] = [...owning, ...fencing, ...counting, ...refusing];
