import {
  chain,
  ExecutionContext,
  type Logger,
  MemoryCheckpointStore,
  type RunEventName,
  resume,
  run,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { simulatedClock } from "../../src/testing/simulated-clock.js";
import { wrappedStore } from "../testing/wrapped-store.js";
import { ownLines } from "./own-lines.js";

type Seen = readonly [RunEventName, Readonly<Record<string, unknown>>];

function watched(context: ExecutionContext<unknown>): Seen[] {
  const seen: Seen[] = [];
  context.events.onAny((name, event) => void seen.push([name, event as never]));
  return seen;
}

const names = (seen: readonly Seen[]): string[] => seen.map(([name, event]) => `${name}${"taskId" in event ? ` ${event["taskId"]}` : ""}`);
const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {});
const noop = (name: string) => task(name, (): void => {});

describe("events", () => {
  it("tell a whole run in its order", async () => {
    const flaky = task("flaky", { retry: 1 }, async (ctx: TaskContext): Promise<void> => {
      ctx.progress(1, 2, "half");
      if (ctx.attempt === 1) throw new Error("once");
      ctx.metric("loss", 0.5);
      ctx.checkpoint({}, { name: "mark" });
    });
    const context = ExecutionContext.create(workflow("w", chain(flaky, noop("last"))), { checkpoints: "memory:", runId: "r" });
    const seen = watched(context);
    await context.run();
    expect(names(seen)).toEqual([
      "runStarted",
      "taskStarted flaky",
      "taskProgress flaky",
      "taskRetrying flaky",
      "taskStarted flaky",
      "taskProgress flaky",
      "taskCompleted flaky",
      "checkpointRequested flaky",
      "checkpointCommitted",
      "taskStarted last",
      "taskCompleted last",
      "runCompleted",
    ]);
    const of = (name: RunEventName) => seen.filter(([known]) => known === name).map(([, event]) => event);
    expect(of("taskRetrying")).toMatchObject([{ attempt: 1, waitMs: 0, error: { name: "Error", message: "once" } }]);
    expect(of("taskProgress")[0]).toMatchObject({ done: 1, total: 2, label: "half" });
    expect(of("taskCompleted")[0]).toMatchObject({ attempt: 2, cycle: 1, steps: 1, metrics: { loss: 0.5 } });
    expect(of("checkpointCommitted")[0]).toMatchObject({ checkpoint: { name: "mark", steps: 1, taskId: "flaky" } });
    for (const [, event] of seen) expect(event["runId"]).toBe("r");
  });

  it("tell a failure, and the checkpoint it leaves", async () => {
    const bad = task("bad", (): void => {
      throw new TypeError("no");
    });
    const context = ExecutionContext.create(workflow("w", bad), { checkpoints: "memory:" });
    const seen = watched(context);
    await quietly(context.run());
    expect(names(seen)).toEqual([
      "runStarted",
      "taskStarted bad",
      "taskFailed bad",
      "checkpointRequested null",
      "checkpointCommitted",
      "runFailed",
    ]);
    expect(seen.at(-1)?.[1]).toMatchObject({ steps: 0, error: { code: "TASK_FAILED", cause: { name: "TypeError" } } });
  });

  it("tell a stop and a resume", async () => {
    const store = new MemoryCheckpointStore();
    const flow = workflow(
      "w",
      chain(
        task("first", (): void => context.stop("night")),
        noop("last"),
      ),
    );
    const context: ExecutionContext<unknown> = ExecutionContext.create(flow, { checkpoints: store, runId: "r" });
    const seen = watched(context);
    expect(await context.run()).toMatchObject({ status: "stopped", message: "night" });
    expect(names(seen).at(-1)).toBe("runStopped");
    expect(seen.at(-1)?.[1]).toMatchObject({ reason: "night" });
    const after: string[] = [];
    const events = {
      runResumed: ({ steps }: { steps: number }) => void after.push(`resumed ${steps}`),
      taskStarted: () => void after.push("started"),
    };
    await resume(flow, { from: store, runId: "r", events });
    expect(after).toEqual(["resumed 1", "started"]);
  });

  it("tell a checkpoint that could not be stored", async () => {
    const broken = wrappedStore(new MemoryCheckpointStore(), () => ({ put: () => Promise.reject(new Error("full")) }));
    const asks = task("asks", (ctx: TaskContext): void => void ctx.checkpoint());
    const checkpoints = { store: broken, onFailure: "warn" } as const;
    const context = ExecutionContext.create(workflow("w", asks), { checkpoints });
    const seen = watched(context);
    expect((await context.run()).status).toBe("completed");
    expect(names(seen).slice(3)).toEqual(["checkpointRequested asks", "checkpointFailed", "warning", "runCompleted"]);
    expect(seen.find(([name]) => name === "warning")?.[1]).toMatchObject({ code: "CHECKPOINT_WRITE" });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("mine");
      },
    ],
    ["rejects", async () => Promise.reject(new Error("mine"))],
    [
      "throws something strange",
      () => {
        throw null;
      },
    ],
  ] as const)("do no harm through a listener that %s, and warn of it once", async (_, listener) => {
    const heard: unknown[] = [];
    const events = { taskCompleted: listener as () => void, warning: (event: unknown) => void heard.push(event) };
    const result = await run(workflow("w", noop("a")), undefined, { events });
    expect(result.status).toBe("completed");
    expect(heard).toMatchObject([{ code: "LISTENER_THREW", message: expect.stringContaining("taskCompleted") }]);
  });

  it("do no harm through a listener of everything that always throws", async () => {
    const context = ExecutionContext.create(workflow("w", chain(noop("a"), noop("b"))));
    context.events.onAny(() => {
      throw new Error("mine");
    });
    expect((await context.run()).steps).toBe(2);
  });

  it("reach no listener that was taken off, and each `once` one time", async () => {
    const context = ExecutionContext.create(workflow("w", chain(noop("a"), noop("b"))));
    const heard: string[] = [];
    context.events.on("taskStarted", ({ taskId }) => void heard.push(taskId))();
    const first = context.events.once("taskCompleted");
    await context.run();
    expect(heard).toEqual([]);
    expect((await first).taskId).toBe("a");
  });

  it("carry no payload", async () => {
    const secret = "s3cret-payload";
    const spills = task("spills", async (ctx: TaskContext, given: string): Promise<string> => {
      await ctx.channel.set("k", given);
      ctx.checkpoint();
      return given;
    });
    const context = ExecutionContext.create(workflow("w", spills), { checkpoints: "memory:" });
    const seen = watched(context);
    await context.run(secret);
    expect(seen.length).toBeGreaterThan(4);
    expect(JSON.stringify(seen)).not.toContain(secret);
  });

  it("and everything else come out the same twice, on a simulated clock", async () => {
    const once = async (): Promise<unknown> => {
      const clock = simulatedClock();
      const wild = (name: string) =>
        task(name, { retry: { maxRetries: 3, initialWait: "1s" } }, async (ctx: TaskContext): Promise<string> => {
          await ctx.sleep(Math.floor(ctx.random() * 5_000));
          if (ctx.random() < 0.5 && ctx.attempt < 3) throw new Error("weather");
          if (ctx.cycle < 3) ctx.nextIteration();
          return `${ctx.uuid()} ${ctx.now()}`;
        });
      const [a, b, c] = [wild("a"), wild("b"), wild("c")];
      const context = ExecutionContext.create(workflow("w", chain(a as never, b as never, c as never)), { clock, runId: "r", seed: 7 });
      const seen = watched(context);
      const running = context.run();
      await clock.runUntilIdle();
      return [
        await running,
        seen.map(([name, event]) => [name, JSON.stringify(event, (key, value: unknown) => (key === "stack" ? null : value))]),
      ];
    };
    expect(await once()).toEqual(await once());
  });
});

