import { type CheckpointOptions, chain, MemoryCheckpointStore, openCheckpointStore, type TaskContext, task, workflow } from "cairnflow";
import { type FaultOptions, type FlakyStore, flaky, resumeScenario, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface Warehouse {
  rows: readonly number[];
}
const extract = task("extract", { checkpoint: "after" }, (_ctx: TaskContext, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => n + 1),
);
const transform = task("transform", { checkpoint: "after" }, (_ctx: TaskContext, rows: readonly number[]) => rows.map((row) => row * row));
/** Loads a row a pass. */
const load = task("load", async (ctx: TaskContext<Warehouse>, rows: readonly number[]): Promise<number> => {
  const [row, ...others] = rows;
  if (row !== undefined) await ctx.channel.append("rows", row);
  if (others.length > 0) ctx.nextIteration(others);
  return ctx.cycle;
});
const report = task("report", { checkpoint: "after" }, async (ctx: TaskContext<Warehouse>, passes: number) => {
  const rows = (await ctx.channel.get("rows")) ?? [];
  return `${passes} passes, sum ${rows.reduce((sum, row) => sum + row, 0)}`;
});
const etl = workflow("etl", chain(extract, transform, load, report));

const SUM = "4 passes, sum 30";
type Faults = FaultOptions<"put" | "append">["faults"];

/** A run on a store that fails as planned, and what it warns of. */
function begun(faults: Faults, policy: Omit<CheckpointOptions, "store"> = {}, durability: "checkpoint" | "step" = "checkpoint") {
  const store = flaky(new MemoryCheckpointStore(), { faults });
  const warnings: string[] = [];
  const events = { warning: ({ code }: { readonly code: string }) => void warnings.push(code) };
  return { store, warnings, story: scenario(etl, { input: 4, checkpoints: { store, ...policy }, durability, events }) };
}

/** Begins the run, and resumes it until it has come to its end. */
async function lived(store: FlakyStore) {
  for (let lives = 1; lives <= 30; lives++) {
    const options = { from: store, durability: "step", strategy: { maxResumeAttempts: 30 } } as const;
    const begin = () => scenario(etl, { input: 4, checkpoints: store, durability: "step" });
    const story = await resumeScenario(etl, options).catch(begin);
    const end = await story.toEnd().catch(() => null);
    if (end !== null) return { lives, output: end.output, rows: await story.channel.get("rows") };
  }
  throw new Error("the run has no end");
}

describe("an extraction, on a store with faults", () => {
  it("goes on with a warning when the disk is full, and stores again when there is room", async () => {
    const { store, warnings, story } = begun([{ call: "put", at: 1, kind: "fullDisk" }], { onFailure: "warn" });
    await story.until("load");
    expect(warnings).toEqual(["CHECKPOINT_WRITE", "CHECKPOINT_WRITE"]);
    expect(await store.list(story.runId)).toEqual([]);
    store.heal();
    expect((await story.toEnd()).output).toBe(SUM);
    expect(store.fired.map(({ call, kind, nth }) => `${call} ${nth}: ${kind}`)).toEqual(["put 1: fullDisk", "put 2: fullDisk"]);
    expect((await openCheckpointStore(store).list(story.runId)).map(({ steps }) => steps)).toEqual([7]);
  });

  it("fails when the disk is full, and goes on from what was stored when there is room", async () => {
    const { store, warnings, story } = begun([{ call: "put", at: 2, kind: "fullDisk" }], { onFailure: "fail" });
    await expect(story.toEnd()).rejects.toMatchObject({ code: "CHECKPOINT_WRITE", cause: { code: "ENOSPC" } });
    expect([warnings, story.completedTasks]).toEqual([[], ["extract", "transform"]]);
    expect(store.fired.length).toBeGreaterThan(0);
    store.heal();
    const later = await resumeScenario(etl, { from: store });
    expect((await later.toEnd()).output).toBe(SUM);
    expect(later.trace.map(({ task }) => task)).toEqual(["transform", "load", "load", "load", "load", "report"]);
    expect(await later.channel.get("rows")).toEqual([1, 4, 9, 16]);
  });

  it("finds the checkpoint that was stored although the reply was lost", async () => {
    const { store, story } = begun([{ call: "put", at: 2, kind: "lostReply" }]);
    await expect(story.toEnd()).rejects.toMatchObject({ code: "COMMIT_OUTCOME_UNKNOWN", outcome: "unknown" });
    expect(store.unfired).toEqual([]);
    const later = await resumeScenario(etl, { from: store });
    expect((await later.toEnd()).output).toBe(SUM);
    expect(later.trace[0]?.task).toBe("load");
  });

  it.each(Array.from({ length: 7 }, (_, n) => n + 1))("loses no step, and repeats none that was stored, when step %d fails", async (at) => {
    const whole = scenario(etl, { input: 4 });
    await whole.toEnd();
    for (const kind of ["lostReply", "fail"] as const) {
      const { store, story } = begun([{ call: "append", at, kind }], { onError: false }, "step");
      await expect(story.toEnd()).rejects.toMatchObject({ code: "CHECKPOINT_WRITE" });
      expect(store.fired).toMatchObject([{ call: "append", nth: at, kind }]);
      const later = await resumeScenario(etl, { from: store, durability: "step" });
      expect((await later.toEnd()).output).toBe(SUM);
      // All tasks but `load` are followed by a checkpoint, which holds their step.
      const isStored = kind === "lostReply" || whole.trace[at - 1]?.task !== "load";
      const left = whole.trace.slice(isStored ? at : at - 1);
      expect(later.trace.map(({ task, cycle, input }) => [task, cycle, input])).toEqual(
        left.map(({ task, cycle, input }) => [task, cycle, input]),
      );
    }
  });

  it.each(["a", "b", "c", "d"])("ends right however often its store fails, by the chance of seed %s", async (seed) => {
    const faults = [
      { call: ["put", "append"], chance: 0.3, kind: "fail" },
      { call: ["put", "append"], chance: 0.3, kind: "lostReply" },
    ] as const;
    const store = flaky(new MemoryCheckpointStore(), { faults, seed });
    const { lives, output, rows } = await lived(store);
    expect([output, rows]).toEqual([SUM, [1, 4, 9, 16]]);
    expect(store.unfired).toEqual([]);
    expect(lives).toBeGreaterThan(2);
  });
});
