import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  chain,
  InvalidOptionError,
  MemoryCheckpointStore,
  parallel,
  type TaskContext,
  task,
  UsageError,
  workflow,
  workflowOf,
} from "cairnflow";
import { CrashMatrixError, type CrashPlace, crashMatrix, returns } from "cairnflow/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { words } from "../../examples/distributed/words.js";
import { OrderMachine } from "../../examples/order-machine/order-machine.js";
import { Payments } from "../../examples/order-machine/payments.js";
import { Warehouse } from "../../examples/order-machine/warehouse.js";
import { training } from "../../examples/training-loop/training.js";
import { crashFlows } from "./crash-flows.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairnflow-crash-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const first = task("first", (_ctx: TaskContext, n: number) => n + 1);
const second = task("second", async (ctx: TaskContext, n: number) => {
  await ctx.channel.append("seen", n);
  return n * 2;
});
const flow = workflow("two", chain(first, second));

describe("a run that is killed at every moment", { timeout: 60_000 }, () => {
  const modes = ["step", "checkpoint"] as const;
  const cases = Object.keys(crashFlows).flatMap((name) => modes.map((durability) => [name, durability] as const));

  it.each(cases)("ends as if nothing had happened: %s, durability %s", async (name, durability) => {
    const { flow, input } = crashFlows[name] as (typeof crashFlows)[string];
    const report = await crashMatrix(flow, { input, durability, checkpoints: { every: { steps: 2 } } });
    report.assertGreen();
    expect(report.cells.length).toBeGreaterThan(durability === "step" ? 15 : 8);
    expect(report.cells.every(({ killed }) => killed)).toBe(true);
    expect(report.total).toBe(report.cells.length);
  });

  it("ends as if nothing had happened in a folder, where writes are torn", async () => {
    const at = join(folder, "torn");
    const { flow, input } = crashFlows["a loop with a checkpoint"] as (typeof crashFlows)[string];
    const report = await crashMatrix(flow, { input, store: at });
    report.assertGreen();
    const torn = report.cells.filter(({ when }) => when === "torn");
    expect(torn.length).toBeGreaterThan(6);
    expect(torn.every(({ killed }) => killed)).toBe(true);
    expect(await readdir(at)).toEqual([]);
  });

  it("ends as if nothing had happened where old checkpoints are pruned", async () => {
    const { flow, input } = crashFlows["a chain"] as (typeof crashFlows)[string];
    const report = await crashMatrix(flow, { input, checkpoints: { every: "task", keep: { last: 1 } } });
    report.assertGreen();
    expect(report.cells.some(({ boundary }) => boundary.includes("delete"))).toBe(true);
  });
});

describe("the examples, killed at every moment", { timeout: 60_000 }, () => {
  const lamp = { id: "o-1", customer: "ada@example.org", card: "visa-4242", items: [{ sku: "lamp", quantity: 2, price: 4900 }] };

  it.each(["step", "checkpoint"] as const)("order machine: an order is shipped, and paid once, durability %s", async (durability) => {
    const books = new Map<string, Payments>();
    const machine = ({ name }: CrashPlace) => {
      const payments = books.get(name) ?? new Payments(1, 0);
      books.set(name, payments);
      return workflowOf(new OrderMachine(payments, new Warehouse({ lamp: 10 })));
    };
    const report = await crashMatrix(machine, { input: lamp, durability });
    report.assertGreen();
    expect(books.size).toBe(report.cells.length + 1);
    for (const { ledger } of books.values()) expect(ledger).toMatchObject([{ kind: "charge", amount: 9800 }]);
  });

  it.each(["step", "checkpoint"] as const)("training loop: the weights are the same, bit for bit, durability %s", async (durability) => {
    const input = { epochs: 12, batchSize: 45, learningRate: 0.3, restMs: 0 };
    const report = await crashMatrix(training, { input, durability });
    report.assertGreen();
    expect(report.cells.length).toBeGreaterThan(30);
  });

  it.each(["step", "checkpoint"] as const)("distributed: the words are the same, each counted once, durability %s", async (durability) => {
    const report = await crashMatrix(words, { durability, limit: 40 });
    report.assertGreen();
    expect(report.cells.length).toBe(Math.min(40, report.total));
  });
});

