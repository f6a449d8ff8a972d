import { describe, expect, it } from "vitest";
import type { CairnError } from "../../src/core/errors.js";
import type { RunWriter } from "../../src/core/run-writer.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { leftIn, openedStore, recordOf, systemError, temporaryFolder, watchedFs, wholeCheckpoints } from "./support.js";

interface Plan {
  /** The call that fails, counted from 1; 0 for none. */
  readonly at: number;
  readonly code: string;
  /** Whether all calls after it fail as well. */
  readonly sticky: boolean;
}

/** A file system that fails as planned while it is `active`. */
class FaultyFs {
  readonly calls: string[] = [];
  fired = 0;
  active = false;
  /** Whether a checkpoint was moved to where it is found, before the fault. */
  published = false;

  readonly fs = watchedFs((call, _, to) => {
    if (!this.active) return null;
    this.calls.push(call);
    const { at, code, sticky } = this.plan;
    if (this.calls.length === at || (sticky && at > 0 && this.calls.length > at)) {
      this.fired++;
      return systemError(code, call);
    }
    if (call === "rename" && to.includes("/checkpoints/")) this.published = true;
    return null;
  });

  constructor(private readonly plan: Plan) {}

  /** Does something under the fault; resolves to what it throws, or `null`. */
  async during(action: () => Promise<unknown>): Promise<CairnError | null> {
    this.active = true;
    const thrown = await action().then(
      () => null,
      (error: unknown) => error as CairnError,
    );
    this.active = false;
    return thrown;
  }

  get where(): string {
    return `${this.plan.code} at ${this.plan.at} ${this.calls[this.plan.at - 1]}`;
  }
}

/** A run with one checkpoint, and a store with faults. */
async function withOne(plan: Plan) {
  const root = await temporaryFolder();
  const before = await (await openedStore(root)).acquire("r1");
  await before.put(recordOf(1, "c1", ["old blob"]));
  await before.release();
  const faulty = new FaultyFs(plan);
  const store = new FileCheckpointStore(root, { fs: faulty.fs });
  return { root, store, faulty };
}

async function putWithFault(plan: Plan) {
  const { root, store, faulty } = await withOne(plan);
  const writer = await store.acquire("r1");
  const error = await faulty.during(() => writer.put(recordOf(2, "c2", ["old blob", "new blob of c2"])));
  return { root, store, faulty, writer, error };
}

async function checkPut(plan: Plan) {
  const { root, store, faulty, writer, error } = await putWithFault(plan);
  const { where, published, fired } = faulty;
  expect(fired, where).toBeGreaterThan(0);
  if (error !== null)
    expect(error, where).toMatchObject({
      code: "CHECKPOINT_WRITE",
      cause: { code: plan.code },
      outcome: published ? "unknown" : "not-applied",
    });
  const left = (await leftIn(root)).length;
  const seqs = await wholeCheckpoints(new FileCheckpointStore(root));
  expect(seqs, where).toEqual(published ? [1, 2] : [1]);
  const next = published ? 3 : 2;
  await writer.put(recordOf(next, "next", ["old blob"]));
  expect((await wholeCheckpoints(store)).at(-1), where).toBe(next);
  expect(await leftIn(root), where).toEqual([]);
  return { call: faulty.calls[plan.at - 1] ?? "", failed: error !== null, left, fired };
}

/** Fails an acquisition or a release at one call, then lets the same process and another one go on. */
async function checkOwning(plan: Plan, action: "acquire" | "release") {
  const { root, store, faulty } = await withOne(plan);
  const writer = action === "release" ? await store.acquire("r1") : null;
  const error = await faulty.during(writer === null ? () => store.acquire("r1") : () => writer.release());
  const { where, fired, calls } = faulty;
  if (error !== null) {
    expect(error, where).toMatchObject({ code: "CHECKPOINT_STORAGE", cause: { code: plan.code } });
    const next = await store.acquire("r1");
    expect(next.epoch, where).toBeGreaterThan(writer?.epoch ?? 1);
    await next.put(recordOf(2));
    expect(await wholeCheckpoints(store), where).toEqual([1, 2]);
    expect(await leftIn(root), where).toEqual([]);
  }
  return { fired, failed: error !== null, calls };
}

