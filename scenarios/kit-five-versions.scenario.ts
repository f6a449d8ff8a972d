import { chain, MemoryCheckpointStore, run, type SavedRun, type TaskContext, task, workflow } from "cairnflow";
import { replayCheckpoints, resumeScenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

// A billing workflow as it was changed over a year. Runs that each version has begun are still under way when the next is deployed.

interface Bill {
  readonly customer: string;
  readonly cents: number;
}

const receipt = (_: TaskContext, bill: Bill): string => `${bill.customer} pays ${bill.cents}`;
const noted = async (ctx: TaskContext, bill: Bill): Promise<Bill> => {
  await ctx.channel.set("customer", bill.customer);
  return bill;
};

/** The first: amounts in euros. */
const v1 = workflow(
  "billing",
  chain(
    task("take", async (ctx: TaskContext, euros: number): Promise<number> => {
      await ctx.channel.set("euros", euros);
      return euros;
    }),
    task("charge", (_: TaskContext, euros: number): string => `somebody pays ${euros * 100}`),
  ),
);

/** Amounts became cents, with a customer: pending tasks are given their new input. */
const toBills = (saved: SavedRun): void => {
  saved.channel["customer"] = "somebody";
  delete saved.channel["euros"];
  for (const pending of saved.tasks) {
    if (pending.task === "charge" || pending.task === "bill")
      pending.input = { customer: "somebody", cents: (pending.input as number) * 100 };
  }
};
const v2 = workflow("billing", chain(task("take", noted), task("charge", receipt)), { version: 2, migrate: { 2: toBills } });

/** A task was renamed. */
const charged = task("bill", { formerly: ["billing#charge"] }, receipt);
const v3 = workflow("billing", chain(task("take", noted), charged), { version: 3, migrate: { 2: toBills, 3: () => {} } });

/** A key of the channel was renamed. */
const toNames = (saved: SavedRun): void => {
  saved.channel["name"] = saved.channel["customer"];
  delete saved.channel["customer"];
};
const named = async (ctx: TaskContext, bill: Bill): Promise<Bill> => {
  await ctx.channel.set("name", bill.customer);
  return bill;
};
const v4 = workflow("billing", chain(task("take", named), charged), { version: 4, migrate: { 2: toBills, 3: () => {}, 4: toNames } });

/** The same graph, other code: what has run stays as it was. */
const dear = task(
  "bill",
  { formerly: ["billing#charge"] },
  (_: TaskContext, bill: Bill): string => `${bill.customer} pays ${bill.cents} and tax`,
);
const v5 = workflow("billing", chain(task("take", named), dear), {
  version: 5,
  migrate: { 2: toBills, 3: () => {}, 4: toNames, 5: () => {} },
});

/** A step was added, which runs that are behind it never take. */
const checked = task("check", (_: TaskContext, bill: Bill): Bill => bill);
const v6 = workflow("billing", chain(task("take", named), checked, dear), {
  version: 6,
  migrate: { 2: toBills, 3: () => {}, 4: toNames, 5: () => {}, 6: () => {} },
});

const VERSIONS = [v1, v2, v3, v4, v5, v6];
const BILL: Bill = { customer: "ada", cents: 500 };

/** A run of each version, with a checkpoint after each task. */
async function begunByAll(): Promise<MemoryCheckpointStore> {
  const store = new MemoryCheckpointStore();
  for (const [index, version] of VERSIONS.entries()) {
    await run(version as typeof v6, index === 0 ? (5 as never) : BILL, { runId: `v${index + 1}`, checkpoints: { store, every: "task" } });
  }
  return store;
}

describe("a workflow that was changed five times", () => {
  it("goes on with the checkpoints of all its versions, migrated", async () => {
    const store = await begunByAll();
    const report = await replayCheckpoints(store, v6);
    expect(String(report)).not.toMatch(/^(refused|failed|stuck)/m);
    expect(report.ok).toBe(true);
    expect(new Set(report.checkpoints.map(({ runId }) => runId)).size).toBe(6);
  });

  it("gives runs of old versions what today's code makes of their data", async () => {
    const store = await begunByAll();
    const [oldest] = await store.list("v1");
    const story = await resumeScenario(v6, { from: store, runId: "v1", at: oldest?.id ?? "", checkpoints: new MemoryCheckpointStore() });
    expect((await story.toEnd()).output).toBe("somebody pays 500 and tax");
    expect(await story.channel.get("name")).toBe("somebody");
    expect(await story.channel.keys()).toEqual(["name"]);
  });

  it("is refused where a migration is missing, by the checkpoints that need it and by no others", async () => {
    const store = await begunByAll();
    const forgetful = workflow("billing", chain(task("take", named), dear), { version: 5, migrate: { 4: toNames, 5: () => {} } });
    const fits = new Map<string, Set<string>>();
    for (const { runId, fit } of (await replayCheckpoints(store, forgetful)).checkpoints)
      fits.set(runId, (fits.get(runId) ?? new Set()).add(fit));
    expect([...(fits.get("v1") ?? [])]).toContain("refused");
    expect([...(fits.get("v3") ?? [])]).toEqual(["fits"]);
    expect([...(fits.get("v5") ?? [])]).toEqual(["fits"]);
  });
});
