import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bestEffort, chain, each, FatalError, parallel, type TaskContext, task, workflow } from "cairnflow";
import { recordScenario, replayScenario, throwTimes, updateFixture } from "cairnflow/testing";
import { afterEach, describe, expect, it } from "vitest";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "cairnflow-fixture-"));
  folders.push(folder);
  return join(folder, "deep", "fixture.json");
};

interface Shop {
  log: string[];
  total: number;
  open: boolean;
}

let calls: string[] = [];
afterEach(() => {
  calls = [];
});

interface Tuning {
  readonly price?: number;
  readonly word?: string;
}

/** A shop with all that a body can ask for. */
function shop({ price = 2, word = "sold" }: Tuning = {}) {
  const note = task("note", async (ctx: TaskContext<Shop>, text: string): Promise<void> => {
    calls.push("note");
    await ctx.channel.append("log", text);
  });
  const score = task("score", { retry: { maxRetries: 2, initialWait: "1m", jitter: 0 } }, async (ctx: TaskContext<Shop>, n: number) => {
    calls.push("score");
    await ctx.channel.increment("total", n * price);
    ctx.metric("n", n);
    return n * price;
  });
  const count = task("count", async (ctx: TaskContext<Shop>, scores: number[]): Promise<number> => {
    calls.push("count");
    if (ctx.cycle < 3) ctx.nextIteration(scores);
    else ctx.nextTask(note, { input: word });
    ctx.checkpoint({}, { name: `pass-${ctx.cycle}` });
    return scores.reduce((sum, one) => sum + one, 0);
  });
  const close = task("close", async (ctx: TaskContext<Shop>, sum: number): Promise<Map<string, number>> => {
    calls.push("close");
    await ctx.channel.set("open", false);
    ctx.artifact("report.txt", { type: "text", description: "all of it" });
    return new Map([["sum", sum]]);
  });
  const list = task("list", (_: TaskContext, n: number): number[] => Array.from({ length: n }, (__, at) => at + 1));
  return workflow("shop", chain(list, each(score), count, close), { tasks: [note] });
}

const order = { input: 3, channel: { open: true, log: ["first"] }, mocks: { score: throwTimes(2, new Error("busy")) } };

describe("a recorded scenario", () => {
  it("is replayed without a body of its tasks, and all is the same", async () => {
    const fixture = await recordScenario(shop(), order);
    expect(fixture.events).toContain("taskRetrying score cycle 1 attempt 1");
    calls = [];
    const report = await replayScenario(fixture, shop());
    expect(String(report)).toBe(`the same: ${fixture.steps.length} steps`);
    expect(report.replayed).toEqual(fixture);
    expect(calls).toEqual([]);
  });

  it("is replayed with the own bodies of those tasks that are named, and of no others", async () => {
    const fixture = await recordScenario(shop(), { input: 3 });
    calls = [];
    expect((await replayScenario(fixture, shop(), { live: ["count", "shop#note"] })).difference).toBeNull();
    expect(new Set(calls)).toEqual(new Set(["count", "note"]));
  });

  it("tells the first difference that new code makes, and where", async () => {
    const fixture = await recordScenario(shop(), { input: 2 });
    const report = await replayScenario(fixture, shop({ price: 5 }), { live: ["score"] });
    expect(report.matches).toBe(false);
    expect(report.difference).toMatchObject({ step: 2, task: fixture.steps[1]?.task, path: "output", expected: 2, found: 5 });
    expect(String(report)).toMatch(/^step 2, task \S+: output\n {2}expected 2\n {2}found {4}5$/);
  });

  it("tells a difference of what a body asks for", async () => {
    const fixture = await recordScenario(shop(), { input: 1 });
    const { difference } = await replayScenario(fixture, shop({ word: "bought" }), { live: ["count"] });
    expect(difference).toMatchObject({ task: "count", path: "requests[0].input", expected: "sold", found: "bought" });
  });

  it("is the same with the file that it is written to", async () => {
    const file = newFile();
    const fixture = await recordScenario(shop(), { ...order, file });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(fixture)));
    expect((await replayScenario(file, shop())).matches).toBe(true);
    await expect(recordScenario(shop(), { ...order, file })).rejects.toThrow(/updateFixture/);
  });

  it("is renewed where code has changed, and left alone where it has not", async () => {
    const file = newFile();
    await recordScenario(shop(), { input: 2, file });
    const before = readFileSync(file, "utf8");
    expect((await updateFixture(file, shop())).matches).toBe(true);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect((await updateFixture(file, shop({ price: 7 }), { live: ["score", "count", "close"] })).difference?.path).toBe("output");
    expect(readFileSync(file, "utf8")).not.toBe(before);
    expect((await replayScenario(file, shop({ price: 7 }), { live: ["score"] })).matches).toBe(true);
  });

  it.each<[string, Error | null]>([
    ["failed", new FatalError("no stock")],
    ["completed", null],
  ])("keeps how the run has ended: %s", async (status, failure) => {
    const mocks = failure === null ? {} : { close: throwTimes(1, failure) };
    const fixture = await recordScenario(shop(), { input: 1, mocks });
    expect(fixture.end.status).toBe(status);
    expect((await replayScenario(fixture, shop())).difference).toBeNull();
  });

  it("keeps the order in which tasks beside each other ended, and what their failures led to", async () => {
    const slow = task("slow", async (ctx: TaskContext<Shop>): Promise<string> => {
      await ctx.sleep("2h");
      await ctx.channel.append("log", "slow");
      return "slow";
    });
    const late = task("late", { timeout: "1h" }, async (ctx: TaskContext<Shop>): Promise<string> => {
      await ctx.sleep("3h");
      return "late";
    });
    const quick = task("quick", async (ctx: TaskContext<Shop>): Promise<string> => {
      await ctx.channel.append("log", "quick");
      return "quick";
    });
    const flow = workflow("beside", parallel([slow, late, quick], { policy: bestEffort }));
    const fixture = await recordScenario(flow);
    expect(fixture.steps.map(({ task: name }) => name)).toEqual(["quick", "late", "slow"]);
    expect((await replayScenario(fixture, flow)).difference).toBeNull();
  });
});