type JournalAction = (writer: RunWriter) => Promise<unknown>;

/** Fails at one call of a journal; resolves to the error and the steps that the next owner reads. */
async function checkJournal(plan: Plan, action: "begin" | "append") {
  const { store, faulty } = await withOne(plan);
  const writer = await store.acquire("r1");
  const journal = await writer.beginJournal(1);
  await journal.append(Buffer.from("one"));
  const actions: Record<typeof action, JournalAction> = {
    begin: () => writer.beginJournal(2),
    append: () => journal.append(Buffer.from("two")),
  };
  const error = await faulty.during(() => actions[action](writer));
  const { where, fired, calls } = faulty;
  if (error !== null) expect(error, where).toMatchObject({ code: "CHECKPOINT_STORAGE", cause: { code: plan.code } });
  if (error !== null && action === "append") {
    expect(error.outcome).toBe("unknown");
    await expect(journal.append(Buffer.from("three")), where).rejects.toBe(error);
  }
  await journal.close();
  await writer.release();
  const steps = (await store.readJournal("r1", 1)).map(String);
  return { fired, failed: error !== null, calls, steps };
}

/** All calls of an action in turn. */
async function atEveryCall<Seen extends { readonly fired: number; readonly failed: boolean }>(
  calls: readonly string[],
  check: (at: number) => Promise<Seen>,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let at = 1; at <= calls.length; at++) seen.push(await check(at));
  expect(seen.filter(({ fired }) => fired > 0)).toHaveLength(calls.length);
  expect(seen.filter(({ failed }) => failed).length).toBeGreaterThan(0);
  return seen;
}

describe.each(["ENOSPC", "EIO", "EMFILE"])("%s", (code) => {
  describe.each([false, true])("at every file-system call (sticky: %s)", (sticky) => {
    const none = { at: 0, code, sticky };

    it("of a put leaves the checkpoint before it whole", async () => {
      const { calls } = (await putWithFault(none)).faulty;
      expect(calls.length).toBeGreaterThan(25);
      const seen = await atEveryCall(calls, (at) => checkPut({ at, code, sticky }));
      expect(seen.filter(({ failed }) => failed).length).toBeGreaterThan(25);
      if (!sticky)
        expect(
          seen.filter(({ left, call }) => left > 0 && call !== "removeTree"),
          "temporary files left at once",
        ).toEqual([]);
    });

    it("of an acquisition leaves a run that can be acquired", async () => {
      const { calls } = await checkOwning(none, "acquire");
      const seen = await atEveryCall(calls, (at) => checkOwning({ at, code, sticky }, "acquire"));
      expect(seen.filter(({ failed }) => failed).length).toBeGreaterThan(10);
    });

    it("of a release leaves a run that can be acquired by this process", async () => {
      const { calls } = await checkOwning(none, "release");
      await atEveryCall(calls, (at) => checkOwning({ at, code, sticky }, "release"));
    });

    it("of a journal that is begun leaves the steps of the one before, or begins the new one", async () => {
      const { calls } = await checkJournal(none, "begin");
      const seen = await atEveryCall(calls, (at) => checkJournal({ at, code, sticky }, "begin"));
      expect(new Set(seen.map(({ steps }) => steps.join()))).toEqual(new Set(["one", ""]));
    });

    it("of an append loses no step that was confirmed, and lets no other follow", async () => {
      const { calls } = await checkJournal(none, "append");
      const seen = await atEveryCall(calls, (at) => checkJournal({ at, code, sticky }, "append"));
      for (const { steps } of seen) expect(["one", "one,two"]).toContain(steps.join());
    });
  });
});
