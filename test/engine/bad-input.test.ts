import {
  atLeast,
  type CairnError,
  CheckpointAwaitedError,
  chain,
  DefinitionError,
  DuplicateIdError,
  ExecutionContext,
  type ExecutionOptions,
  each,
  InvalidGraphError,
  InvalidIdError,
  InvalidOptionError,
  NoCheckpointStoreError,
  NotSerializableError,
  parallel,
  run,
  SchemaError,
  type TaskContext,
  TaskFailedError,
  TaskGraph,
  TaskNotRegisteredError,
  task,
  UsageError,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const SECRET = "s3cret-payload";
const nothing = (name: string) => task(name, (): void => {});

type Refusal = abstract new (...args: never[]) => CairnError;

function refused(error: unknown, type: Refusal, text: RegExp): void {
  expect(error).toBeInstanceOf(type);
  const { code, outcome, message } = error as CairnError;
  expect(code).toMatch(/^[A-Z_]+$/);
  expect(["applied", "not-applied", "unknown"]).toContain(outcome);
  expect(message).toMatch(text);
  expect(message).not.toContain(SECRET);
}

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

async function rejection(refusing: Promise<unknown> | (() => Promise<unknown>)): Promise<unknown> {
  try {
    await (typeof refusing === "function" ? refusing() : refusing);
  } catch (error) {
    return error;
  }
  throw new Error("nothing was rejected");
}

/** What a body made of its context: the error that its task failed with. */
async function failureIn(body: (ctx: TaskContext) => unknown, options?: ExecutionOptions): Promise<unknown> {
  const failing = task("failing", async (ctx: TaskContext) => await body(ctx));
  const error = await rejection(run(workflow("w", failing), undefined, options));
  expect(error).toBeInstanceOf(TaskFailedError);
  return (error as TaskFailedError).cause;
}

describe("definitions", () => {
  it.each(["a b", "-a", "a/b", "ü", "a".repeat(129), "../x"])("refuse the task name %j", (name) => {
    refused(
      thrown(() => nothing(name)),
      InvalidIdError,
      /task|name/,
    );
  });

  it.each(["", "a b", "../run", "x".repeat(129)])("refuse the run id %j", (runId) => {
    refused(
      thrown(() => ExecutionContext.create(workflow("w", nothing("a")), { runId })),
      InvalidIdError,
      /run id/,
    );
  });

  it("refuse two tasks of one name", () => {
    refused(
      thrown(() => new TaskGraph("g").add(nothing("a")).add(nothing("a"))),
      DuplicateIdError,
      /"a"/,
    );
  });

  it("refuse two tasks of one name beside the graph", () => {
    refused(
      thrown(() => workflow("w", nothing("a"), { tasks: [nothing("b"), nothing("b")] })),
      DuplicateIdError,
      /"w#b"/,
    );
  });

  it("refuse an unknown next before anything runs", async () => {
    let ran = false;
    const lost = task("lost", { next: "nowhere" }, (): void => void (ran = true));
    refused(await rejection(() => run(new TaskGraph("g").add(lost))), InvalidGraphError, /nowhere/);
    expect(ran).toBe(false);
  });

  it("refuse a graph without a start", async () => {
    const [a, b] = [nothing("a"), nothing("b")];
    const graph = new TaskGraph("g").add(a).add(b).edge(a, b).edge(b, a);
    refused(await rejection(() => run(graph)), InvalidGraphError, /start/);
  });

  it("refuse an empty graph", async () => {
    refused(await rejection(() => run(new TaskGraph("g"))), InvalidGraphError, /empty/);
  });

  it("refuse a task that nothing reaches", async () => {
    const [a, b, c] = [task("a", { start: true }, (): void => {}), nothing("b"), nothing("c")];
    const graph = new TaskGraph("g").add(a).add(b).add(c).edge(b, c).edge(c, b);
    refused(await rejection(() => run(graph)), InvalidGraphError, /"b".*never reached/s);
  });

  it("refuse two starts without a choice, and take the chosen one", async () => {
    const ran: string[] = [];
    const graph = new TaskGraph("g").add(task("a", (): void => void ran.push("a"))).add(task("b", (): void => void ran.push("b")));
    refused(await rejection(() => run(graph)), InvalidGraphError, /2 starts/);
    await run(graph, undefined, { start: "b" });
    expect(ran).toEqual(["b"]);
    refused(await rejection(() => run(graph, undefined, { start: "c" })), InvalidGraphError, /"c"/);
  });

  it("refuse a policy that more members must meet than there are", () => {
    refused(
      thrown(() => parallel([nothing("a"), nothing("b")], { policy: atLeast(3) })),
      InvalidOptionError,
      /atLeast\(3\)/,
    );
  });

  it("refuse a handler that the run does not have, and take one it has", async () => {
    const far = task("far", { handler: "remote" }, () => 1);
    refused(await rejection(() => run(workflow("w", far))), InvalidOptionError, /"remote"/);
    const calls: string[] = [];
    const remote = { run: (call: { invoke(): unknown }) => (calls.push("called"), call.invoke()) };
    expect((await run(workflow("w", far), undefined, { handlers: { remote } })).output).toBe(1);
    expect(calls).toEqual(["called"]);
  });
});

describe("numbers", () => {
  const create = (options: object) => () => ExecutionContext.create(workflow("w", nothing("a")), options as ExecutionOptions);
  const wholes: readonly (readonly [string, (value: number) => () => unknown])[] = [
    ["maxSteps", (maxSteps) => create({ maxSteps })],
    ["defaultMaxCycles", (defaultMaxCycles) => create({ defaultMaxCycles })],
    ["concurrency", (concurrency) => create({ concurrency })],
    ["checkpoints.every.steps", (steps) => create({ checkpoints: { store: "memory:", every: { steps } } })],
    ["maxCycles", (maxCycles) => () => task("a", { maxCycles }, () => {})],
    ["concurrency of parallel", (concurrency) => () => parallel([nothing("a")], { concurrency })],
    ["concurrency of each", (concurrency) => () => each(nothing("a"), { concurrency })],
    ["atLeast", (count) => () => parallel([nothing("a")], { policy: atLeast(count) })],
  ];
  const cases = wholes.flatMap(([name, make]) =>
    [-1, 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map((value) => ({ name, value, make })),
  );
  it.each(cases)("$name refuses $value", ({ value, make }) => refused(thrown(make(value)), InvalidOptionError, /expected/));

  const ranges: readonly (readonly [string, readonly number[], (value: number) => () => unknown])[] = [
    ["graceMs", [-1, Number.NaN, Number.POSITIVE_INFINITY], (graceMs) => create({ graceMs })],
    ["seed", [Number.NaN, Number.POSITIVE_INFINITY], (seed) => create({ seed })],
    ["every.ms", [-1, Number.NaN], (ms) => create({ checkpoints: { store: "memory:", every: { ms } } })],
    ["timeout", [-1, 0, Number.NaN], (timeout) => () => task("a", { timeout }, () => {})],
    ["retry", [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY], (retry) => () => task("a", { retry }, () => {})],
    ["defaultRetry", [-1, 1.5, Number.NaN], (defaultRetry) => create({ defaultRetry })],
    ["retry.initialWait", [-1, Number.NaN], (initialWait) => () => task("a", { retry: { maxRetries: 1, initialWait } }, () => {})],
    ["retry.maxWait", [-1, Number.NaN], (maxWait) => () => task("a", { retry: { maxRetries: 1, maxWait } }, () => {})],
    ["retry.factor", [-1, 0.5, Number.NaN], (factor) => () => task("a", { retry: { maxRetries: 1, factor } }, () => {})],
    ["retry.jitter", [-0.1, 1.1, Number.NaN], (jitter) => () => task("a", { retry: { maxRetries: 1, jitter } }, () => {})],
  ];
  const bad = ranges.flatMap(([name, values, make]) => values.map((value) => ({ name, value, make })));
  it.each(bad)("$name refuses $value", ({ value, make }) => refused(thrown(make(value)), InvalidOptionError, /expected/));

  it.each([{ durability: "sometimes" }, { channel: {} }, { checkpoints: { store: "memory:", onFailure: "ignore" } }])(
    "options refuse %j",
    (options) => refused(thrown(create(options)), InvalidOptionError, /expected/),
  );
});

describe("schemas", () => {
  const shape = z.object({ n: z.number() });

  it("refuse an input that does not fit, without showing it, before the body runs", async () => {
    let ran = false;
    const strict = task("strict", { input: shape }, (_ctx: TaskContext, input: { n: number }) => {
      ran = true;
      return input.n;
    });
    const error = await rejection(run(workflow("w", strict), { n: SECRET } as never));
    refused((error as TaskFailedError).cause, SchemaError, /input of strict\.n/);
    expect((error as Error).message).not.toContain(SECRET);
    expect(ran).toBe(false);
  });

  it("refuse an output that does not fit, and keep nothing of the task", async () => {
    const strict = task("strict", { output: shape }, async (ctx: TaskContext): Promise<{ n: number }> => {
      await ctx.channel.set("k", 1);
      return { n: SECRET } as never;
    });
    const context = ExecutionContext.create(workflow("w", strict));
    refused(((await rejection(context.run())) as TaskFailedError).cause, SchemaError, /output of strict\.n/);
    expect(await context.channel.keys()).toEqual([]);
  });
});

describe("values that cannot be saved are refused with their path", () => {
  const bad = { layers: [{ secret: SECRET, w: () => 0 }] };
  const cases: readonly (readonly [string, (ctx: TaskContext) => unknown, RegExp])[] = [
    ["by channel.set", (ctx) => ctx.channel.set("model", bad), /channel\.model\.layers\[0\]\.w/],
    ["as a result", () => bad, /failing\.layers\[0\]\.w/],
    ["by nextIteration", (ctx) => ctx.nextIteration(bad), /input of failing\.layers\[0\]\.w/],
    ["as metadata of a checkpoint", (ctx) => void ctx.checkpoint(bad), /metadata\.layers\[0\]\.w/],
    ["by once", (ctx) => ctx.once("key", () => bad), /once\.key\.layers\[0\]\.w/],
  ];
  it.each(cases)("%s", async (_, body, path) => {
    refused(await failureIn(body, { checkpoints: "memory:" }), NotSerializableError, path);
  });

  it("as the input of a dynamic task", async () => {
    const extra = task("extra", (_ctx: TaskContext, _input: unknown): void => {});
    const asking = task("asking", (ctx: TaskContext): void => ctx.nextTask(extra, { input: bad }));
    const error = await rejection(run(workflow("w", asking, { tasks: [extra] })));
    refused((error as TaskFailedError).cause, NotSerializableError, /input of extra\.layers\[0\]\.w/);
  });

  it("as the input of the run", async () => {
    const takes = task("takes", (_ctx: TaskContext, _input: unknown): void => {});
    refused(await rejection(run(workflow("w", takes), bad)), NotSerializableError, /input of the run\.layers\[0\]\.w/);
  });
});

describe("a task that asks for what it cannot have", () => {
  const extra = task("extra", (_ctx: TaskContext, _input?: unknown): void => {});

  async function failureWith(body: (ctx: TaskContext) => void): Promise<unknown> {
    const asking = task("asking", body);
    const error = await rejection(run(workflow("w", asking, { tasks: [extra] })));
    return (error as TaskFailedError).cause;
  }

  it("fails for a task the workflow does not know", async () => {
    const error = await failureWith((ctx) => ctx.nextTask(nothing("stranger")));
    refused(error, TaskNotRegisteredError, /"stranger".*tasks: \[\.\.\.\]/s);
  });

  it("fails for an inline function in a run that may be saved", async () => {
    refused(await failureWith((ctx) => ctx.nextTask((() => {}) as never)), TaskNotRegisteredError, /durability "none"/);
  });

  it.each([
    ["an id asked for twice", ["x", "x"], DuplicateIdError],
    ["the id of a task of the graph", ["asking"], DuplicateIdError],
    ["the name of a task that may be queued", ["extra"], DuplicateIdError],
    ["an id that is none", ["a b"], InvalidIdError],
  ] as const)("fails for %s", async (_, ids, type) => {
    refused(
      await failureWith((ctx) => {
        for (const id of ids) ctx.nextTask(extra, { id });
      }),
      type,
      /id/,
    );
  });

  it("fails for an id that another instance still has", async () => {
    const slow = task("slow", async (ctx: TaskContext): Promise<void> => ctx.sleep(20));
    const first = task("first", (ctx: TaskContext): void => ctx.nextTask(slow, { id: "x" }));
    const second = task("second", (ctx: TaskContext): void => ctx.nextTask(slow, { id: "x" }));
    const error = await rejection(run(workflow("w", chain(first, second), { tasks: [slow] })));
    refused((error as TaskFailedError).cause, DuplicateIdError, /"x"/);
  });

  it("fails for its own id when it iterates as well, and may pass it on when it does not", async () => {
    const again = task("again", (ctx: TaskContext, iterates?: boolean): void => {
      if (ctx.cycle > 1 || iterates === undefined) return;
      ctx.nextTask(extra, { id: ctx.taskId });
      if (iterates) ctx.nextIteration(false);
    });
    const first = (iterates: boolean) => task("first", (ctx: TaskContext): void => ctx.nextTask(again, { id: "x", input: iterates }));
    const error = await rejection(run(workflow("w", first(true), { tasks: [again, extra] })));
    refused((error as TaskFailedError).cause, DuplicateIdError, /"x"/);
    expect((await run(workflow("w", first(false), { tasks: [again, extra] }))).steps).toBe(3);
  });

  it("fails for a second nextIteration in one pass", async () => {
    const error = await failureWith((ctx) => {
      ctx.nextIteration(1);
      ctx.nextIteration(2);
    });
    refused(error, UsageError, /nextIteration twice/);
  });

  it("fails for a metric that is no number and a mode that does not exist", async () => {
    refused(await failureIn((ctx) => ctx.metric("loss", "low" as never)), InvalidOptionError, /number/);
    const mode = "now" as never;
    refused(await failureIn((ctx) => void ctx.checkpoint({}, { mode }), { checkpoints: "memory:" }), InvalidOptionError, /mode/);
  });

  it("fails for a value that each cannot take apart", async () => {
    const gives = task("gives", () => ({ not: "a list" }));
    const flow = workflow("w", chain(gives as never, each(extra)) as never);
    refused(((await rejection(run(flow))) as TaskFailedError).cause, DefinitionError, /not a list/);
  });
});

describe("checkpoints", () => {
  it("are refused without a store, inside and outside", async () => {
    refused(await failureIn((ctx) => void ctx.checkpoint()), NoCheckpointStoreError, /checkpoints: ".\/checkpoints"/);
    const context = ExecutionContext.create(workflow("w", nothing("a")));
    refused(await rejection(context.checkpoint()), NoCheckpointStoreError, /no store/);
  });

  it("cannot be awaited by the task that asked for one to be taken after it", async () => {
    const error = await failureIn((ctx) => ctx.checkpoint().committed, { checkpoints: "memory:" });
    refused(error, CheckpointAwaitedError, /mode: "immediate"/);
  });

  const taken: readonly (readonly [string, ExecutionOptions, "deferred" | "immediate"])[] = [
    ["deferred", { checkpoints: "memory:" }, "deferred"],
    ["immediate", { checkpoints: "memory:" }, "immediate"],
    ["deferred, never stored", { durability: "none" }, "deferred"],
    ["immediate, never stored", { durability: "none" }, "immediate"],
  ];
  it.each(taken)("do no harm when their handle is taken apart and left alone: %s", async (_, options, mode) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      const asks = task("asks", (ctx: TaskContext): string => {
        const { id, committed } = ctx.checkpoint({}, { mode });
        return committed instanceof Promise ? id : "";
      });
      expect((await run(workflow("w", asks), undefined, options)).output).not.toBe("");
      await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      process.off("unhandledRejection", note);
    }
    expect(unhandled).toEqual([]);
  });

  it("reject their handle when the task that asked for one fails", async () => {
    let committed: Promise<unknown> = Promise.resolve();
    const asks = task("asks", (ctx: TaskContext): void => {
      const handle = ctx.checkpoint();
      queueMicrotask(() => {
        committed = handle.committed;
      });
      throw new Error("after all");
    });
    await rejection(run(workflow("w", asks), undefined, { checkpoints: { store: "memory:", onError: false } }));
    expect(await rejection(committed)).toMatchObject({ code: "CHECKPOINT_DROPPED", taskId: "asks" });
  });
});

