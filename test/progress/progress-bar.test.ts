import { Writable } from "node:stream";
import {
  chain,
  ExecutionContext,
  InvalidOptionError,
  MemoryCheckpointStore,
  parallel,
  type TaskContext,
  TaskFailedError,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { progressBar } from "../../src/progress/index.js";
import { showProgress } from "../../src/progress/progress-bar.js";
import { checkedProgress } from "../../src/progress/progress-options.js";
import { Screen } from "./screen.js";

/** Time and frames by hand. */
function handHost() {
  let now = 0;
  const beats = new Set<() => void>();
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const every = (_: number, beat: () => void) => {
    beats.add(beat);
    return () => void beats.delete(beat);
  };
  const pass = (ms: number): void => {
    now += ms;
    for (const beat of beats) beat();
  };
  return { host: { clock, every }, pass, beats };
}

const settingsOf = (options: object) => checkedProgress(options, { stream: new Screen(), kind: "xterm" });
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const ESC = "\u001b";
/** What moves the cursor up, or clears. */
const MOVES = new RegExp(`${ESC}\\[\\d*[AKJ]`, "g");

/** A run of one task that shows its screen in the middle. */
async function watched(options: object, screen: Screen, body: (ctx: TaskContext) => void | Promise<void>): Promise<void> {
  const { host, pass } = handHost();
  const half = task("half", async (ctx: TaskContext) => {
    await tick();
    pass(1_000);
    ctx.progress(5, 10, "rows");
    await tick();
    pass(4_000);
    await body(ctx);
  });
  const context = ExecutionContext.create(workflow("etl", chain(half)), { runId: "r", checkpoints: new MemoryCheckpointStore() });
  showProgress(context, settingsOf({ stream: screen, ...options }), host);
  await context.run().catch((error: unknown) => {
    if (!(error instanceof TaskFailedError)) throw error;
  });
  pass(60_000);
}

describe("progress in a terminal", () => {
  it("is a view that is drawn again in its place, and gives way to one line at the end", async () => {
    const screen = new Screen();
    let during: string[] = [];
    await watched({}, screen, () => {
      during = screen.shown;
    });
    expect(during).toEqual(["etl  0 steps  1 running  0/s  0:05", "  half  ██████░░░░░░  50%  5/10  0:05  rows"]);
    expect(screen.shown).toEqual(["etl completed (run r): 1 step, 0 checkpoints, 0:05"]);
  });

  it("leaves the cursor below it, at the margin, and never hides it: at the end, on failure, on stop", async () => {
    for (const body of [
      () => {},
      () => {
        throw new Error("\u001b[31mdown\nagain");
      },
    ]) {
      const screen = new Screen();
      await watched({}, screen, body);
      expect(screen.cursor).toEqual({ row: screen.shown.length, column: 0 });
      expect(screen.written.join("").replace(MOVES, "")).not.toContain(ESC);
    }
  });

  it("says how the run has failed", async () => {
    const screen = new Screen(200);
    await watched({}, screen, () => {
      throw new Error("\u001b[31mdown\nagain");
    });
    expect(screen.shown).toEqual([
      'etl failed (run r): 0 steps, 1 failed, 1 checkpoint, 0:05: TaskFailedError: task "half" failed at its only attempt: Error:  [31mdown',
    ]);
  });

  it("ends with a run that is stopped, and can be ended before", async () => {
    const { host, pass, beats } = handHost();
    const screen = new Screen();
    const flow = workflow(
      "etl",
      chain(
        task("one", () => context.stop("enough")),
        task("two", () => 2),
      ),
    );
    const context: ExecutionContext = ExecutionContext.create(flow, { runId: "r" });
    showProgress(context, settingsOf({ stream: screen }), host);
    expect((await context.run()).status).toBe("stopped");
    expect([beats.size, screen.shown]).toEqual([0, ["etl stopped (run r): 1 step, 0 checkpoints, 0:00: enough"]]);

    const other = ExecutionContext.create(flow, { runId: "r" });
    const bar = showProgress(other, settingsOf({ stream: screen }), host);
    bar.stop();
    bar.stop();
    const before = screen.written.length;
    pass(1_000);
    expect([beats.size, screen.written.length]).toEqual([0, before]);
  });

  it("takes no more lines than the window has", async () => {
    const { host, pass } = handHost();
    const many = Array.from({ length: 30 }, (_, at) =>
      task(`t-${at}`, async () => {
        await tick();
        pass(1);
        await tick();
      }),
    );
    const frames: string[][] = [];
    const stream = { rows: 6, isTTY: true, write: (text: string) => frames.push(text.split("\n").slice(0, -1)) };
    const context = ExecutionContext.create(workflow("wide", parallel(many)), { runId: "r" });
    showProgress(context, settingsOf({ stream }), host);
    await context.run();
    expect(Math.max(...frames.map((lines) => lines.length))).toBe(5);
    expect(frames[0]?.at(-1)).toContain("and 27 more");
  });

  it("takes back the lines that a narrower window has wrapped", () => {
    const screen = new Screen(80);
    const { host, pass } = handHost();
    const listeners: ((name: string, event: object) => void)[] = [];
    const source = { runId: "r", events: { onAny: (listener: never) => [() => {}, listeners.push(listener)][0] } };
    const stream = { columns: 80, rows: 24, isTTY: true, write: (text: string) => screen.write(text) };
    showProgress(source as never, settingsOf({ stream }), host);
    const facts = { runId: "r", taskId: "load", specId: "s1", cycle: 1, attempt: 1 };
    listeners[0]?.("taskStarted", facts);
    listeners[0]?.("taskProgress", { ...facts, done: 1, total: 10, label: "x".repeat(200) });
    pass(100);
    expect(screen.shown).toHaveLength(2);
    stream.columns = 40;
    pass(100);
    expect(screen.written.at(-1)).toContain("\u001b[3A");
  });
});

describe("progress where nobody watches", () => {
  it("is a line for what is worth one, and a line from time to time", async () => {
    const screen = new Screen();
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(...text.trimEnd().split("\n")) };
    await watched({ stream, every: "3s" }, screen, () => {});
    expect(lines).toEqual([
      "etl started (run r)",
      "etl  0 steps  1 running  0/s  0:05",
      "etl completed (run r): 1 step, 0 checkpoints, 0:05",
    ]);
    expect(screen.written).toEqual([]);
  });

  it("is the same in a terminal on request, and in one that cannot do more", () => {
    expect(settingsOf({ plain: true }).mode).toBe("plain");
    expect(checkedProgress({}, { stream: new Screen(), kind: "dumb" }).mode).toBe("plain");
    expect(settingsOf({}).mode).toBe("live");
  });

  it("tells of retries, failures, damage and resumes, on one line each", async () => {
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) };
    const store = new MemoryCheckpointStore();
    let isMended = false;
    const fragile = task("fragile", { retry: 1 }, (ctx: TaskContext) => {
      if (!isMended) throw new Error(`attempt ${ctx.attempt}\n\u001b[2J is lost`);
    });
    const context = ExecutionContext.create(workflow("etl", fragile), { runId: "r", checkpoints: store });
    progressBar(context, { stream });
    await expect(context.run()).rejects.toThrow(TaskFailedError);
    isMended = true;
    const resumed = await ExecutionContext.resume(workflow("etl", fragile), { from: store, runId: "r" });
    progressBar(resumed, { stream });
    await resumed.run();
    expect(lines.join("")).not.toContain("\u001b");
    const told = lines.map((line) =>
      line
        .trimEnd()
        .replace(/checkpoint \w+/, "checkpoint c")
        .replace(/, \d:\d\d/, ", t"),
    );
    expect(told).toEqual([
      "etl started (run r)",
      'task "fragile" failed at attempt 1, and is tried again in 0:00: Error: attempt 1',
      'task "fragile" failed at attempt 2: TaskFailedError: task "fragile" failed after 2 attempts: Error: attempt 2',
      'etl failed (run r): 0 steps, 1 retry, 1 failed, 1 checkpoint, t: TaskFailedError: task "fragile" failed after 2 attempts: Error: attempt 2',
      "run r resumed from checkpoint c, after 0 steps",
      "run completed (run r): 1 step, 0 checkpoints, t",
    ]);
  });
});

