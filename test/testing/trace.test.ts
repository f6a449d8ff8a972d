import { chain, parallel, type TaskContext, task, workflow } from "cairnflow";
import { formatTrace, scenario, throwOnce } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { timeText } from "../../src/testing/trace-text.js";
import { valueText } from "../../src/testing/value-text.js";

interface State {
  total: number;
  items: string[];
  gone: string;
}
const mend = task("mend", (_ctx: TaskContext, part: string) => `${part} mended`);
const check = task("check", { retry: { maxRetries: 1, initialWait: "90s", jitter: 0 } }, async (ctx: TaskContext<State>, n: number) => {
  await ctx.channel.increment("total", n);
  await ctx.channel.append("items", `item ${ctx.cycle}`);
  await ctx.channel.set("gone", "soon");
  await ctx.channel.delete("gone");
  ctx.nextTask(mend, { input: "door", id: "mend-door" });
  ctx.checkpoint({}, { name: "checked" });
  if (ctx.cycle < 2) ctx.nextIteration(n + 1);
  return n;
});
const end = task("end", (ctx: TaskContext) => ctx.terminate("all done"));
const flow = workflow("w", chain(check, end), { tasks: [mend] });

describe("a trace", () => {
  it("tells task, cycle, attempt, input, output or error, changes and requests of each attempt", async () => {
    const story = scenario(flow, { input: 1, channel: { total: 10 }, mocks: { check: throwOnce(new RangeError("not yet")) } });
    await story.toEnd();
    expect(story.trace.slice(0, 2)).toEqual([
      {
        ...{ index: 1, at: 0, task: "check", name: "check", cycle: 1, attempt: 1, became: "retrying", input: 1, output: undefined },
        ...{ error: { name: "RangeError", code: null, message: "not yet" }, changes: {}, requests: [] },
      },
      {
        ...{
          index: 2,
          at: 90_000,
          task: "check",
          name: "check",
          cycle: 1,
          attempt: 2,
          became: "completed",
          input: 1,
          output: 1,
          error: null,
        },
        changes: { total: { before: 10, after: 11 }, items: { before: undefined, after: ["item 1"] } },
        requests: [
          { kind: "next", task: "mend", id: "mend-door", input: "door" },
          { kind: "iteration", input: 2 },
          { kind: "checkpoint", name: "checked" },
        ],
      },
    ]);
  });

  it("is a text that is the same at every run", async () => {
    const texts = [];
    for (let run = 0; run < 2; run++) {
      const story = scenario(flow, { input: 1, channel: { total: 10 }, mocks: { check: throwOnce(new RangeError("not yet")) } });
      await story.toEnd();
      texts.push(String(story.trace));
      expect(formatTrace([...story.trace])).toBe(String(story.trace));
    }
    expect(texts[1]).toBe(texts[0]);
    expect(texts[0]).toMatchInlineSnapshot(`
      "#1 +0s check, attempt 1: retrying
         input   1
         error   RangeError: not yet
      #2 +1m 30s check, attempt 2
         input   1
         output  1
         channel total: 10 -> 11
         channel items: undefined -> ["item 1"]
         asked   next mend (id mend-door) with "door"
         asked   iteration with 2
         asked   checkpoint "checked"
      #3 +1m 30s mend-door
         input   "door"
         output  "door mended"
      #4 +1m 30s check, cycle 2
         input   2
         output  2
         channel total: 11 -> 13
         channel items: ["item 1"] -> ["item 1", "item 2"]
         asked   next mend (id mend-door) with "door"
         asked   checkpoint "checked"
      #5 +1m 30s mend-door
         input   "door"
         output  "door mended"
      #6 +1m 30s end
         input   2
         asked   terminate "all done""
    `);
  });

  it("tells what a task wrote before an immediate checkpoint and after it as one change", async () => {
    const twice = task("twice", async (ctx: TaskContext<State>) => {
      await ctx.channel.set("total", 2);
      await ctx.checkpoint({}, { mode: "immediate" }).committed;
      await ctx.channel.set("total", 3);
      await ctx.channel.set("gone", "same");
    });
    const story = scenario(workflow("w", twice), { channel: { total: 1, gone: "same" } });
    expect((await story.next())?.changes).toEqual({ total: { before: 1, after: 3 } });
  });

  it("tells of an output whose commit was refused as of an error", async () => {
    const append = task("append", async (ctx: TaskContext<State>) => {
      await ctx.channel.append("items", "a");
      await ctx.sleep("1s");
      return "done";
    });
    const set = task("set", (ctx: TaskContext) => ctx.channel.set("items", 5));
    const story = scenario(workflow("w", parallel([append, set])));
    await expect(story.toEnd()).rejects.toMatchObject({ code: "GROUP_FAILED" });
    expect(story.trace.at(-1)).toMatchObject({
      task: "append",
      became: "failed",
      output: undefined,
      error: { code: "USAGE" },
      changes: {},
    });
  });

  it("tells what the end of a run leaves of others, and who cancelled it", async () => {
    const wait = task("wait", (ctx: TaskContext) => ctx.sleep("1h"));
    const give = task("give", async (ctx: TaskContext) => {
      await ctx.sleep("1m");
      ctx.cancel("enough");
    });
    const story = scenario(workflow("w", parallel([wait, give])));
    await expect(story.toEnd()).rejects.toMatchObject({ code: "RUN_CANCELLED" });
    expect(story.trace.map(({ task, became, at }) => [task, became, at])).toEqual([
      ["give", "cancelled", 60_000],
      ["wait", "released", 60_000],
    ]);
    expect(story.trace[0]?.requests).toEqual([{ kind: "cancel", message: "enough" }]);
  });

  it("gives lists that are no traces", async () => {
    const story = scenario(flow, { input: 1 });
    await story.toEnd();
    expect(String(story.trace.map(({ task }) => task))).toBe("check,mend-door,check,mend-door,end");
  });
});

describe("a value in a trace", () => {
  it.each([
    [undefined, "undefined"],
    [-0, "-0"],
    [12n, "12n"],
    ['a "b"', '"a \\"b\\""'],
    ["x".repeat(201), `"${"x".repeat(200)}"... (201 characters)`],
    [new Date(0), "Date(1970-01-01T00:00:00.000Z)"],
    [new Date(Number.NaN), "Date(invalid)"],
    [{}, "{}"],
    [{ a: 1, "b c": [null] }, '{ a: 1, "b c": [null] }'],
    [new Map<unknown, unknown>([["k", new Set([1])]]), 'Map {"k" => Set {1}}'],
    [new Uint8Array([1, 2]), "Uint8Array [1, 2]"],
    [Array.from({ length: 22 }, (_, n) => n), `[${Array.from({ length: 20 }, (_, n) => n).join(", ")}, ... 2 more]`],
    [[[[[[[[]]]]]]], "[[[[[[...]]]]]]"],
    [new RangeError("no"), "RangeError: no"],
    [Object.create(null, { k: { value: 1, enumerable: true } }), "{ k: 1 }"],
  ])("%#: is shown on one line, the same everywhere", (value, text) => {
    expect(valueText(value)).toBe(text);
  });

  it.each([
    [0, "0s"],
    [250, "250ms"],
    [90_000, "1m 30s"],
    [90_061_001, "1d 1h 1m 1s 1ms"],
    [0.5, "0.5ms"],
  ])("%d ms of time are shown as %s", (ms, text) => {
    expect(timeText(ms)).toBe(text);
  });
});
