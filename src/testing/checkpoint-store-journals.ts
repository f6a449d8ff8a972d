import assert from "node:assert/strict";
import type { CheckpointStore } from "../core/checkpoint.js";
import { StaleOwnerError } from "../core/errors.js";
import { bytesOf, type ContractCase, promise, record, refuses } from "./checkpoint-store-support.js";

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function reads(store: CheckpointStore, seq: number, expected: readonly string[], runId = "r1"): Promise<void> {
  assert.deepEqual((await store.readJournal(runId, seq)).map(textOf), expected);
}

/** That steps between checkpoints are kept. */
export const journalCases: readonly ContractCase[] = [
  promise("has no journal at first", async (store) => {
    await reads(store, 1, []);
    const writer = await store.acquire("r1");
    await (await writer.beginJournal(1)).close();
    await reads(store, 1, []);
  }),
  promise("keeps what is appended to a journal, in order", async (store) => {
    const journal = await (await store.acquire("r1")).beginJournal(1);
    const texts = Array.from({ length: 50 }, (_, n) => `step ${n}`);
    for (const text of texts) await journal.append(bytesOf(text));
    await reads(store, 1, texts);
    await journal.close();
    await reads(store, 1, texts);
  }),
  promise("keeps the order of appends that do not wait for each other", async (store) => {
    const journal = await (await store.acquire("r1")).beginJournal(1);
    const texts = Array.from({ length: 20 }, (_, n) => `step ${n}`);
    await Promise.all(texts.map((text) => journal.append(bytesOf(text))));
    await reads(store, 1, texts);
  }),
  promise("keeps exact bytes in a journal: none, any, and a megabyte of them", async (store) => {
    const given = [new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, n) => n), new Uint8Array(1 << 20).map((_, n) => n * 7)];
    const journal = await (await store.acquire("r1")).beginJournal(1);
    for (const bytes of given) await journal.append(bytes);
    const found = await store.readJournal("r1", 1);
    assert.equal(found.length, given.length);
    for (const [place, bytes] of given.entries()) assert.ok(Buffer.compare(found[place] as Uint8Array, bytes) === 0, `record ${place}`);
  }),
  promise("does not change when bytes that were appended or read change", async (store) => {
    const journal = await (await store.acquire("r1")).beginJournal(1);
    const bytes = bytesOf("step");
    await journal.append(bytes);
    bytes.fill(0);
    for (const found of await store.readJournal("r1", 1)) found.fill(0);
    await reads(store, 1, ["step"]);
  }),
  promise("forgets the journal before when it begins the next", async (store) => {
    const writer = await store.acquire("r1");
    const first = await writer.beginJournal(1);
    await first.append(bytesOf("old"));
    await first.close();
    const second = await writer.beginJournal(2);
    await second.append(bytesOf("new"));
    await reads(store, 1, []);
    await reads(store, 2, ["new"]);
  }),
  promise("begins a journal of the same seq empty", async (store) => {
    const writer = await store.acquire("r1");
    const first = await writer.beginJournal(1);
    await first.append(bytesOf("old"));
    await first.close();
    await writer.beginJournal(1);
    await reads(store, 1, []);
  }),
  promise("keeps journals of runs apart, and apart from checkpoints", async (store) => {
    for (const run of ["r1", "r11"]) {
      const writer = await store.acquire(run);
      await writer.put(record(run, 1, `c-${run}`));
      await (await writer.beginJournal(1)).append(bytesOf(`step of ${run}`));
      await writer.release();
    }
    await reads(store, 1, ["step of r1"]);
    await reads(store, 1, ["step of r11"], "r11");
    assert.deepEqual(await store.blobs("r1"), []);
    assert.deepEqual(await store.runs(), ["r1", "r11"]);
  }),
  promise("keeps a journal over a second open and another owner", async (store) => {
    const writer = await store.acquire("r1");
    await (await writer.beginJournal(3)).append(bytesOf("step"));
    await writer.release();
    await store.open();
    await store.acquire("r1");
    await reads(store, 3, ["step"]);
  }),
  promise("deletes the journal of a run with it", async (store) => {
    const writer = await store.acquire("r1");
    await writer.put(record("r1", 1, "a"));
    await (await writer.beginJournal(1)).append(bytesOf("step"));
    await store.deleteRun("r1");
    await reads(store, 1, []);
  }),
  promise("confirms no step to an owner that was replaced", async (store) => {
    const old = await store.acquire("r1");
    const journal = await old.beginJournal(1);
    await journal.append(bytesOf("one"));
    const now = await store.acquire("r1", { takeOver: true });
    await assert.rejects(journal.append(bytesOf("late")), StaleOwnerError);
    await assert.rejects(old.beginJournal(1), StaleOwnerError);
    assert.equal((await store.readJournal("r1", 1)).map(textOf)[0], "one");
    await (await now.beginJournal(2)).append(bytesOf("two"));
    await assert.rejects(journal.append(bytesOf("later")), StaleOwnerError);
    await journal.close();
    await reads(store, 2, ["two"]);
  }),
  promise("shows the next owner every step that was confirmed, whoever comes first", async (store) => {
    for (let seq = 1; seq <= 20; seq++) {
      const journal = await (await store.acquire("r1", { takeOver: true })).beginJournal(seq);
      await journal.append(bytesOf("one"));
      const [late] = await Promise.allSettled([journal.append(bytesOf("two")), store.acquire("r1", { takeOver: true })]);
      const seen = (await store.readJournal("r1", seq)).map(textOf);
      if (late.status === "rejected") assert.ok(late.reason instanceof StaleOwnerError, String(late.reason));
      assert.equal(seen[0], "one");
      assert.ok(late.status === "rejected" || seen[1] === "two", "what was confirmed is seen by the next owner");
    }
  }),
  refuses("run ids in readJournal", (store, id) => store.readJournal(id, 1)),
];
