import {
  CheckpointCorruptError,
  chain,
  ExecutionContext,
  type ExecutionOptions,
  MemoryCheckpointStore,
  PoisonTaskError,
  parallel,
  type ResumeStrategy,
  resume,
  run,
  type TaskContext,
  TaskFailedError,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";

const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

/** Three tasks that note their calls; the one named in `down` throws. */
function story() {
  const calls: string[] = [];
  const down = new Set<string>();
  const step = (name: string) =>
    task(name, (ctx: TaskContext, input: string): string => {
      calls.push(`${name} ${ctx.attempt}`);
      if (down.has(name)) throw new Error(`${name} is down`);
      return `${input} ${name}`;
    });
  return { calls, down, flow: workflow("steps", chain(step("a"), step("b"), step("c"))) };
}

describe("retryFailed", () => {
  it("tries failed tasks again unless told not to, and then fails as before", async () => {
    const { flow, calls, down } = story();
    const store = new MemoryCheckpointStore();
    down.add("b");
    expect(await quietly(run(flow, "in", { runId: "r", checkpoints: store }))).toBeInstanceOf(TaskFailedError);
    down.clear();
    const again = { from: store, runId: "r" } as const;
    expect(await quietly(resume(flow, { ...again, strategy: { retryFailed: false } }))).toMatchObject({
      code: "TASK_FAILED",
      message: expect.stringContaining("b is down"),
    });
    expect(calls).toEqual(["a 1", "b 1"]);
    expect(await resume(flow, again)).toMatchObject({ output: "in a b c" });
    expect(calls).toEqual(["a 1", "b 1", "b 2", "c 1"]);
  });
});

describe("resetRunning", () => {
  /** Pays, and is left in the middle of it by its process. */
  async function interrupted(strategy: ResumeStrategy) {
    const store = new MemoryCheckpointStore();
    let isPaid = 0;
    let hangs = true;
    const pay = task("pay", async () => {
      isPaid++;
      if (hangs) await new Promise(() => {});
      return "paid";
    });
    const note = task("note", (ctx: TaskContext) => void ctx.checkpoint());
    const flow = workflow("shop", parallel([pay, note], { policy: "bestEffort" as never }) as never);
    const options: ExecutionOptions = { runId: "r", checkpoints: store };
    const committed = new Promise(
      (resolve) => void ExecutionContext.create(flow, { ...options, events: { checkpointCommitted: resolve } }).run(),
    );
    await committed;
    hangs = false;
    return { paid: () => isPaid, result: await quietly(resume(flow, { from: store, runId: "r", takeOver: true, strategy })) };
  }

  it("starts what was running again, with its attempt plus one", async () => {
    const { paid, result } = await interrupted({});
    expect(result).toMatchObject({ output: { pay: { ok: true, value: "paid" } } });
    expect(paid()).toBe(2);
  });

  it("counts what was running as failed where it must not happen twice", async () => {
    const { paid, result } = await interrupted({ resetRunning: false });
    expect(result).toMatchObject({
      output: { pay: { ok: false, error: { message: expect.stringContaining("was running when its process ended") } } },
    });
    expect(paid()).toBe(1);
  });
});

describe("preserveCompleted", () => {
  it("keeps what was done, or starts again from the run's own input with the channel as it is", async () => {
    const store = new MemoryCheckpointStore();
    const calls: string[] = [];
    const load = task("load", async (ctx: TaskContext, from: string): Promise<string> => {
      calls.push(`load ${from} ${ctx.cycle}`);
      await ctx.channel.increment("loads");
      return from;
    });
    const use = task("use", async (ctx: TaskContext, from: string): Promise<unknown> => {
      calls.push("use");
      ctx.checkpoint();
      return [from, await ctx.channel.get("loads")];
    });
    const flow = workflow("w", chain(load, use));
    await run(flow, "iris", { runId: "r", checkpoints: store });
    const again = { from: store, runId: "r" } as const;
    expect(await resume(flow, again)).toMatchObject({ output: ["iris", 1], steps: 2 });
    expect(calls).toEqual(["load iris 1", "use"]);
    expect(await resume(flow, { ...again, strategy: { preserveCompleted: false } })).toMatchObject({ output: ["iris", 2], steps: 2 });
    expect(calls).toEqual(["load iris 1", "use", "load iris 1", "use"]);
    const context = await ExecutionContext.resume(flow, again);
    expect(context.completedTasks).toEqual(["load", "use"]);
    await context.run();
  });
});

describe("maxResumeAttempts", () => {
  it("gives up on a run whose process dies each time, names what comes next, and goes on when told to", async () => {
    const store = new MemoryCheckpointStore();
    let kills = true;
    const first = task("first", (ctx: TaskContext) => void ctx.checkpoint());
    const deadly = task("deadly", async () => {
      if (kills) await new Promise(() => {});
      return "survived";
    });
    const flow = workflow("w", chain(first, deadly));
    const die = async (context: ExecutionContext) => {
      const started = context.events.once("taskStarted");
      void context.run();
      await started;
    };
    const committed = new Promise((resolve) => {
      const context = ExecutionContext.create(flow, { runId: "r", checkpoints: store, events: { checkpointCommitted: resolve } });
      void context.run();
    });
    await committed;
    const again = { from: store, runId: "r", takeOver: true } as const;
    for (let attempt = 1; attempt <= 3; attempt++) await die(await ExecutionContext.resume(flow, again));
    for (const _ of [1, 2]) {
      const error = await quietly(resume(flow, again));
      expect(error).toBeInstanceOf(PoisonTaskError);
      expect(error).toMatchObject({ code: "POISON_TASK", suspects: ["deadly"], runId: "r" });
    }
    kills = false;
    expect(await resume(flow, { ...again, strategy: { maxResumeAttempts: 10 } })).toMatchObject({ output: "survived" });
  });

  it("counts no resume that ended in good order, nor one that got further", async () => {
    const { flow, down } = story();
    const store = new MemoryCheckpointStore();
    down.add("b");
    const checkpoints = { store, onError: false, every: "task" } as const;
    await quietly(run(flow, "in", { runId: "r", checkpoints }));
    const again = { from: store, runId: "r", checkpoints } as const;
    for (let attempt = 1; attempt <= 6; attempt++) expect(await quietly(resume(flow, again))).toBeInstanceOf(TaskFailedError);
    down.clear();
    expect(await resume(flow, again)).toMatchObject({ output: "in a b c" });
  });
});

describe("fallback", () => {
  /** A store whose newest checkpoint is damaged. */
  async function damaged() {
    const { flow, calls } = story();
    const store = new MemoryCheckpointStore();
    await run(flow, "in", { runId: "r", checkpoints: { store, every: "task" } });
    const newest = (await store.list("r")).at(-1);
    const read = store.read.bind(store);
    store.read = async (key) => {
      const files = await read(key);
      if (files !== null && key.seq === newest?.seq) files.state?.fill(0x20, 5, 9);
      return files;
    };
    calls.length = 0;
    return { flow, calls, store };
  }

  it("refuses damage, and names the newest checkpoint that is whole and what going back repeats", async () => {
    const { flow, store } = await damaged();
    const error = await quietly(resume(flow, { from: store, runId: "r" }));
    expect(error).toBeInstanceOf(CheckpointCorruptError);
    expect(error).toMatchObject({
      newestIntact: (await store.list("r"))[1]?.id,
      message: expect.stringMatching(/repeat what has run since, from c on/),
    });
  });

  it("goes back to the newest one that is whole if told to, with a warning", async () => {
    const { flow, store, calls } = await damaged();
    const warnings: string[] = [];
    const events = { warning: ({ code }: { readonly code: string }) => void warnings.push(code) };
    const result = await resume(flow, { from: store, runId: "r", strategy: { fallback: "previousValid" }, events });
    expect(result).toMatchObject({ output: "in a b c" });
    expect(calls).toEqual(["c 1"]);
    expect(warnings).toEqual(["FELL_BACK"]);
  });
});

it.each([
  ["a flag that is none", { retryFailed: 1 }, /option strategy.retryFailed is 1: expected true or false/],
  ["no attempts", { maxResumeAttempts: 0 }, /option strategy.maxResumeAttempts is 0: expected a whole number/],
  ["an unknown fallback", { fallback: "newest" }, /option strategy.fallback is "newest": expected "refuse" or "previousValid"/],
  ["an unknown field", { retry: true }, /option strategy has no field "retry"/],
])("refuses a strategy with %s", async (_, strategy, message) => {
  const { flow } = story();
  await expect(resume(flow, { from: "memory:", runId: "r", strategy: strategy as never })).rejects.toThrow(message);
});
