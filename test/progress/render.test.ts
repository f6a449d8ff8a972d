import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freshProgress, type ProgressState, type RunningTask } from "../../src/progress/progress-state.js";
import { endingOf, renderProgress, timeText } from "../../src/progress/render-progress.js";
import { fitted, padded, textWidth } from "../../src/progress/text-width.js";

const running = (taskId: string, facts: Partial<RunningTask> = {}): RunningTask => ({
  taskId,
  cycle: 1,
  attempt: 1,
  startedAt: 0,
  progress: null,
  ...facts,
});

/** A run of ten tasks, five minutes old. */
function busyRun(facts: Partial<ProgressState> = {}): ProgressState {
  const state: ProgressState = {
    ...freshProgress("r-1", null, 0),
    workflow: "training",
    phase: "running",
    steps: 42,
    retries: 1,
    checkpoints: 3,
    ...facts,
  };
  const half = {
    done: 12,
    total: 24,
    label: "epoch 12 of the second fold, learning rate 0.003",
    first: { done: 0, at: 60_000 },
    at: 300_000,
  };
  const tasks = [
    running("train", { cycle: 37, startedAt: 60_000, progress: half }),
    running("load", { startedAt: 240_000, progress: { ...half, done: 1_200_000, total: null, label: "rows" } }),
    running("a-task-with-a-name-that-is-longer-than-its-place", { attempt: 3, startedAt: 299_000 }),
    running("evil", { progress: { ...half, total: 12, label: "\u001b[2J\u001b]0;owned\u0007\r\n日本語 👩‍👩‍👧 \u202egnp.exe" } }),
    ...Array.from({ length: 6 }, (_, at) => running(`score-${at}`)),
  ];
  for (const [at, task] of tasks.entries()) state.running.set(`s${at}`, task);
  return state;
}

const view = (state: ProgressState, width: number, tasks = 5): string =>
  `\n${renderProgress(state, { width, tasks }, 300_000).join("\n")}\n`;

