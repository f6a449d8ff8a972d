import {
  chain,
  each,
  MemoryChannel,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  RunCancelledError,
  resume,
  run,
  type TaskContext,
  TaskNotRegisteredError,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { RunnerError } from "../../src/core/errors.js";
import { Deferred } from "../../src/engine/deferred.js";
import { TextRunner } from "./text-runner.js";

const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe("an attempt that runs elsewhere", () => {
  it("saves an immediate checkpoint with what it has written, and reads its id", async () => {
    const saving = task("saving", async (ctx: TaskContext): Promise<unknown> => {
      await ctx.channel.set("half", 1);
      const { committed } = ctx.checkpoint({ at: "half" }, { mode: "immediate", name: "half" });
      const { seq, name, reason, metadata } = await committed;
      await ctx.channel.set("half", 2);
      return { seq, name, reason, metadata };
    });
    const flow = workflow("w", saving);
    const [channel, store] = [new MemoryChannel(), new MemoryCheckpointStore()];
    const { output } = await run(flow, undefined, { runId: "r", channel, checkpoints: store, runner: new TextRunner([flow], channel) });
    expect(output).toEqual({ seq: 1, name: "half", reason: "requested", metadata: { at: "half" } });
    const again = new MemoryChannel();
    const runner = new TextRunner([flow], again, (_, work) => {
      runner.said.push(`half is ${String(again.backend.read("half")?.read())}`);
      return work();
    });
    await resume(flow, { from: store, runId: "r", at: "half", channel: again, runner });
    expect(runner.said[0]).toBe("half is 1");
  });

  it("takes the checkpoints it asked for after its step", async () => {
    const asking = task("asking", (ctx: TaskContext): string => ctx.checkpoint({ loss: 1 }, { name: "asked" }).id);
    const flow = workflow("w", asking);
    const [channel, store] = [new MemoryChannel(), new MemoryCheckpointStore()];
    const { output } = await run(flow, undefined, { runId: "r", channel, checkpoints: store, runner: new TextRunner([flow], channel) });
    const [only, ...rest] = await store.list("r");
    expect([only?.id, rest]).toEqual([output, []]);
  });

  it("leaves its metrics and artifacts to the run", async () => {
    const measuring = task("measuring", (ctx: TaskContext): void => {
      ctx.metric("loss", 0.5);
      ctx.artifact("model.bin", { type: "model" });
    });
    const flow = workflow("w", measuring);
    const [channel, store] = [new MemoryChannel(), new MemoryCheckpointStore()];
    const checkpoints = { store, every: "task" as const };
    await run(flow, undefined, { runId: "r", channel, checkpoints, runner: new TextRunner([flow], channel) });
    const view = await openCheckpointStore(store).latest("r");
    expect([...(view?.metrics ?? [])]).toEqual([["loss", 0.5]]);
    expect(view?.artifacts).toEqual([{ path: "model.bin", type: "model", description: null, taskId: "measuring" }]);
  });

  it("is done again if a key it updated was written meanwhile, so that no update is lost", async () => {
    const bump = task("bump", async (ctx: TaskContext, n: number): Promise<number> => {
      await ctx.channel.update("sum", (sum) => ((sum as number | undefined) ?? 0) + n);
      return n;
    });
    const numbers = task("numbers", (): readonly number[] => [1, 2, 3, 4, 5]);
    const flow = workflow("w", chain(numbers, each(bump)));
    const channel = new MemoryChannel();
    const runner = new TextRunner([flow], channel);
    await run(flow, undefined, { channel, runner });
    expect(await channel.get("sum")).toBe(15);
    expect(runner.tasks.length).toBeGreaterThan(6);
  });

  it("keeps what it remembers in the journal, so that an engine that dies does not repeat it", async () => {
    let draws = 0;
    const drawing = task("drawing", async (ctx: TaskContext): Promise<number> => ctx.once("drawn", () => ++draws));
    const flow = workflow("w", drawing);
    const [channel, store] = [new MemoryChannel(), new MemoryCheckpointStore()];
    const dying = new TextRunner([flow], channel, async (_, work) => {
      await work();
      throw new Error("the worker is gone");
    });
    const options = { runId: "r", checkpoints: store, durability: "step" as const };
    expect(await quietly(run(flow, undefined, { ...options, channel, runner: dying }))).toBeInstanceOf(RunnerError);
    const second = new MemoryChannel();
    const { output } = await resume(flow, {
      from: store,
      runId: "r",
      channel: second,
      durability: "step",
      runner: new TextRunner([flow], second),
    });
    expect([output, draws]).toEqual([1, 1]);
  });

  it("fails the run if nobody can say how it ended, and the run can be resumed", async () => {
    const [one, two] = [task("one", (): number => 1), task("two", (_: TaskContext, n: number): number => n + 1)];
    const flow = workflow("w", chain(one, two));
    const [channel, store] = [new MemoryChannel(), new MemoryCheckpointStore()];
    const losing = new TextRunner([flow], channel, async ({ taskId }, work) => {
      if (taskId === "two") throw new Error("the queue is gone");
      return work();
    });
    const error = await quietly(run(flow, undefined, { runId: "r", channel, checkpoints: store, runner: losing }));
    expect(error).toMatchObject({ name: "RunnerError", code: "RUNNER", taskId: "two", cause: { message: "the queue is gone" } });
    const runner = new TextRunner([flow], channel);
    expect((await resume(flow, { from: store, runId: "r", channel, runner })).output).toBe(2);
    expect(runner.tasks.map(({ taskId }) => taskId)).toEqual(["two"]);
    expect(losing.calls).toEqual(["begin r", "end r"]);
  });

  it("fails for good, whatever its retry options say, where its code is missing", async () => {
    const flow = workflow(
      "w",
      task("one", { retry: 3 }, (): number => 1),
    );
    const other = workflow(
      "other",
      task("one", (): number => 1),
    );
    const changed = workflow(
      "w",
      chain(
        task("one", (): number => 1),
        task("two", (): number => 1),
      ),
    );
    for (const served of [other, changed]) {
      const channel = new MemoryChannel();
      const runner = new TextRunner([served], channel);
      const error = (await quietly(run(flow, undefined, { channel, runner }))) as Error;
      expect(error.cause).toBeInstanceOf(TaskNotRegisteredError);
      expect(runner.tasks).toHaveLength(1);
    }
  });

  it("hears that its run is ending, and what it says later counts for nothing", async () => {
    const begun = new Deferred<void>();
    const aborted = new Deferred<string>();
    const waiting = task("waiting", async (ctx: TaskContext): Promise<string> => {
      ctx.signal.addEventListener("abort", () => aborted.resolve((ctx.signal.reason as Error).name));
      begun.resolve();
      await new Promise(() => {});
      return "never";
    });
    const flow = workflow("w", waiting);
    const channel = new MemoryChannel();
    const stop = new AbortController();
    const late = new Deferred<void>();
    const runner = new TextRunner([flow], channel, async (_, work, attempt) => {
      void work();
      await late.promise;
      await attempt.tell(JSON.stringify({ kind: "progress", done: "1", total: null, label: null }));
      return JSON.stringify({ kind: "returned", memo: null, value: { json: 1 }, ops: [], requests: null });
    });
    const running = quietly(run(flow, undefined, { channel, runner, signal: stop.signal, graceMs: 10 }));
    await begun.promise;
    stop.abort();
    expect(await aborted.promise).toBe("RunCancelledError");
    expect(await running).toBeInstanceOf(RunCancelledError);
    late.resolve();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await channel.keys()).toEqual([]);
    expect(runner.outcomes).toHaveLength(1);
  });

  it("is refused an outcome that no worker can have sent", async () => {
    const flow = workflow(
      "w",
      task("one", (): number => 1),
    );
    const value = { json: 1 };
    const hostile = [
      "",
      "[]",
      '{"kind":"returned"}',
      JSON.stringify({ kind: "returned", memo: null, value, ops: [{ kind: "set", key: "one.__result__", value }], requests: null }),
      JSON.stringify({ kind: "returned", memo: null, value, ops: [{ kind: "eval", key: "a" }], requests: null }),
    ];
    for (const text of hostile) {
      const channel = new MemoryChannel();
      const error = (await quietly(run(flow, undefined, { channel, runner: new TextRunner([flow], channel, async () => text) }))) as Error;
      expect(error.cause, text).toMatchObject({ code: expect.stringMatching(/CORRUPT|INVALID_ID/) });
      expect(await channel.keys()).toEqual([]);
    }
  });

  it("runs here if its task has a handler of its own", async () => {
    const here = task("here", { handler: "mine" }, (): string => "here");
    const there = task("there", (): string => "there");
    const flow = workflow("w", parallel([here, there]));
    const channel = new MemoryChannel();
    const runner = new TextRunner([flow], channel);
    const handlers = { mine: { run: ({ invoke }: { invoke(): unknown }) => invoke() } };
    expect((await run(flow, undefined, { channel, runner, handlers })).output).toEqual({ here: "here", there: "there" });
    expect(runner.tasks.map(({ taskId }) => taskId)).toEqual(["there"]);
  });
});
