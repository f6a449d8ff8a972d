import { describe, expect, it } from "vitest";
import { bestEffort, chain, each, resume, run, type TaskContext, task, workflow } from "../../src/index.js";
import { type Figure, watched } from "./support.js";

const valuesOf = (figures: readonly Figure[], name: string): readonly (readonly [Figure["attributes"], number])[] =>
  figures.filter((figure) => figure.name === `cairnflow.${name}`).map(({ attributes, value }) => [attributes, value] as const);

const facts = { "cairnflow.workflow.name": "order" };
const item = { ...facts, "cairnflow.task.name": "item" };

describe("the figures of runs", () => {
  it("count steps, durations, retries, failures, checkpoints and what waits, without ids", async () => {
    const seen = watched();
    let during: readonly Figure[] = [];
    let left = 1;
    const list = task("list", () => [1, 2, 3, 4]);
    const work = task("item", { retry: 1 }, async (ctx: TaskContext, n: number) => {
      if (n === 2 && left-- > 0) throw new TypeError("once");
      if (n === 3) throw Object.assign(new Error("never"), { retriable: false, code: "E_NEVER" });
      if (n === 4) during = await seen.figures();
      if (n === 4) ctx.checkpoint();
    });
    const flow = workflow("order", chain(list, each(work, { policy: bestEffort, concurrency: 1 })));
    await run(flow, undefined, { checkpoints: "memory:", telemetry: seen.telemetry, concurrency: 1 });

    expect(valuesOf(during, "run.active")).toEqual([[facts, 1]]);
    expect(valuesOf(during, "task.active")).toContainEqual([item, 1]);
    expect(valuesOf(during, "task.pending")).toEqual([[facts, 0]]);

    const figures = await seen.figures();
    expect(valuesOf(figures, "run.steps")).toEqual([[facts, 4]]);
    expect(valuesOf(figures, "run.active")).toEqual([[facts, 0]]);
    expect(valuesOf(figures, "run.duration")).toEqual([[{ ...facts, "cairnflow.run.status": "completed" }, 1]]);
    expect(valuesOf(figures, "task.active")).toContainEqual([item, 0]);
    expect(valuesOf(figures, "task.pending")).toEqual([[facts, 0]]);
    expect(valuesOf(figures, "task.retries")).toEqual([[{ ...item, "error.type": "TypeError" }, 1]]);
    expect(valuesOf(figures, "task.failures")).toEqual([[{ ...item, "error.type": "E_NEVER" }, 1]]);
    const ended = valuesOf(figures, "task.duration").filter(([{ "cairnflow.task.name": name }]) => name === "item");
    expect(ended.map(([labels, count]) => [labels["cairnflow.task.outcome"], count])).toEqual([
      ["completed", 3],
      ["retrying", 1],
      ["failed", 1],
    ]);
    const requested = { ...facts, "cairnflow.checkpoint.reason": "requested" };
    expect(valuesOf(figures, "checkpoint.duration")).toEqual([[requested, 1]]);
    expect(valuesOf(figures, "checkpoint.size")).toEqual([[requested, 1]]);
    expect(figures.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => name.endsWith(".id"))).toEqual([]);
  });

  it("have durations in seconds and sizes in bytes", async () => {
    const seen = watched();
    const saving = task("saving", (ctx: TaskContext) => void ctx.checkpoint());
    await run(workflow("order", saving), undefined, { checkpoints: "memory:", telemetry: seen.telemetry });
    const units = new Map((await seen.figures()).map(({ name, unit }) => [name.slice("cairnflow.".length), unit]));
    expect(Object.fromEntries(units)).toEqual({
      "run.duration": "s",
      "run.active": "{run}",
      "run.steps": "{step}",
      "task.duration": "s",
      "task.active": "{task}",
      "task.pending": "{task}",
      "checkpoint.duration": "s",
      "checkpoint.size": "By",
    });
  });

  it("count what waits over all runs of a workflow, and resumes", async () => {
    const seen = watched();
    let during: readonly Figure[] = [];
    const wide = task("wide", () => [1, 2, 3]);
    const narrow = task("narrow", async (_: TaskContext, n: number) => {
      if (n === 1) during = await seen.figures();
      if (n === 3 && fails) throw new Error("not yet");
    });
    let fails = true;
    const flow = workflow("order", chain(wide, each(narrow)));
    const options = { checkpoints: "memory:figures-otel", concurrency: 1, telemetry: seen.telemetry };
    await run(flow, undefined, { ...options, runId: "r" }).catch(() => {});
    expect(valuesOf(during, "task.pending")).toEqual([[facts, 2]]);
    fails = false;
    await resume(flow, { from: "memory:figures-otel", runId: "r", telemetry: seen.telemetry });
    expect(valuesOf(await seen.figures(), "run.resumes")).toEqual([[facts, 1]]);
  });
});
