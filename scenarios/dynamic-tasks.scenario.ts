import {
  chain,
  DuplicateIdError,
  ExecutionContext,
  each,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  RunCancelledError,
  type Task,
  type TaskContext,
  TaskGraph,
  TaskNotRegisteredError,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { failureOf, outputOf, steps } from "./support/tools.js";

const repair = task("repair", (_: TaskContext, part: string) => `${part} mended`);
const done = task("done", (_: TaskContext, input: unknown) => input);

describe("a task that is queued while running", () => {
  it("runs beside the successors of the task that asked for it", async () => {
    const check = task("check", (ctx: TaskContext, part: string) => {
      ctx.nextTask(repair, { input: part, id: "repair-1" });
      return part;
    });
    const context = ExecutionContext.create(workflow("w", chain(check, done), { tasks: [repair] }));
    expect(await context.run("door")).toMatchObject({ output: "door", steps: 3 });
    expect(new Set(context.completedTasks)).toEqual(new Set(["check", "done", "repair-1"]));
  });

  it("keeps its result under its id, or under its name without one", async () => {
    const check = task("check", (ctx: TaskContext) => {
      ctx.nextTask(repair, { input: "door" });
      ctx.nextTask(repair, { input: "roof", id: "repair-roof" });
    });
    const store = new MemoryCheckpointStore();
    const checkpoints = { store, every: "task" } as const;
    const context = ExecutionContext.create(workflow("w", check, { tasks: [repair] }), { runId: "r", checkpoints });
    await context.run();
    expect(await context.result(repair)).toBe("door mended");
    const saved = await openCheckpointStore(store).latest("r");
    expect(saved?.results.get("repair-roof")).toBe("roof mended");
  });

  it("may be queued many times from one task, and all of them run", async () => {
    const sum = task("sum", async (ctx: TaskContext, n: number) => void (await ctx.channel.increment("sum", n)));
    const spread = task("spread", (ctx: TaskContext) => {
      for (let n = 1; n <= 1_000; n++) ctx.nextTask(sum, { input: n });
    });
    const context = ExecutionContext.create(workflow("w", spread, { tasks: [sum] }));
    expect(await context.run()).toMatchObject({ steps: 1_001 });
    expect(await context.channel.get("sum")).toBe(500_500);
  });

  it("may queue others and itself, and ends when nothing is left", async () => {
    const walk: Task<number, void> = task("walk", async (ctx: TaskContext, depth: number) => {
      await ctx.channel.increment("visited");
      if (depth > 0) for (const side of ["left", "right"]) ctx.nextTask(walk, { input: depth - 1, id: `${ctx.taskId}-${side}` });
    });
    const context = ExecutionContext.create(
      workflow("w", chain(task("root", (ctx: TaskContext) => ctx.nextTask(walk, { input: 5, id: "tree" }))), { tasks: [walk] }),
    );
    await context.run();
    expect(await context.channel.get("visited")).toBe(63);
  });

  it("is refused if its id is taken: by a task of the graph, or by one that is still pending", async () => {
    const twice = task("twice", (ctx: TaskContext) => {
      ctx.nextTask(repair, { id: "same", input: "a" });
      ctx.nextTask(repair, { id: "same", input: "b" });
    });
    const error = await failureOf(workflow("w", twice, { tasks: [repair] }).run());
    expect(error.cause).toBeInstanceOf(DuplicateIdError);
    const taken = task("taken", (ctx: TaskContext) => ctx.nextTask(repair, { id: "done", input: "a" }));
    expect((await failureOf(workflow("w", chain(taken, done), { tasks: [repair] }).run())).cause).toBeInstanceOf(DuplicateIdError);
  });

  it("may take an id again once the one before it has ended", async () => {
    const log: string[] = [];
    const mend = task("mend", (_: TaskContext, n: number) => void log.push(`mend ${n}`));
    const turn = task("turn", (ctx: TaskContext, n: number) => {
      ctx.nextTask(mend, { id: "mend-now", input: n });
      if (n < 3) ctx.goto(pause, n + 1);
    });
    const pause = task("pause", (ctx: TaskContext, n: number): void => ctx.goto(turn, n));
    const graph = new TaskGraph("w", { jumpTargets: true })
      .add(task("begin", { start: true }, (ctx: TaskContext) => ctx.goto(turn, 1)))
      .add(turn)
      .add(pause);
    await workflow("w", graph, { tasks: [mend] }).run();
    expect(log).toEqual(["mend 1", "mend 2", "mend 3"]);
  });

  it("asks for nothing if the task that queued it fails", async () => {
    const half = task("half", { retry: 1 }, (ctx: TaskContext) => {
      ctx.nextTask(repair, { id: `try-${ctx.attempt}`, input: "door" });
      if (ctx.attempt === 1) throw new Error("first attempt");
    });
    const context = ExecutionContext.create(workflow("w", half, { tasks: [repair] }));
    await context.run();
    expect(context.completedTasks).toEqual(["half", "try-2"]);
  });

  it("belongs to the member of a group that queued it: the group waits for it", async () => {
    const order: string[] = [];
    const extra = task("extra", (_: TaskContext, n: number) => void order.push(`extra ${n}`));
    const member = task("member", (ctx: TaskContext, n: number) => {
      order.push(`member ${n}`);
      ctx.nextTask(extra, { input: n });
      return n;
    });
    const behind = task("behind", (_: TaskContext, values: number[]) => {
      order.push("behind");
      return values;
    });
    const flow = chain(each(member, { concurrency: 1 }), behind);
    expect(await outputOf(workflow("w", flow, { tasks: [extra] }).run([1, 2]))).toEqual([1, 2]);
    expect(order).toEqual(["member 1", "extra 1", "member 2", "extra 2", "behind"]);
  });
});

describe("a jump", () => {
  const steps3 = (first: (ctx: TaskContext) => void) => {
    const a = task("a", (ctx: TaskContext) => first(ctx));
    return { a, graph: new TaskGraph("w").add(chain(a, b, c)) };
  };
  const b = task("b", (_: TaskContext, input: unknown) => ["b", input]);
  const c = task("c", (_: TaskContext, input: unknown) => ["c", input]);

  it("to a task of the graph skips the static successors", async () => {
    const context = ExecutionContext.create(steps3((ctx) => ctx.goto(c, "jumped")).graph);
    expect(await context.run()).toMatchObject({ output: ["c", "jumped"], steps: 2 });
    expect(context.completedTasks).toEqual(["a", "c"]);
  });

  it("is what nextTask makes of a task of the graph", async () => {
    const context = ExecutionContext.create(steps3((ctx) => ctx.nextTask(c, { input: "jumped" })).graph);
    expect(await context.run()).toMatchObject({ output: ["c", "jumped"], steps: 2 });
  });

  it("with goto: false is a visit beside the static successors", async () => {
    const context = ExecutionContext.create(steps3((ctx) => ctx.nextTask(c, { input: "beside", goto: false })).graph);
    expect(await steps(context)).toEqual([["a"], ["a", "c"], ["a", "c", "b"], ["a", "c", "b"]]);
    expect((await ExecutionContext.create(steps3((ctx) => ctx.nextTask(c, { input: "beside", goto: false })).graph).run()).output).toEqual([
      "c",
      ["b", undefined],
    ]);
  });

  it("with goto: true to a task outside the graph skips the static successors as well", async () => {
    const { graph } = steps3((ctx) => ctx.nextTask(repair, { input: "door", goto: true }));
    const context = ExecutionContext.create(workflow("w", graph, { tasks: [repair] }));
    expect(await context.run()).toMatchObject({ output: "door mended", steps: 2 });
  });

  it("back to where the run came from makes a loop, with a limit", async () => {
    const ping = task("ping", { maxCycles: 3 }, (_: TaskContext, n: number) => n + 1);
    const pong = task("pong", (ctx: TaskContext, n: number) => {
      if (n < 10) ctx.goto(ping, n);
      return n;
    });
    expect(await failureOf(workflow("w", chain(ping, pong)).run(0))).toMatchObject({ name: "CycleLimitError", taskId: "ping", limit: 3 });
    expect(await workflow("w", chain(ping, pong)).run(7)).toMatchObject({ output: 10, steps: 6 });
  });
});

describe("a task that asks for several ends at once", () => {
  const asks = (ask: (ctx: TaskContext) => void) => {
    const asking = task("asking", { maxCycles: 2 }, (ctx: TaskContext) => {
      if (ctx.cycle === 1) ask(ctx);
      return "asked";
    });
    const next = task("next", (_: TaskContext, input: unknown) => input);
    return ExecutionContext.create(workflow("w", chain(asking, next, done)));
  };
  const everything = (ctx: TaskContext) => {
    ctx.nextIteration();
    ctx.goto(done, "jumped");
    ctx.terminate("enough");
  };

  it("cancels before all else: it does not count as completed", async () => {
    const context = asks((ctx) => {
      everything(ctx);
      ctx.cancel("no more");
    });
    const error = await failureOf(context.run());
    expect(error).toBeInstanceOf(RunCancelledError);
    expect(error.message).toContain("no more");
    expect(context.completedTasks).toEqual([]);
  });

  it("terminates before it jumps or goes on: the run ends well, with its output", async () => {
    const context = asks(everything);
    expect(await context.run()).toMatchObject({ status: "completed", message: "enough", output: "asked", steps: 1 });
    expect(context.completedTasks).toEqual(["asking"]);
  });

  it("jumps or goes on before its successors", async () => {
    const jumping = asks((ctx) => ctx.goto(done, "jumped"));
    expect(await jumping.run()).toMatchObject({ output: "jumped", steps: 2 });
    const going = asks((ctx) => ctx.nextIteration());
    expect(await going.run()).toMatchObject({ output: "asked", steps: 4 });
  });

  it("keeps nothing of what a cancelled task wrote, but what others wrote", async () => {
    const write = task("write", async (ctx: TaskContext) => ctx.channel.set("kept", true));
    const cancel = task("cancel", async (ctx: TaskContext) => {
      await ctx.channel.set("lost", true);
      ctx.cancel();
    });
    const store = new MemoryCheckpointStore();
    await failureOf(workflow("w", chain(write, cancel)).run(undefined, { runId: "r", checkpoints: store }));
    const saved = await openCheckpointStore(store).latest("r");
    expect([...(saved?.channel ?? [])]).toEqual([["kept", true]]);
    expect(saved?.tasks).toMatchObject([{ taskId: "cancel", status: "pending", attempt: 2 }]);
  });
});

describe("a task that the workflow does not know", () => {
  it("is refused at the call, with what to do about it, even if no store is set", async () => {
    let thrown: unknown;
    const asks = task("asks", (ctx: TaskContext) => {
      try {
        ctx.nextTask(repair, { input: "door" });
      } catch (error) {
        thrown = error;
      }
      return "went on";
    });
    expect(await outputOf(workflow("w", asks).run())).toBe("went on");
    expect(thrown).toBeInstanceOf(TaskNotRegisteredError);
    expect(String(thrown)).toMatch(/"repair" is not known to workflow "w".*tasks: \[/);
  });

  it("may be an inline function with durability none and no store, and only then", async () => {
    const seen: unknown[] = [];
    const asks = task("asks", (ctx: TaskContext) => ctx.nextTask((_: TaskContext, n: number) => void seen.push(n), { input: 5 }));
    const w = workflow("w", asks);
    await w.run(undefined, { durability: "none" });
    expect(seen).toEqual([5]);
    expect((await failureOf(w.run())).cause).toBeInstanceOf(TaskNotRegisteredError);
    expect((await failureOf(w.run(undefined, { checkpoints: new MemoryCheckpointStore() }))).cause).toBeInstanceOf(TaskNotRegisteredError);
  });

  it("is refused at goto and result too", async () => {
    const jumps = task("jumps", (ctx: TaskContext) => ctx.goto(repair, "x"));
    const reads = task("reads", (ctx: TaskContext) => ctx.result(repair));
    for (const w of [workflow("w", jumps), workflow("w", reads)])
      expect((await failureOf(w.run())).cause).toBeInstanceOf(TaskNotRegisteredError);
  });

  it("ends its member only, in a group that tolerates it", async () => {
    const asks = task("asks", (ctx: TaskContext) => ctx.nextTask(repair, { input: "door" }));
    expect(await outputOf(workflow("w", parallel([asks, done], { policy: "bestEffort" })).run(1))).toMatchObject({
      asks: { ok: false, error: { message: expect.stringContaining("not known to workflow") } },
      done: { ok: true, value: 1 },
    });
  });
});
