import { chain, each, InvalidOptionError, run, type TaskContext, task, workflow } from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordTimeline, type Timeline, type TimelineBar, timelineSvg } from "../../src/inspector/index.js";
import { lanesOf, runsOf } from "../../src/inspector/time-lanes.js";
import { timelineOf } from "../../src/inspector/timeline-of-checkpoints.js";
import { anyName } from "./graphs.js";
import { readable, readXml, textsIn, titlesIn } from "./xml.js";

const bar = (taskId: string, startMs: number, endMs: number | null, more: Partial<TimelineBar> = {}): TimelineBar => ({
  taskId,
  cycle: 1,
  attempt: 1,
  startMs,
  endMs,
  outcome: "completed",
  ...more,
});
const timeline = (bars: readonly TimelineBar[], endMs: number, more: Partial<Timeline> = {}): Timeline => ({
  startMs: 0,
  endMs,
  bars,
  marks: [],
  omitted: 0,
  ...more,
});

describe("a recorder", () => {
  it("has each attempt from its begin to its end, with how it ended, and checkpoints", async () => {
    const clock = simulatedClock();
    const recorder = recordTimeline({ clock });
    const slow = task("slow", async (ctx: TaskContext, n: number) => {
      await ctx.sleep(100);
      return n;
    });
    const shaky = task("shaky", { retry: { maxRetries: 1, initialWait: 50, jitter: 0 } }, async (ctx: TaskContext, n: number) => {
      await ctx.sleep(10);
      if (ctx.attempt === 1) throw new Error("not yet");
      ctx.checkpoint({}, { name: "after" });
      return n;
    });
    const running = run(workflow("recorded", chain(slow, shaky)), 1, { clock, events: recorder.listeners, checkpoints: "memory:recorded" });
    await clock.runUntilIdle();
    await running;
    const { bars, marks, startMs, endMs, omitted } = recorder.timeline();
    expect(bars.map(({ taskId, attempt, outcome }) => `${taskId} ${attempt} ${outcome}`)).toEqual([
      "slow 1 completed",
      "shaky 1 retried",
      "shaky 2 completed",
    ]);
    expect(bars.map((one) => (one.endMs ?? 0) - one.startMs)).toEqual([100, 10, 10]);
    expect([endMs - startMs, omitted]).toEqual([170, 0]);
    expect(marks.map(({ label }) => label)).toEqual(["started", "checkpoint 1 after"]);
  });

  it("keeps the first attempts only, and counts the others", async () => {
    const recorder = recordTimeline({ limit: 3 });
    const list = task("list", () => [1, 2, 3, 4]);
    await run(workflow("many", chain(list, each(task("one", (_ctx: TaskContext, n: number) => n)))), undefined, {
      events: recorder.listeners,
    });
    expect(recorder.timeline()).toMatchObject({ omitted: 2 });
    expect(textsIn(timelineSvg(recorder.timeline()))).toContain("Not recorded: 2 later attempts.");
  });

  it("is JSON, and drawn the same when it is read again", async () => {
    const recorder = recordTimeline();
    await run(
      workflow(
        "kept",
        task("one", () => 1),
      ),
      undefined,
      { events: recorder.listeners },
    );
    const recorded = recorder.timeline();
    expect(timelineSvg(JSON.parse(JSON.stringify(recorded)) as Timeline)).toBe(timelineSvg(recorded));
  });

  it("refuses options it does not know, and bad ones", () => {
    for (const bad of [{ limit: 0 }, { limit: "3" }, { max: 3 }, 3]) expect(() => recordTimeline(bad as never)).toThrow(InvalidOptionError);
  });
});

