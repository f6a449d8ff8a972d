import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chain, MemoryCheckpointStore, run, type TaskContext, task, workflow } from "cairnflow";
import { replayCheckpoints } from "cairnflow/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "cairnflow-gate-"));
  for (const runId of ["r1", "r2"]) {
    await run(orderFlow(), "o1", { runId, checkpoints: { store: join(root, "orders", "v1"), every: "task" } });
  }
  await run(orderFlow(), "o2", { runId: "r3", checkpoints: { store: join(root, "later"), every: "task" } });
});
afterAll(() => rmSync(root, { recursive: true }));

interface Tuning {
  readonly version?: number;
  readonly pay?: (ctx: TaskContext, id: string) => unknown;
  readonly last?: string;
}

function orderFlow({ version = 1, pay = (_, id) => `${id} paid`, last = "ship" }: Tuning = {}) {
  const check = task("check", (_: TaskContext, id: string): string => id);
  const paid = task("pay", async (ctx: TaskContext, id: string): Promise<string> => {
    ctx.checkpoint({}, { name: "paying" });
    return (await pay(ctx, id)) as string;
  });
  const end = task(last, (_: TaskContext, receipt: string): string => receipt);
  return workflow("order", chain(check, paid, end), { version });
}

/** Every file below a folder, with its bytes and when it was changed. */
function treeOf(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const stat = statSync(join(folder, name));
      return [name, stat.mtimeMs, stat.isFile() ? readFileSync(join(folder, name), "hex") : null];
    });
}

describe("stored checkpoints", () => {
  it("are each run to their ends under today's code, and are not touched", async () => {
    const before = treeOf(root);
    const report = await replayCheckpoints(join(root, "**"), orderFlow());
    expect(report.ok).toBe(true);
    expect(new Set(report.checkpoints.map(({ runId }) => runId))).toEqual(new Set(["r1", "r2", "r3"]));
    const first = report.checkpoints.filter(({ runId }) => runId === "r1");
    expect(first.map(({ attempts }) => attempts)).toEqual([2, 1, 0, 0].slice(0, first.length));
    expect(first.map(({ name }) => name)).toContain("paying");
    expect(String(report)).toMatch(new RegExp(`${report.checkpoints.length} of ${report.checkpoints.length} checkpoints fit$`));
    expect(treeOf(root)).toEqual(before);
  });

  it("are found by the address of a folder, several places, and a store", async () => {
    const store = new MemoryCheckpointStore();
    await run(orderFlow(), "o1", { runId: "m", checkpoints: { store, every: "task" } });
    const places = [pathToFileURL(join(root, "later")), join(root, "orders/v1"), store];
    const report = await replayCheckpoints(places, orderFlow(), { which: "newest" });
    expect(report.checkpoints.map(({ runId }) => runId)).toEqual(["r3", "r1", "r2", "m"]);
  });

  it("are replayed with mocks, which begin anew for each", async () => {
    let calls = 0;
    const pay = () => {
      throw new Error("no network here");
    };
    const mocks = { pay: () => `mocked ${++calls}` };
    const report = await replayCheckpoints(join(root, "later"), orderFlow({ pay }), { mocks });
    expect([report.ok, calls]).toEqual([true, 1]);
  });

  it.each<[string, Tuning, string, RegExp]>([
    ["refused where a task is gone", { last: "send" }, "refused", /ship/],
    ["refused where the version has no migration", { version: 2 }, "refused", /version 2|migrat/],
    [
      "failed where a body fails",
      {
        pay: () => {
          throw new Error("declined");
        },
      },
      "failed",
      /declined|pay/,
    ],
    ["stuck where a body never ends", { pay: () => new Promise(() => {}) }, "stuck", /does not go on.*"pay"/],
  ])("are %s, and say why", async (_, tuning, fit, problem) => {
    const report = await replayCheckpoints(join(root, "later"), orderFlow(tuning), { patience: 50 });
    expect(report.ok).toBe(false);
    expect(report.checkpoints[0]).toMatchObject({ fit, problem: expect.stringMatching(problem) });
    expect(String(report)).toContain(fit);
  });

  it("are refused where they are damaged", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-gate-"));
    await run(orderFlow(), "o1", { runId: "r", checkpoints: { store: folder, every: "task" } });
    const [first = ""] = readdirSync(join(folder, "r/checkpoints")).sort();
    writeFileSync(join(folder, "r/checkpoints", first, "state.json"), "{}");
    const { checkpoints } = await replayCheckpoints(folder, orderFlow());
    expect(checkpoints[0]).toMatchObject({ fit: "refused", problem: expect.stringMatching(/state\.json|digest/) });
    expect(checkpoints.slice(1).every(({ fit }) => fit === "fits")).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

describe("a replay of stored checkpoints", () => {
  it("is not ok without any", async () => {
    const report = await replayCheckpoints(new MemoryCheckpointStore(), orderFlow());
    expect([report.ok, String(report)]).toEqual([false, "0 of 0 checkpoints fit"]);
  });

  it("refuses places that have none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-gate-"));
    mkdirSync(join(folder, "a/b"), { recursive: true });
    await expect(replayCheckpoints(join(folder, "**"), orderFlow())).rejects.toThrow(/no stored checkpoints in or below/);
    await expect(replayCheckpoints(join(folder, "nowhere/**"), orderFlow())).rejects.toThrow(/cannot be read/);
    await expect(replayCheckpoints([], orderFlow())).rejects.toThrow(/no place/);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [{ which: "some" as never }, /which.*"all" or "newest"/],
    [{ mock: {} } as never, /"mock"/],
    [{ mocks: { shipp: () => 1 } }, /"shipp"/],
  ])("refuses %j", async (options, message) => {
    await expect(replayCheckpoints(join(root, "later"), orderFlow(), options)).rejects.toThrow(message);
  });
});
