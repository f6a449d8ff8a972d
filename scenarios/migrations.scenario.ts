import {
  canResume,
  chain,
  ExecutionContext,
  IncompatibleCheckpointError,
  MemoryCheckpointStore,
  resume,
  run,
  type SavedRun,
  type TaskContext,
  task,
  verifyMigrations,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";

const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

/** One workflow, changed four times. Each version leaves a run in the middle. */
const load = task("load", { critical: true }, (_: TaskContext, from: string): string[] => [from, "b"]);

const v1 = () => {
  const train = task("train", async (ctx: TaskContext, rows: string[]): Promise<number> => (await ctx.channel.set("rate", 1), rows.length));
  return workflow("training", chain(load, train));
};

/** The channel's `rate` is called `lr`. */
const toV2 = (saved: SavedRun): void => {
  saved.channel.lr = saved.channel.rate ?? 0.5;
  delete saved.channel.rate;
};

/** `train` takes an object. */
const toV3 = (saved: SavedRun): void => {
  for (const one of saved.tasks) if (one.task === "train") one.input = { rows: one.input };
};
const loadRows = task("load", { critical: true }, (_: TaskContext, from: string) => ({ rows: [from, "b"] }));
const v3 = () => {
  const train = task("train", { critical: true }, async (ctx: TaskContext, { rows }: { rows: string[] }): Promise<string> => {
    return `${rows.join("")} ${await ctx.channel.get("lr")}`;
  });
  return workflow("training", chain(loadRows as never, train as never) as never, { version: 3, migrate: { 2: toV2, 3: toV3 } });
};

/** `fit` has taken the place of `train`, and something follows it. */
const toV4 = (saved: SavedRun): void => {
  for (const one of saved.tasks) if (one.task === "train") one.task = "fit";
};
const fit = task(
  "fit",
  async (ctx: TaskContext, { rows }: { rows: string[] }): Promise<string> => `fit ${rows.join("")} ${await ctx.channel.get("lr")}`,
);
const report = task("report", (_: TaskContext, text: string): string => `report: ${text}`);
const v4 = (migrate = { 2: toV2, 3: toV3, 4: toV4 }) =>
  workflow("training", chain(loadRows as never, fit as never, report as never) as never, { version: 4, migrate });

async function savedBy(flow: ReturnType<typeof v4>, store: MemoryCheckpointStore, runId: string): Promise<void> {
  const context = ExecutionContext.create(flow, { runId, checkpoints: store });
  await context.step("a");
  await context[Symbol.asyncDispose]();
}

describe("a workflow that has changed since its checkpoints", () => {
  it("carries runs of all versions forward, one version after the other", async () => {
    const store = new MemoryCheckpointStore();
    await savedBy(v1() as never, store, "of-v1");
    await savedBy(v3(), store, "of-v3");
    await savedBy(v4(), store, "of-v4");
    expect(await resume(v4(), { from: store, runId: "of-v1" })).toMatchObject({ output: "report: fit ab 0.5" });
    expect(await resume(v4(), { from: store, runId: "of-v3" })).toMatchObject({ output: "report: fit ab undefined" });
  });

  it("stores what it goes on with under the new version", async () => {
    const store = new MemoryCheckpointStore();
    await savedBy(v1() as never, store, "r");
    const context = await ExecutionContext.resume(v4(), { from: store, runId: "r" });
    await context.checkpoint({}, { name: "carried" });
    await context[Symbol.asyncDispose]();
    const { ok, checkpoints } = await verifyMigrations(store, v4());
    expect(ok).toBe(true);
    expect(checkpoints.map(({ seq, version }) => [seq, version])).toEqual([
      [1, 1],
      [2, 4],
    ]);
    expect(await resume(v4(), { from: store, runId: "r", at: "carried" })).toMatchObject({ output: "report: fit ab 0.5" });
  });

  it("is refused with each missing step named", async () => {
    const store = new MemoryCheckpointStore();
    await savedBy(v1() as never, store, "r");
    const error = await quietly(resume(v4({ 3: toV3 } as never), { from: store, runId: "r" }));
    expect(error).toBeInstanceOf(IncompatibleCheckpointError);
    expect(error).toMatchObject({ message: expect.stringContaining("add migrate: { 2: (saved) => { ... }, 4: (saved) => { ... } }") });
    expect(await canResume(v4({ 3: toV3 } as never), { from: store, runId: "r" })).toMatchObject({
      resumable: false,
      pending: [{ taskId: "train" }],
    });
  });

  it.each([
    [
      "throws",
      () => Promise.reject,
      (): void => {
        throw new Error("no rate");
      },
      /the migration to version 2 failed: Error: no rate/,
    ],
    ["leaves a task that is no more", null, (): void => {}, /task "train", which is pending, is not in workflow "training"/],
    [
      "names a task that is not there",
      null,
      (saved: SavedRun): void => {
        for (const one of saved.tasks) one.task = "gone";
      },
      /task "gone"/,
    ],
    ["takes a task away", null, (saved: SavedRun): void => void (saved.tasks as unknown[]).pop(), /saved.tasks has 0 entries/],
    [
      "sets what cannot be stored",
      null,
      (saved: SavedRun): void => {
        saved.channel.f = () => 1;
      },
      /channel.f: function/,
    ],
    [
      "uses a key that is none",
      null,
      (saved: SavedRun): void => {
        saved.channel["../x"] = 1;
      },
      /channel key/,
    ],
  ])("refuses a migration that %s, and stores nothing", async (_, __, migration, message) => {
    const store = new MemoryCheckpointStore();
    await savedBy(v1() as never, store, "r");
    const before = await store.list("r");
    const flow = workflow("training", chain(load as never, fit as never) as never, { version: 2, migrate: { 2: migration } });
    await expect(resume(flow, { from: store, runId: "r" })).rejects.toThrow(message);
    expect(await store.list("r")).toEqual(before);
    expect((await verifyMigrations(store, flow)).ok).toBe(false);
  });

  it("is refused when the checkpoint is of a newer version", async () => {
    const store = new MemoryCheckpointStore();
    await savedBy(v4(), store, "r");
    await expect(resume(v3(), { from: store, runId: "r" })).rejects.toThrow(/resume it with version 4 of the code/);
  });

  it("says of each stored checkpoint whether it fits", async () => {
    const store = new MemoryCheckpointStore();
    await savedBy(v1() as never, store, "fits");
    await run(
      workflow(
        "other",
        task("other", { critical: true }, () => 1),
      ),
      undefined,
      { runId: "of-another", checkpoints: store },
    );
    const { ok, checkpoints } = await verifyMigrations(store, v4());
    expect(ok).toBe(false);
    expect(checkpoints.map(({ runId, problems }) => [runId, problems.length > 0])).toEqual([
      ["fits", false],
      ["of-another", true],
    ]);
  });
});

it.each([
  [{ 1: () => {} }, /migrate of workflow "w" has "1": expected versions from 2 to 2/],
  [{ 3: () => {} }, /has "3": expected versions from 2 to 2/],
  [{ 2: "x" }, /has no function for version 2/],
  [[], /is not an object/],
])("refuses migrations %j", (migrate, message) => {
  expect(() =>
    workflow(
      "w",
      task("t", () => 1),
      { version: 2, migrate: migrate as never },
    ),
  ).toThrow(message);
});
