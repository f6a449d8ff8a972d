import {
  ExecutionContext,
  type Logger,
  MemoryChannel,
  MemoryCheckpointStore,
  run,
  type TaskContext,
  TaskFailedError,
  task,
  workflow,
} from "cairnflow";
import { type Logger as Pino, pino } from "pino";
import { describe, expect, it } from "vitest";
import { escapedText } from "../../src/core/logger.js";
import { logRun } from "../../src/engine/run-log.js";
import { ownLines } from "./own-lines.js";
import { TextRunner } from "./text-runner.js";

type Line = Readonly<Record<string, unknown>>;

/** Pino, and the lines it has written, as texts and as data. */
function pinoLines(level = "debug"): { logger: Pino; texts: string[]; lines: () => Line[] } {
  const texts: string[] = [];
  const logger = pino({ base: null, timestamp: false, level }, { write: (text) => void texts.push(text.trimEnd()) });
  return { logger, texts, lines: () => texts.map((text) => JSON.parse(text) as Line) };
}

const facts = { runId: "r", workflow: "etl", version: 3, taskId: "load", cycle: 1, attempt: 1 };
const talks = (say: (ctx: TaskContext) => void | Promise<void>) => workflow("etl", task("load", say), { version: 3 });

describe("a task's log", () => {
  it("goes through a child of the logger, made once for each attempt", async () => {
    const { logger, lines } = pinoLines();
    let children = 0;
    const counting = Object.assign(Object.create(logger) as Pino, { child: (fields: object) => [children++, logger.child(fields)][1] });
    const flow = talks((ctx) => {
      for (let n = 0; n < 3; n++) ctx.log.info({ n }, "read");
      const { warn } = ctx.log;
      warn("slow");
    });
    await run(flow, undefined, { runId: "r", logger: counting });
    expect(children).toBe(1);
    expect(ownLines(lines())).toEqual([
      ...[0, 1, 2].map((n) => ({ level: 30, ...facts, n, msg: "read" })),
      { level: 40, ...facts, msg: "slow" },
    ]);
  });

  it("goes to a logger without children in the same words", async () => {
    const lines: Line[] = [];
    const note = (level: string) => (fields: object, msg: string) => void lines.push({ level, ...fields, msg });
    const logger: Logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    await run(
      talks((ctx) => ctx.log.debug({ n: 1 }, "read")),
      undefined,
      { runId: "r", logger },
    );
    expect(ownLines(lines)).toEqual([{ level: "debug", ...facts, n: 1, msg: "read" }]);
  });

  it("has no field twice, and none in which a task could pass for another", async () => {
    const { logger, texts, lines } = pinoLines();
    await run(
      talks((ctx) => ctx.log.info({ taskId: "other", attempt: 7, rows: 1 }, "read")),
      undefined,
      { runId: "r", logger },
    );
    expect(ownLines(lines())).toEqual([{ level: 30, ...facts, rows: 1, msg: "read" }]);
    expect(texts.find((text) => text.includes('"rows"'))?.match(/"taskId"/g)).toHaveLength(1);
  });

  it("takes an error in place of fields, as pino does", async () => {
    const { logger, lines } = pinoLines();
    await run(
      talks((ctx) => ctx.log.error(new TypeError("no such column"), "cannot read")),
      undefined,
      { runId: "r", logger },
    );
    expect(ownLines(lines())).toEqual([
      { level: 50, ...facts, err: expect.objectContaining({ type: "TypeError", message: "no such column" }), msg: "cannot read" },
    ]);
  });

  it("counts attempts and cycles", async () => {
    const { logger, lines } = pinoLines();
    const again = task("load", { retry: 1 }, (ctx: TaskContext, n: number) => {
      ctx.log.info("read");
      if (n === 1 && ctx.attempt === 1) throw new Error("down");
      if (n < 2) ctx.nextIteration(n + 1);
    });
    await run(workflow("etl", again), 1, { runId: "r", logger });
    expect(ownLines(lines()).map(({ cycle, attempt }) => [cycle, attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });

  it("says the same when the body runs elsewhere", async () => {
    const { logger, texts, lines } = pinoLines();
    const flow = talks((ctx) => ctx.log.info({ rows: 1 }, "read"));
    const channel = new MemoryChannel<object>();
    await run(flow, undefined, { runId: "r", logger, channel: channel as never, runner: new TextRunner([flow], channel as never) });
    expect(ownLines(lines())).toEqual([{ level: 30, ...facts, rows: 1, msg: "read" }]);
    expect(texts.find((text) => text.includes('"rows"'))?.match(/"runId"/g)).toHaveLength(1);
  });
});

describe("the log of a run", () => {
  const told = async (flow: ReturnType<typeof talks>, level?: string): Promise<Line[]> => {
    const { logger, lines } = pinoLines(level);
    const context = ExecutionContext.create(flow, { runId: "r", checkpoints: new MemoryCheckpointStore() });
    logRun(context.events, logger, flow);
    await context.run().catch((error: unknown) => {
      if (!(error instanceof TaskFailedError)) throw error;
    });
    return lines();
  };
  const of = { runId: "r", workflow: "etl", version: 3 };
  const load = { ...of, taskId: "load", specId: "s1", cycle: 1 };

  it("tells what happens, each line with the run, its workflow and what it is about", async () => {
    const lines = await told(talks((ctx) => void ctx.checkpoint()));
    expect(lines).toEqual([
      { level: 30, ...of, msg: "run started" },
      { level: 20, ...load, attempt: 1, msg: "task started" },
      { level: 20, ...load, attempt: 1, durationMs: expect.any(Number), steps: 1, msg: "task completed" },
      {
        level: 20,
        ...of,
        checkpointId: expect.any(String),
        seq: 1,
        reason: "requested",
        durationMs: expect.any(Number),
        msg: "checkpoint stored",
      },
      { level: 30, ...of, steps: 1, note: null, msg: "run completed" },
    ]);
  });

  it("tells of retries and failures, with what a terminal could obey written out", async () => {
    const flow = workflow(
      "etl",
      task("load", { retry: 1 }, () => {
        throw new Error("\u001b[2Jdown\n\u202egnp");
      }),
      { version: 3 },
    );
    const error = { name: "Error", message: "\\u{1b}[2Jdown\\u{a}\\u{202e}gnp", code: null };
    expect(await told(flow, "warn")).toEqual([
      { level: 40, ...load, attempt: 1, waitMs: 0, error, msg: "task failed, and is tried again" },
      {
        level: 50,
        ...load,
        attempt: 2,
        error: { name: "TaskFailedError", message: expect.stringContaining("\\u{1b}[2Jdown"), code: "TASK_FAILED" },
        msg: "task failed",
      },
      { level: 50, ...of, steps: 0, error: expect.objectContaining({ code: "TASK_FAILED" }), msg: "run failed" },
    ]);
  });

  it("is not even made for levels that are not written", () => {
    const heard: string[] = [];
    const events = { on: (name: string) => [() => {}, heard.push(name)][0] };
    logRun(events as never, pinoLines("info").logger, { name: "etl", version: 1 });
    expect(heard).toContain("runStarted");
    expect(heard).not.toContain("taskStarted");
    expect(heard).not.toContain("taskProgress");
  });
});

describe("a text that came from elsewhere", () => {
  it("is written without control characters, and else as it is", () => {
    expect(escapedText("a\u0000\t\r\n\u001b\u009b\u200b\u2028é日👍\\")).toBe(
      "a\\u{0}\\u{9}\\u{d}\\u{a}\\u{1b}\\u{9b}\\u{200b}\\u{2028}é日👍\\",
    );
  });
});