describe("a context", () => {
  const flow = workflow("w", nothing("a"));

  it("runs once", async () => {
    const context = ExecutionContext.create(flow);
    const first = context.run();
    refused(await rejection(context.run()), UsageError, /was run on this context already/);
    await first;
    refused(await rejection(context.run()), UsageError, /was run on this context already/);
  });

  it("takes no input once it has begun, and goes on without", async () => {
    const context = ExecutionContext.create(workflow("w", chain(nothing("a"), nothing("b"))));
    expect(await context.step()).toEqual({ status: "running", steps: 1 });
    refused(await rejection(context.run(1)), UsageError, /takes no input/);
    expect((await context.run()).steps).toBe(2);
  });

  it("takes one step after the other", async () => {
    const slow = task("slow", async (ctx: TaskContext): Promise<void> => ctx.sleep(5));
    const context = ExecutionContext.create(workflow("w", chain(slow, nothing("b"))));
    const first = context.step();
    refused(await rejection(context.step()), UsageError, /step/);
    refused(await rejection(context.run()), UsageError, /step/);
    expect(await first).toEqual({ status: "running", steps: 1 });
    expect(await context.step()).toEqual({ status: "running", steps: 2 });
  });
});

describe("the context of a task that has ended", () => {
  const uses: readonly (readonly [string, (ctx: TaskContext) => unknown])[] = [
    ["nextTask", (ctx) => ctx.nextTask(nothing("a"))],
    ["goto", (ctx) => ctx.goto(nothing("a"))],
    ["nextIteration", (ctx) => ctx.nextIteration()],
    ["checkpoint", (ctx) => ctx.checkpoint()],
    ["terminate", (ctx) => ctx.terminate()],
    ["cancel", (ctx) => ctx.cancel()],
    ["metric", (ctx) => ctx.metric("m", 1)],
    ["artifact", (ctx) => ctx.artifact("a.bin")],
    ["channel.set", (ctx) => ctx.channel.set("k", 1)],
    ["channel.append", (ctx) => ctx.channel.append("k", 1)],
    ["channel.increment", (ctx) => ctx.channel.increment("k")],
  ];
  it.each(uses)("refuses %s", async (_, use) => {
    let kept: TaskContext | null = null;
    const keeps = task("keeps", (ctx: TaskContext): void => void (kept = ctx));
    const context = ExecutionContext.create(workflow("w", keeps));
    await context.run();
    const late = (async () => await use(kept as unknown as TaskContext))();
    refused(await rejection(late), UsageError, /after it had ended/);
    expect(await context.channel.keys()).toEqual([]);
  });
});
