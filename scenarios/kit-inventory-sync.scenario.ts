import { bestEffort, chain, each, FatalError, type TaskContext, task, workflow } from "cairnflow";
import { scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface Stock {
  readonly supplier: string;
  readonly pieces: number;
}
type Answer = { readonly ok: true; readonly value: Stock } | { readonly ok: false; readonly error: { readonly code: string | null } };
interface Report {
  readonly pieces: number;
  readonly problems: readonly string[];
}

const SUPPLIERS = ["acme", "bolts", "cogs", "dowel", "edge"];
const list = task("list", (_ctx: TaskContext, _day: string): readonly string[] => SUPPLIERS);
const fetchStock = task(
  "fetchStock",
  { timeout: "30s", retry: { maxRetries: 2, initialWait: "1m", jitter: 0, on: "transient" } },
  (_ctx: TaskContext, supplier: string): Stock => {
    throw new FatalError(`there is no network to reach ${supplier}`);
  },
);
const report = task("report", (_ctx: TaskContext, answers: readonly Answer[]): Report => {
  const pieces = answers.reduce((sum, answer) => sum + (answer.ok ? answer.value.pieces : 0), 0);
  return { pieces, problems: answers.flatMap((answer, n) => (answer.ok ? [] : [`${SUPPLIERS[n]}: ${answer.error.code}`])) };
});
const sync = workflow("inventory", chain(list, each(fetchStock, { concurrency: 2, policy: bestEffort }), report));

const failure = (code: string) => Object.assign(new Error(`answered ${code}`), { code });

/** Suppliers that have ten pieces and say so after five seconds, but for those that do otherwise. */
function suppliers(others: Readonly<Record<string, (ctx: TaskContext) => unknown>> = {}) {
  const open = new Set<string>();
  let most = 0;
  const fetch = async (ctx: TaskContext, supplier: string): Promise<unknown> => {
    most = Math.max(most, open.add(supplier).size);
    try {
      await ctx.sleep("5s");
      return (await others[supplier]?.(ctx)) ?? { supplier, pieces: 10 };
    } finally {
      open.delete(supplier);
    }
  };
  return { mocks: { fetchStock: fetch }, most: () => most };
}

/** When which supplier was tried, and what became of it. */
async function synced(others: Parameters<typeof suppliers>[0] = {}) {
  const { mocks, most } = suppliers(others);
  const story = scenario(sync, { input: "monday", mocks });
  const output = (await story.toEnd()).output as Report;
  const tries = (supplier: string) =>
    story.trace.filter(({ input }) => input === supplier).map(({ became, at }) => `${became} at ${at / 1_000}s`);
  return { output, tries, most: most(), end: story.trace.at(-1)?.at };
}

describe("a sync of the inventory", () => {
  it("asks two suppliers at a time, and adds up what they have", async () => {
    const { output, most, end } = await synced();
    expect(output).toEqual({ pieces: 50, problems: [] });
    expect([most, end]).toEqual([2, 15_000]);
  });

  it("asks again those who could not be reached, while others are asked", async () => {
    const { output, tries, end } = await synced({ acme: ({ attempt }) => (attempt < 3 ? Promise.reject(failure("ECONNRESET")) : null) });
    expect(tries("acme")).toEqual(["retrying at 5s", "retrying at 70s", "completed at 195s"]);
    expect(tries("edge")).toEqual(["completed at 20s"]);
    expect(output).toEqual({ pieces: 50, problems: [] });
    expect(end).toBe(195_000);
  });

  it("does not ask again where another answer is not to be expected", async () => {
    const { output, tries } = await synced({ cogs: () => Promise.reject(failure("NO_CONTRACT")) });
    expect(tries("cogs")).toEqual(["failed at 10s"]);
    expect(output).toEqual({ pieces: 40, problems: ["cogs: NO_CONTRACT"] });
  });

  it("gives up a supplier that never answers, and reports it in its place", async () => {
    const { output, tries, end } = await synced({ dowel: (ctx) => ctx.sleep("365d") });
    expect(tries("dowel")).toEqual(["retrying at 35s", "retrying at 125s", "failed at 275s"]);
    expect(output).toEqual({ pieces: 40, problems: ["dowel: TASK_TIMEOUT"] });
    expect(end).toBe(275_000);
  });

  it("reports every supplier even when none can be reached", async () => {
    const down = Object.fromEntries(SUPPLIERS.map((name) => [name, () => Promise.reject(failure("ECONNREFUSED"))]));
    const { output, tries } = await synced(down);
    expect(output).toEqual({ pieces: 0, problems: SUPPLIERS.map((name) => `${name}: ECONNREFUSED`) });
    expect(SUPPLIERS.map((name) => tries(name).length)).toEqual([3, 3, 3, 3, 3]);
  });
});