describe("a fixture", () => {
  const edited = async (edit: (fixture: Record<string, unknown>) => void): Promise<string> => {
    const file = newFile();
    await recordScenario(shop(), { input: 1, file });
    const fixture = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    edit(fixture);
    writeFileSync(file, JSON.stringify(fixture));
    return file;
  };

  it.each<[string, (fixture: Record<string, unknown>) => void, RegExp]>([
    ["of a newer format", (fixture) => (fixture["cairnflowScenario"] = 2), /format 2.*reads format 1/],
    [
      "of another workflow",
      (fixture) => (fixture["workflow"] = { name: "other", version: 1 }),
      /of workflow "other", and is replayed with "shop"/,
    ],
    ["without steps", (fixture) => delete fixture["steps"], /fixture\.steps/],
    ["with a step that is none", (fixture) => (fixture["steps"] = [{ task: 1 }]), /fixture\.steps.*task/],
    ["with a value that is none", (fixture) => (fixture["input"] = 3), /fixture\.input.*"json"/],
    ["with a value that superjson has not written", (fixture) => (fixture["input"] = { json: 1, meta: { values: ["class"] } }), /./],
  ])("%s is refused, with what was found", async (_, edit, message) => {
    const replay = replayScenario(await edited(edit), shop());
    await expect(replay).rejects.toThrow(message);
    await expect(replay).rejects.toMatchObject({ code: "FIXTURE" });
  });

  it("that is not there or no JSON is refused", async () => {
    await expect(replayScenario("nowhere.json", shop())).rejects.toThrow(/nowhere.json.*recordScenario/);
    const file = await edited(() => {});
    writeFileSync(file, "{");
    await expect(replayScenario(file, shop())).rejects.toThrow(/not JSON/);
  });

  it("in which a step was changed by hand makes a difference there", async () => {
    const file = await edited((fixture) => {
      const [first] = fixture["steps"] as { output: unknown }[];
      Object.assign(first as object, { output: { json: [9] } });
    });
    expect((await replayScenario(file, shop())).difference).toMatchObject({ step: 2, path: "input", expected: 1, found: 9 });
  });
});

describe("a replay", () => {
  it("says which task was not recorded", async () => {
    const fixture = await recordScenario(shop(), { input: 1 });
    const longer = { ...fixture, steps: fixture.steps.filter(({ task: name, cycle }) => name !== "count" || cycle !== 2) };
    const { difference } = await replayScenario(longer, shop());
    expect(difference).toMatchObject({ step: 4, path: "task", found: "count, cycle 2, attempt 1" });
  });

  it.each([
    [{ live: ["scroe"] }, /"scroe".*expected some of/],
    [{ live: "score" as never }, /no list/],
    [{ input: 4 } as never, /"input"/],
    [{ mocks: { nothing: () => 1 } }, /"nothing"/],
  ])("refuses %j", async (options, message) => {
    const fixture = await recordScenario(shop(), { input: 1 });
    await expect(replayScenario(fixture, shop(), options)).rejects.toThrow(message);
  });
});