describe("a timeline", () => {
  it("is drawn with a row for each task and a bar for each attempt", () => {
    const bars = [
      bar("load", 0, 400),
      bar("train", 400, 900, { outcome: "retried" }),
      bar("train", 950, null, { attempt: 2, outcome: "unfinished" }),
    ];
    const svg = timelineSvg(timeline(bars, 1_000, { marks: [{ atMs: 400, label: "checkpoint 1" }] }));
    expect(readable(svg)).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="960" height="164" viewBox="0 0 960 164" class="cf" role="img" aria-label="timeline">
      <title>timeline</title>
      <rect class="cf-bg" width="960" height="164">
      </rect>
      <text x="20" y="26" class="cf-b">1 s from 1970-01-01 00:00:00 UTC</text>
      <rect class="cf-stripe" x="10" y="76" width="940" height="22">
      </rect>
      <g>
      <line class="cf-grid" x1="190" x2="190" y1="64" y2="120">
      </line>
      <text x="190" y="58" class="cf-s cf-m cf-mid">0 ms</text>
      <line class="cf-grid" x1="338" x2="338" y1="64" y2="120">
      </line>
      <text x="338" y="58" class="cf-s cf-m cf-mid">200 ms</text>
      <line class="cf-grid" x1="486" x2="486" y1="64" y2="120">
      </line>
      <text x="486" y="58" class="cf-s cf-m cf-mid">400 ms</text>
      <line class="cf-grid" x1="634" x2="634" y1="64" y2="120">
      </line>
      <text x="634" y="58" class="cf-s cf-m cf-mid">600 ms</text>
      <line class="cf-grid" x1="782" x2="782" y1="64" y2="120">
      </line>
      <text x="782" y="58" class="cf-s cf-m cf-mid">800 ms</text>
      <line class="cf-grid" x1="930" x2="930" y1="64" y2="120">
      </line>
      <text x="930" y="58" class="cf-s cf-m cf-mid">1 s</text>
      </g>
      <g>
      <g>
      <title>checkpoint 1</title>
      <line class="cf-back cf-thin cf-faint" x1="486" x2="486" y1="68" y2="120">
      </line>
      <path class="cf-backtip" d="M482 64h8l-4 7z">
      </path>
      </g>
      </g>
      <g>
      <g>
      <title>load</title>
      <text x="178" y="91" class="cf-end cf-l">load</text>
      </g>
      <rect class="cf-completed cf-thin" x="190" y="81" width="296" height="11" rx="2">
      <title>load: cycle 1, attempt 1, 400 ms, completed</title>
      </rect>
      </g>
      <g>
      <g>
      <title>train</title>
      <text x="178" y="113" class="cf-end cf-l">train</text>
      </g>
      <rect class="cf-waiting cf-thin" x="486" y="103" width="370" height="11" rx="2">
      <title>train: cycle 1, attempt 1, 500 ms, failed, tried again</title>
      </rect>
      <rect class="cf-unfinished cf-thin" x="893" y="103" width="37" height="11" rx="2">
      <title>train: cycle 1, attempt 2, no end recorded</title>
      </rect>
      </g>
      <g>
      <rect class="cf-completed cf-thin" x="21" y="136" width="24" height="10" rx="2">
      </rect>
      <text x="50" y="145" class="cf-s cf-m">completed</text>
      <rect class="cf-waiting cf-thin" x="131.3" y="136" width="24" height="10" rx="2">
      </rect>
      <text x="160.3" y="145" class="cf-s cf-m">failed, tried again</text>
      <rect class="cf-unfinished cf-thin" x="288.8" y="136" width="24" height="10" rx="2">
      </rect>
      <text x="317.8" y="145" class="cf-s cf-m">no end recorded</text>
      <path class="cf-backtip" d="M440.74 138h8l-4 7z">
      </path>
      <text x="461.7" y="145" class="cf-s cf-m">checkpoint, start or resume</text>
      </g>
      </svg>"
    `);
  });

  it("has tasks that run at the same time in lanes of their own, none over another", () => {
    const bars = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(50), fc.nat(20)), { maxLength: 40 });
    const property = fc.property(bars, (all) => {
      const drawn = all.map(([taskId, startMs, ms]) => bar(taskId, startMs, startMs + ms));
      const lanes = lanesOf(drawn, 100, 5);
      for (const { lanes: own } of lanes)
        for (const lane of own) for (const [i, one] of lane.entries()) expect((lane[i + 1]?.startMs ?? 100) >= (one.endMs ?? 0)).toBe(true);
      const placed = lanes.reduce((sum, { lanes: own, omitted }) => sum + own.flat().length + omitted, 0);
      expect(placed).toBe(drawn.length);
    });
    fc.assert(property);
  });

  it("of 20,000 attempts stays small: those that no eye tells apart are one bar, and none is lost", () => {
    const bars = Array.from({ length: 20_000 }, (_, i) =>
      bar("loop", i, i + 1, { cycle: i + 1, ...(i === 7_000 ? { outcome: "failed" as const } : {}) }),
    );
    const [lanes] = lanesOf(bars, 20_000, 8);
    const runs = runsOf(lanes?.lanes[0] ?? [], 20_000, 25);
    expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
    const svg = timelineSvg(timeline(bars, 20_000));
    expect(svg.length).toBeLessThan(300_000);
    expect(titlesIn(svg).some((title) => title.includes("failed for good"))).toBe(true);
  });

  it("says what it leaves out", () => {
    const tasks = Array.from({ length: 125 }, (_, i) => bar(`t${i}`, i, i + 1));
    const crowd = Array.from({ length: 11 }, () => bar("t0", 0, 500));
    expect(textsIn(timelineSvg(timeline([...crowd, ...tasks], 500)))).toEqual(
      expect.arrayContaining(["Not shown: 5 more tasks.", "Not shown: 4 attempts beside 8 others of the same task."]),
    );
    expect(textsIn(timelineSvg(timeline([], 0)))).toContain("No attempt of a task was recorded.");
  });

  it("of checkpoints alone has their moments", () => {
    const { bars, marks, startMs, endMs } = timelineOf([
      { seq: 2, name: "b", createdAt: "2026-01-01T00:00:02.000Z" },
      { seq: 1, name: null, createdAt: "2026-01-01T00:00:00.000Z" },
    ] as never);
    expect([bars, endMs - startMs, marks.map(({ label }) => label)]).toEqual([[], 2_000, ["checkpoint 1", "checkpoint 2 b"]]);
  });

  it("is well-formed whatever it holds", () => {
    const anyBar = fc.record({
      taskId: anyName,
      cycle: fc.integer(),
      attempt: fc.integer(),
      startMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
      endMs: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      outcome: fc.constantFrom("completed" as const, "retried" as const, "failed" as const, "unfinished" as const),
    });
    const property = fc.property(
      fc.array(anyBar, { maxLength: 20 }),
      fc.array(anyName),
      fc.integer(),
      fc.nat(),
      (bars, labels, startMs, spanMs) => {
        const marks = labels.map((label, index) => ({ label, atMs: startMs + index }));
        const svg = timelineSvg({ startMs, endMs: startMs + spanMs, bars, marks, omitted: 0 });
        expect(() => readXml(svg)).not.toThrow();
        expect(svg).not.toMatch(/="[^"]*(NaN|Infinity|undefined)/);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it("is refused when it is none", () => {
    const good = timeline([bar("a", 0, 1)], 1);
    for (const bad of [
      null,
      1,
      {},
      { ...good, bars: [{}] },
      { ...good, startMs: Number.NaN },
      { ...good, bars: [bar("a", 0, 1, { outcome: "x" as never })] },
      { ...good, marks: [1] },
    ])
      expect(() => timelineSvg(bad as never)).toThrow(InvalidOptionError);
  });
});