describe("progress", () => {
  it("is silent on request", async () => {
    const screen = new Screen();
    await watched({ quiet: true }, screen, () => {});
    expect(screen.written).toEqual([]);
  });

  it("never harms the run: not by a stream that throws, nor by one that is closed", async () => {
    let writes = 0;
    const throwing = {
      isTTY: true,
      write: (): never => {
        writes++;
        throw new Error("gone");
      },
    };
    const warnings: string[] = [];
    const closed = new Writable({ write: (_, __, done) => done(new Error("EPIPE")) });
    for (const stream of [throwing, closed]) {
      const context = ExecutionContext.create(
        workflow(
          "etl",
          task("one", () => 1),
        ),
        { events: { warning: ({ message }) => void warnings.push(message) } },
      );
      progressBar(context, { stream: stream as never });
      expect((await context.run()).output).toBe(1);
      await tick();
    }
    expect(writes).toBe(1);
    expect(closed.errored?.message).toBe("EPIPE");
    expect(warnings).toEqual([]);
  });

  it("waits for a stream that is behind", () => {
    const { host, pass } = handHost();
    const written: string[] = [];
    const stream = { isTTY: true, writableNeedDrain: true, write: (text: string) => written.push(text) };
    const listeners: ((name: string, event: object) => void)[] = [];
    showProgress(
      { runId: "r", events: { onAny: (listener: never) => [() => {}, listeners.push(listener)][0] } } as never,
      settingsOf({ stream }),
      host,
    );
    listeners[0]?.("runStarted", { runId: "r", workflow: "w" });
    pass(100);
    expect(written).toEqual([]);
    stream.writableNeedDrain = false;
    pass(100);
    expect(written).toHaveLength(1);
  });

  it("has its options checked", () => {
    const context = ExecutionContext.create(
      workflow(
        "etl",
        task("one", () => 1),
      ),
    );
    for (const options of [
      { streams: process.stderr },
      { stream: {} },
      { stream: 1 },
      { plain: "yes" },
      { quiet: 1 },
      { total: 0 },
      { tasks: 1.5 },
      { every: "soon" },
      null,
    ])
      expect(() => progressBar(context, options as never)).toThrow(InvalidOptionError);
    expect(() =>
      progressBar(
        workflow(
          "w",
          task("one", () => 1),
        ) as never,
      ),
    ).toThrow(/progressBar got no run/);
  });
});