describe("stats", () => {
  it("count what ended, how often it was tried again, and each task's attempts", async () => {
    const flaky = task("flaky", { retry: 2 }, (ctx: TaskContext): void => {
      if (ctx.attempt < 3) throw new Error("again");
    });
    const bad = task("bad", (): void => {
      throw new Error("no");
    });
    const context = ExecutionContext.create(workflow("w", chain(flaky, noop("fine"), bad)));
    await quietly(context.run());
    const { tasks, ...counts } = context.stats();
    expect(counts).toEqual({ total: 3, succeeded: 2, failed: 1, retried: 1, retries: 2 });
    expect(Object.entries(tasks).map(([name, { runs }]) => [name, runs])).toEqual([
      ["flaky", 3],
      ["fine", 1],
      ["bad", 1],
    ]);
  });
});

describe("the logger", () => {
  it("gets the run, task, cycle and attempt with every line", async () => {
    const lines: object[] = [];
    const note = (level: string) => (fields: object, message: string) => void lines.push({ level, ...fields, message });
    const logger: Logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const talks = task("talks", (ctx: TaskContext): void => {
      ctx.log.info({ epoch: 1 }, "started");
      ctx.log.warn({}, "careful");
    });
    await run(workflow("w", talks), undefined, { logger, runId: "r" });
    const facts = { runId: "r", workflow: "w", version: 1, taskId: "talks", cycle: 1, attempt: 1 };
    expect(ownLines(lines)).toEqual([
      { level: "info", ...facts, epoch: 1, message: "started" },
      { level: "warn", ...facts, message: "careful" },
    ]);
  });
});
