import {
  CheckpointNotFoundError,
  chain,
  fork,
  InvalidIdError,
  InvalidOptionError,
  MemoryCheckpointStore,
  openCheckpointStore,
  run,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { recordTimeline, report } from "../../src/inspector/index.js";
import { HostileHistory, hostileTimeline } from "./hostile-run.js";

const SECRET = "the-payload-of-a-task";

const measure = task("measure", async (ctx: TaskContext, n: number) => {
  await ctx.channel.set("state", { word: SECRET });
  ctx.metric("loss", 0.5);
  ctx.artifact("model.bin", { type: "weights", description: "after training" });
  ctx.checkpoint({ by: "hand" }, { name: "measured" });
  return { n, word: SECRET };
});
const broken = task("broken", { retry: 0 }, (_ctx: TaskContext, _input: unknown): number => {
  throw new TypeError("no such column");
});
const failing = workflow("failing", chain(measure, broken));

async function failed(): Promise<{ readonly store: MemoryCheckpointStore; readonly timeline: ReturnType<typeof recordTimeline> }> {
  const [store, timeline] = [new MemoryCheckpointStore(), recordTimeline()];
  await run(failing, 7, { checkpoints: { store }, runId: "r", events: timeline.listeners }).catch(() => {});
  return { store, timeline };
}

/** The page without pictures and tags. */
const wordsOf = (html: string): string =>
  html
    .replace(/<(svg|style)\b.*?<\/\1>/gs, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

describe("a report", () => {
  it("has the run, its graph, what it waits for, times, metrics, tasks, checkpoints and artifacts", async () => {
    const { store, timeline } = await failed();
    const html = await report(store, "r", { timeline: timeline.timeline(), now: 0 });
    const words = wordsOf(html);
    for (const title of [
      "Run",
      "Graph",
      "Where it stands",
      "Timeline",
      "Metrics",
      "Tasks",
      "Checkpoints",
      "List of checkpoints",
      "Artifacts",
    ])
      expect(html).toContain(`<summary>${title}</summary>`);
    expect(html.match(/<svg /g)).toHaveLength(4);
    for (const text of [
      "Run r of failing",
      "status failed",
      "no such column",
      "measured",
      "loss 0.5",
      "model.bin weights after training measure",
      "has failed for good; a resume tries it again",
      "by: &#39;hand&#39;",
    ])
      expect(words).toContain(text);
  });

  it("is the same text for the same run", async () => {
    const { store } = await failed();
    expect(await report(store, "r", { now: 0 })).toBe(await report(store, "r", { now: 0 }));
  });

  it("holds no payload values unless asked to", async () => {
    const { store } = await failed();
    expect(await report(store, "r")).not.toContain(SECRET);
    const html = await report(store, "r", { values: true });
    expect(wordsOf(html)).toContain(`channel state { word: &#39;${SECRET}&#39; }`);
    expect(wordsOf(html)).toContain("result measure");
    expect(wordsOf(html)).toContain("input broken");
  });

  it("shortens values, and calls nothing of them", async () => {
    const keep = task("keep", async (ctx: TaskContext) => {
      await ctx.channel.set(
        "long",
        Array.from({ length: 5_000 }, () => "word".repeat(100)),
      );
      ctx.checkpoint();
    });
    const store = new MemoryCheckpointStore();
    await run(workflow("keeping", keep), undefined, { checkpoints: { store }, runId: "r" });
    const html = await report(store, "r", { values: true });
    expect(html.length).toBeLessThan(40_000);
    expect(html).toContain("…</code>");
  });

  it("shows the run that it was forked from, and others by name", async () => {
    const { store } = await failed();
    await fork(failing, { from: store, runId: "r", at: "measured", newRunId: "f" }).catch(() => {});
    expect(await report(store, "f")).toContain("run r");
    expect(await report(store, "r")).not.toContain("forked from r");
    expect(await report(store, "r", { runs: ["f"] })).toContain("run f, forked from r at");
  });

  it("forbids itself everything but its own style, and has no script, link or picture from elsewhere", async () => {
    const { store } = await failed();
    const html = await report(new HostileHistory(openCheckpointStore(store)), "r", { timeline: hostileTimeline, values: true, now: 0 });
    expect(html).toContain("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
    expect(html).not.toMatch(/<(script|img|iframe|object|embed|link|base|form)\b|\son\w+=["']|(href|src)="(?!#)/i);
    expect(html.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });

  it("is refused for a run that is not there, and for bad options", async () => {
    const { store } = await failed();
    await expect(report(store, "nobody")).rejects.toThrow(CheckpointNotFoundError);
    await expect(report(store, "../r")).rejects.toThrow(InvalidIdError);
    await expect(report(store, "r", { runs: ["a b"] })).rejects.toThrow(InvalidIdError);
    for (const bad of [{ values: 1 }, { now: "today" }, { timeline: {} }, { runs: "f" }, { scripts: true }])
      await expect(report(store, "r", bad as never)).rejects.toThrow(InvalidOptionError);
    await expect(report("", "r")).rejects.toThrow(InvalidOptionError);
  });
});