describe("a crash matrix", { timeout: 60_000 }, () => {
  it("names each moment by what happens then", async () => {
    const report = await crashMatrix(flow, { input: 1, durability: "step" });
    expect(report.cells.map(({ when, boundary }) => `${when} ${boundary}`)).toEqual(
      [
        "1st acquire",
        "1st put, checkpoint (auto)",
        "1st beginJournal, after checkpoint 1",
        "1st body, first",
        "1st append, step of first",
        "2nd body, second",
        "2nd append, step of second",
        "1st release",
      ].flatMap((boundary) => [`before ${boundary}`, `after ${boundary}`]),
    );
    expect(String(report).split("\n")[0]).toBe("16 of 16 cells, 16 killed, 16 same, 0 broken");
  });

  it("takes as many cells as it may, which the seed chooses", async () => {
    const chosen = async (seed: number): Promise<readonly string[]> => {
      const { cells, total } = await crashMatrix(flow, { input: 1, limit: 5, seed });
      expect([cells.length, total]).toEqual([5, 16]);
      return cells.map(({ when, boundary }) => `${when} ${boundary}`);
    };
    expect(await chosen(1)).toEqual(await chosen(1));
    expect(await chosen(1)).not.toEqual(await chosen(2));
  });

  it("makes target, mocks and store anew for each life, as asked", async () => {
    const made: string[] = [];
    const note = (what: string, { name, isResumed }: CrashPlace) => made.push(`${what} ${name}${isResumed ? " resumed" : ""}`);
    await crashMatrix((place) => (note("flow", place), flow), {
      input: 1,
      limit: 1,
      mocks: (place) => (note("mocks", place), { second: (_ctx, n) => n }),
      store: (place) => (note("store", place), new MemoryCheckpointStore()),
    });
    const cell = made.at(-1)?.split(" ")[1] ?? "";
    const lives = ["unbroken", cell, `${cell} resumed`];
    expect(new Set(made)).toEqual(
      new Set([...lives.flatMap((life) => [`flow ${life}`, `mocks ${life}`]), "store unbroken", `store ${cell}`]),
    );
    expect(cell).toMatch(/^cell-\d+$/);
  });

  it("says so if a kill did not fire, and takes that for broken", async () => {
    const shrinking = ({ name }: CrashPlace) => {
      const loop = task("loop", (ctx: TaskContext, n: number) => {
        if (ctx.cycle < (name === "unbroken" ? 3 : 2)) ctx.nextIteration(n);
        return n;
      });
      return workflow("shrinking", loop);
    };
    const report = await crashMatrix(shrinking, { input: 1 });
    expect(report.ok).toBe(false);
    const unkilled = report.cells.filter(({ killed }) => !killed);
    expect(unkilled.map(({ boundary }) => boundary)).toContain("3rd body, loop cycle 3");
    for (const { outcome, problem } of unkilled)
      expect({ outcome, problem }).toEqual({ outcome: "not killed", problem: "the kill did not fire: the run ended" });
  });

  it("lets nothing of a killed run go on: no body that waits, or awaits something of the run, or begins", async () => {
    const effects: string[] = [];
    const waiting = ({ name, isResumed }: CrashPlace) => {
      const note = (what: string) => effects.push(`${name}${isResumed ? " resumed" : ""}: ${what}`);
      const quick = task("quick", (_ctx: TaskContext, n: number) => n);
      const sleeps = task("sleeps", async (ctx: TaskContext, _n: number) => {
        await ctx.sleep("1h");
        note("slept");
      });
      const reads = task("reads", async (ctx: TaskContext, _n: number) => {
        await new Promise((resolve) => setImmediate(resolve));
        await ctx.channel.get("anything");
        note("read");
      });
      const last = task("last", () => void note("began"));
      return workflow("waiting", chain(parallel([sleeps, reads, quick]), last));
    };
    const { cells } = await crashMatrix(waiting, { input: 1, durability: "step" });
    const at = cells.findIndex(({ when, boundary }) => `${when} ${boundary}` === "after 3rd body, quick") + 1;
    expect(cells[at - 1]).toMatchObject({ killed: true, outcome: "same" });
    expect(effects.filter((effect) => effect.startsWith(`cell-${at}:`))).toEqual([]);
    expect(effects.filter((effect) => effect.startsWith(`cell-${at} resumed:`)).sort()).toEqual(
      ["began", "read", "slept"].map((what) => `cell-${at} resumed: ${what}`),
    );
  });

  it("finds a body that a kill repeats more often than its budget", async () => {
    const options = { input: 1, durability: "checkpoint", budget: { first: 0 } } as const;
    const report = await crashMatrix(flow, options);
    expect(report.broken.map(({ when, boundary }) => `${when} ${boundary}`)).toContain("after 2nd body, second");
    expect(() => report.assertGreen()).toThrow(CrashMatrixError);
    expect(() => report.assertGreen()).toThrow("killed after the 2nd body, second: first was repeated 1 times, and its budget is 0");
    (await crashMatrix(flow, { ...options, checkpoints: { every: "task" }, budget: { first: 1, second: 1 } })).assertGreen();
  });

  it("finds a result that a kill changes", async () => {
    const outside = new Map<string, number>();
    const counting = ({ name }: CrashPlace) => {
      const counts = task("counts", async (ctx: TaskContext, _n: number) => {
        outside.set(name, (outside.get(name) ?? 0) + 1);
        await ctx.channel.set("starts", outside.get(name));
        return outside.get(name);
      });
      return workflow("counting", counts);
    };
    const report = await crashMatrix(counting, { input: 1, store: join(folder, "broken") });
    expect(report.broken.map(({ when, boundary, problem }) => `${when} ${boundary}: ${problem}`)).toEqual(
      ["after 1st body, counts", "before 1st append, step of counts", "torn 1st append, step of counts"].map(
        (point) => `${point}: the result differs; the channel differs at counts.__result__, starts`,
      ),
    );
    // What is stored of a cell that broke can be looked at.
    expect(await readdir(join(folder, "broken"))).toHaveLength(3);
  });

  it("gives up a run that comes to no end after a kill", async () => {
    const stuck = ({ isResumed }: CrashPlace) => {
      const waits = task("waits", (_ctx: TaskContext, n: number) => (isResumed ? new Promise<number>(() => {}) : n));
      return workflow("stuck", waits);
    };
    const report = await crashMatrix(stuck, { input: 1, patience: 200, limit: 2, seed: 4 });
    expect(report.broken.map(({ outcome, problem }) => [outcome, problem])).toEqual(
      report.broken.map(() => ["stuck", "the resumed run came to no end"]),
    );
    expect(report.broken.length).toBeGreaterThan(0);
  });

  it("refuses a workflow that does not end well without a kill", async () => {
    const broken = task("broken", (_ctx: TaskContext, _n: number): number => {
      throw new TypeError("no");
    });
    const error = await crashMatrix(workflow("w", broken), { input: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain("does not end well without a kill: it failed: TASK_FAILED");
    const waits = task("waits", (_ctx: TaskContext, _n: number) => new Promise<number>(() => {}));
    await expect(crashMatrix(workflow("w", waits), { input: 1, patience: 50 })).rejects.toThrow("it came to no end");
  });

  it("runs the mocks it is given, call by call", async () => {
    const report = await crashMatrix(flow, { input: 1, mocks: () => ({ second: returns(5, 5) }) });
    report.assertGreen();
  });

  const bad: readonly (readonly [string, unknown, string])[] = [
    ["an unknown option", { inputs: 1 }, 'a crash matrix has no option "inputs"'],
    ["no object", 3, "the options of a crash matrix are 3"],
    ["another durability", { durability: "none" }, 'option durability is "none"'],
    ["a limit of none", { limit: 0 }, "option limit is 0"],
    ["a seed that is none", { seed: Number.NaN }, "option seed is NaN"],
    ["a clock instead of what makes one", { clock: {} }, "option clock is (object)"],
    ["a store of no sort", { store: 3 }, "option store is 3"],
    ["a server's address as store", { store: "redis://h" }, 'option store is "redis://h"'],
    ["a policy with a store", { checkpoints: { store: "x" } }, "option checkpoints has a store"],
    ["a policy of no sort", { checkpoints: "x" }, 'option checkpoints is "x"'],
    ["an unknown policy", { checkpoints: { each: 1 } }, "each"],
    ["a budget for no task", { budget: { third: 1 } }, 'option budget names "third": expected one of first, second'],
    ["a budget below none", { budget: { first: -1 } }, 'budget of "first" is -1'],
    ["a budget of no sort", { budget: 1 }, "option budget is 1"],
    ["a patience of no duration", { patience: "soon" }, 'option patience is "soon"'],
    ["a mock for no task", { mocks: { third: () => 1 } }, '"third"'],
  ];
  it.each(bad)("refuses %s", async (_, options, says) => {
    const given = typeof options === "object" ? { input: 1, ...options } : options;
    const error = await crashMatrix(flow, given as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toContain(says);
  });

  it.each([3, null, "flow", () => 3])("refuses what cannot be run: %s", async (target) => {
    await expect(crashMatrix(target as never, { input: 1 } as never)).rejects.toThrow("where a workflow is expected");
  });
});
