import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CheckpointStore, chain, MemoryCheckpointStore, type TaskContext, task, workflow } from "cairnflow";
import { CrashMatrixError, type CrashReport, type CrashSettings, crashMatrix } from "cairnflow/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RunState } from "../../src/core/run-state.js";
import { RunImage } from "../../src/engine/run-image.js";
import { systemFs } from "../../src/file/durable-fs.js";
import { FileCheckpointStore } from "../../src/file/file-checkpoint-store.js";
import { tornStepsRead } from "../faults/planted-bugs.js";
import { wrappedStore } from "./wrapped-store.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const validate = task("validate", (_ctx: TaskContext, euros: number) => euros);
const pay = task("pay", { maxCycles: 3 }, async (ctx: TaskContext, euros: number) => {
  await ctx.channel.increment("paid", euros);
  if (ctx.cycle === 1) ctx.checkpoint({}, { name: "half" });
  if (ctx.cycle < 2) ctx.nextIteration(euros);
  return euros;
});
const ship = task("ship", async (ctx: TaskContext, euros: number) => {
  await ctx.channel.append("shipped", euros);
  return "shipped";
});
const order = workflow("order", chain(validate, pay, ship));
const matrix = (settings: CrashSettings): Promise<CrashReport> => crashMatrix(order, { input: 10, ...settings });

/** The moments at which a kill broke the run, and what was wrong. */
const brokenAt = ({ broken }: CrashReport): Map<string, string> =>
  new Map(broken.map(({ when, boundary, problem }) => [`${when} the ${boundary}`, problem ?? ""]));

/** A store that reads its journal in another way. */
const reading = (change: (records: readonly Uint8Array[]) => readonly Uint8Array[]) => (): CheckpointStore =>
  new (class extends MemoryCheckpointStore {
    override readJournal = async (runId: string, seq: number) =>
      change(await MemoryCheckpointStore.prototype.readJournal.call(this, runId, seq));
  })();

/** The records of a journal, each of their commits changed. */
function edited(records: readonly Uint8Array[], change: (commit: { ops: unknown[] }) => object): readonly Uint8Array[] {
  return records.map((record) => {
    const commits = JSON.parse(new TextDecoder().decode(record)) as { ops: unknown[] }[];
    return new TextEncoder().encode(JSON.stringify(commits.map(change)));
  });
}

describe("an engine without a planted bug", () => {
  it("is green", async () => {
    const report = await matrix({});
    report.assertGreen();
    expect(report.cells.length).toBeGreaterThan(25);
  });
});

describe("a planted bug makes the matrix red, and is found where it is:", { timeout: 60_000 }, () => {
  it("a step is confirmed before it is stored", async () => {
    const late = (): CheckpointStore =>
      wrappedStore(new MemoryCheckpointStore(), (writer) => ({
        beginJournal: async (seq) => {
          const journal = await writer.beginJournal(seq);
          let held: Uint8Array | null = null;
          return {
            append: async (record) => {
              if (held !== null) await journal.append(held);
              held = record;
            },
            close: async () => {
              if (held !== null) await journal.append(held);
            },
          };
        },
      }));
    const report = await matrix({ store: late });
    expect(brokenAt(report).get("after the 1st append, step of validate")).toBe(
      "validate had 1 confirmed step, of which 0 were there at the resume",
    );
    expect(brokenAt(report).has("before the 1st append, step of validate")).toBe(false);
    expect(() => report.assertGreen()).toThrow(CrashMatrixError);
    expect(() => report.assertGreen()).toThrow("killed after the 1st append, step of validate: ");
  });

  it("a resume repeats a completed task", async () => {
    const report = await matrix({ store: reading((records) => records.slice(0, -1)) });
    const problem = brokenAt(report).get("after the 3rd append, step of pay cycle 2");
    expect(problem).toBe("pay had 2 confirmed steps, of which 1 were there at the resume");
    // Where nothing is in the journal, nothing is repeated.
    expect(brokenAt(report).has('after the 2nd put, checkpoint "half" of pay')).toBe(false);
  });

  it("a write is applied twice when the journal is replayed", async () => {
    const twice = (records: readonly Uint8Array[]) => edited(records, ({ ops, ...commit }) => ({ ...commit, ops: [...ops, ...ops] }));
    const report = await matrix({ store: reading(twice) });
    expect(brokenAt(report).get("after the 4th append, step of ship")).toBe("the channel differs at paid, shipped");
    expect(brokenAt(report).has("after the 1st append, step of validate")).toBe(false);
  });

  it("a write is lost when the journal is replayed", async () => {
    const report = await matrix({ store: reading((records) => edited(records, (commit) => ({ ...commit, ops: [] }))) });
    expect(brokenAt(report).get("after the 3rd append, step of pay cycle 2")).toContain("the channel differs at paid");
  });

  it("a checkpoint forgets a pending task", async () => {
    const take = RunImage.prototype.take;
    vi.spyOn(RunImage.prototype, "take").mockImplementation(function (this: RunImage, seq, asPending) {
      const { state } = (this as unknown as { readonly run: { readonly state: RunState } }).run;
      const { waiting } = state;
      if (seq === 1) state.waiting = new Map();
      const documents = take.call(this, seq, asPending);
      state.waiting = waiting;
      return documents;
    });
    const report = await matrix({ durability: "checkpoint" });
    const [point, problem] = [...brokenAt(report)][0] ?? [];
    expect(point).toBe('after the 1st put, checkpoint "half" of pay');
    expect(problem).toBe(
      "the result differs; the channel differs at paid, ship.__result__, shipped; it ended after 2 steps and not 4; " +
        "pay committed 1 step in all and not 2; ship committed 0 steps in all and not 1",
    );
  });

  it("a resume queues a pending task twice", async () => {
    const requeue = RunState.prototype.requeueWaiting;
    vi.spyOn(RunState.prototype, "requeueWaiting").mockImplementation(function (this: RunState) {
      requeue.call(this);
      const spec = this.ready.peek();
      if (spec === undefined) return;
      this.ready.push({ ...spec, serial: ++this.serial });
      this.root.live++;
    });
    const report = await matrix({});
    expect(brokenAt(report).get("before the 4th body, ship")).toBe(
      "the channel differs at shipped; it ended after 5 steps and not 4; ship committed 2 steps in all and not 1; " +
        "ship ran 2 times after the kill: expected at most 1, as 0 of its 1 were stored",
    );
    expect(brokenAt(report).has("before the 1st release")).toBe(false);
  });

  it("a checkpoint is confirmed and not stored", async () => {
    const lossy = (): CheckpointStore =>
      wrappedStore(new MemoryCheckpointStore(), (writer) => ({ put: async (record) => (record.seq > 1 ? undefined : writer.put(record)) }));
    const report = await matrix({ store: lossy });
    expect(brokenAt(report).get('after the 2nd put, checkpoint "half" of pay')).toBeUndefined();
    expect(brokenAt(report).get("after the 2nd beginJournal, after checkpoint 2")).toContain("confirmed");
  });

  it("a record of the journal that was cut is taken for whole", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cairnflow-planted-"));
    vi.spyOn(FileCheckpointStore.prototype, "readJournal").mockImplementation(function (this: FileCheckpointStore, runId, seq) {
      return tornStepsRead(this.location, systemFs).readJournal(runId, seq);
    });
    const report = await matrix({ store: folder });
    await rm(folder, { recursive: true });
    expect(report.broken.map(({ when }) => when)).toEqual(["torn", "torn", "torn", "torn"]);
    expect([...brokenAt(report).keys()].at(-1)).toBe("torn the 4th append, step of ship");
  });
});