describe("the view of a run", () => {
  it("fits 80 columns", () => {
    expect(view(busyRun(), 80)).toMatchInlineSnapshot(`
      "
      training  42 steps  10 running  1 retry  3 checkpoints  0.1/s  5:00
        train ×37                     ██████░░░░░░  50%  12/24  4:00  about 4:00 left…
        load                          1200000  1:00  rows
        a-task-with-a-name-that-is-…  0:01  attempt 3
        evil                          ████████████ 100%  12/12  5:00   [2J ]0;owned…
        score-0                       5:00
        and 5 more
      "
    `);
    expect(view(busyRun({ ...freshProgress("r-1", 100, 0), steps: 42, phase: "running" }), 80, 1)).toMatchInlineSnapshot(`
      "
      run r-1  █████░░░░░░░  42/100 steps  10 running  0.1/s  5:00  about 6:54 left
        train ×37  ██████░░░░░░  50%  12/24  4:00  about 4:00 left  epoch 12 of the s…
        and 9 more
      "
    `);
  });

  it("fits 160 columns", () => {
    expect(view(busyRun(), 160)).toMatchInlineSnapshot(`
      "
      training  42 steps  10 running  1 retry  3 checkpoints  0.1/s  5:00
        train ×37                     ████████████░░░░░░░░░░░░  50%  12/24  4:00  about 4:00 left  epoch 12 of the second fold, learning rate 0.003
        load                          1200000  1:00  rows
        a-task-with-a-name-that-is-…  0:01  attempt 3
        evil                          ████████████████████████ 100%  12/12  5:00   [2J ]0;owned   日本語 👩 👩 👧  gnp.exe
        score-0                       5:00
        and 5 more
      "
    `);
    expect(view(busyRun({ total: 100 }), 160, 1)).toMatchInlineSnapshot(`
      "
      training  ██████████░░░░░░░░░░░░░░  42/100 steps  10 running  1 retry  3 checkpoints  0.1/s  5:00  about 6:54 left
        train ×37  ████████████░░░░░░░░░░░░  50%  12/24  4:00  about 4:00 left  epoch 12 of the second fold, learning rate 0.003
        and 9 more
      "
    `);
  });

  it("shows the first of hundreds of tasks, and how many more there are", () => {
    const state = busyRun();
    for (let at = 0; at < 500; at++) state.running.set(`t${at}`, running(`t-${at}`));
    expect(renderProgress(state, { width: 80, tasks: 3 }, 0)).toHaveLength(5);
    expect(renderProgress(state, { width: 80, tasks: 3 }, 0).at(-1)).toBe("  and 507 more");
  });

  it("shows nothing before the run has begun", () => {
    expect(renderProgress(freshProgress("r", null, 0), { width: 80, tasks: 3 }, 0)).toEqual([]);
  });

  it("has no line that is wider than the terminal, and nothing a terminal could obey, whatever tasks say", () => {
    const text = fc.string({ unit: "binary", maxLength: 60 });
    const number = fc.double();
    fc.assert(
      fc.property(text, text, number, fc.option(number), fc.integer({ min: 1, max: 200 }), (taskId, label, done, total, width) => {
        const state = busyRun({ workflow: label });
        state.running.set("x", running(taskId, { progress: { done, total, label, first: { done: 0, at: 0 }, at: 5 } }));
        for (const line of renderProgress(state, { width, tasks: 20 }, 1_000)) {
          expect(textWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("does not lose its head over numbers that make no sense", () => {
    const odd = (done: number, total: number): string => {
      const state = busyRun();
      state.running.clear();
      state.running.set("x", running("x", { progress: { done, total, label: null, first: { done: 0, at: 0 }, at: 0 } }));
      return (renderProgress(state, { width: 80, tasks: 1 }, 0)[1] as string).trim();
    };
    expect(odd(5, 0)).toBe("x  5  0:00");
    expect(odd(-1, 10)).toBe("x  ░░░░░░░░░░░░   0%  -1/10  0:00");
    expect(odd(20, 10)).toBe("x  ████████████ 100%  20/10  0:00");
    expect(odd(Number.NaN, 10)).toBe("x  ░░░░░░░░░░░░   0%  NaN/10  0:00");
    expect(odd(1, Number.POSITIVE_INFINITY)).toBe("x  ░░░░░░░░░░░░   0%  1/Infinity  0:00");
  });
});

describe("the end of a run", () => {
  it("is told in a line", () => {
    const ended = { ...busyRun(), endedAt: 3_725_000 };
    expect(endingOf({ ...ended, phase: "completed" })).toBe("training completed (run r-1): 42 steps, 1 retry, 3 checkpoints, 1:02:05");
    expect(endingOf({ ...ended, phase: "failed", failed: 1, retries: 0, checkpoints: 1, note: "Error: down" })).toBe(
      "training failed (run r-1): 42 steps, 1 failed, 1 checkpoint, 1:02:05: Error: down",
    );
  });
});

describe("a text in a terminal", () => {
  it("has the width that a terminal gives it", () => {
    expect(["abc", "日本", "e\u0301", "👍", "", "한글", "❤\ufe0f"].map(textWidth)).toEqual([3, 4, 1, 2, 0, 4, 2]);
  });

  it("is cut between letters, and filled up with blanks", () => {
    expect(fitted("日本語", 4)).toBe("日…");
    expect(padded("日本語", 4)).toBe("日… ");
    expect([fitted("abc", 3), fitted("abcd", 3), fitted("abc", 0), padded("a", 3)]).toEqual(["abc", "ab…", "", "a  "]);
  });

  it("tells times in hours, minutes and seconds", () => {
    expect([0, 999, 61_000, 3_600_000, 360_000_000, -5, Number.NaN].map(timeText)).toEqual([
      "0:00",
      "0:00",
      "1:01",
      "1:00:00",
      "100:00:00",
      "0:00",
      "0:00",
    ]);
  });
});
