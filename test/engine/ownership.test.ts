import {
  chain,
  ExecutionContext,
  MemoryCheckpointStore,
  RunOwnedError,
  resume,
  run,
  StaleOwnerError,
  StoreUnavailableError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";
import { wrappedStore } from "../testing/wrapped-store.js";

/** Waits in its second task until it is told to go on, or aborted. */
function waiting() {
  let go: () => void = () => {};
  const opened = new Promise<void>((resolve) => (go = resolve));
  const first = task("first", (ctx: TaskContext) => void ctx.checkpoint());
  const second = task("second", async (ctx: TaskContext) => {
    await Promise.race([opened, new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)))]);
    return "done";
  });
  return { flow: workflow("w", chain(first, second)), go: () => go() };
}

/** Starts a run and waits for its second task, before which a checkpoint was stored. */
async function started(flow: ReturnType<typeof waiting>["flow"], options: object) {
  const context = ExecutionContext.create(flow, { runId: "r", ...options });
  const second = new Promise<void>((resolve) => context.events.on("taskStarted", ({ taskId }) => void (taskId === "second" && resolve())));
  const ended = context.run().catch((error: unknown) => error);
  await second;
  return { context, ended };
}

describe("a run that is under way", () => {
  it("is refused to a second run and a second resume, and can be had once it has ended", async () => {
    const { flow, go } = waiting();
    const store = new MemoryCheckpointStore();
    const { ended } = await started(flow, { checkpoints: store });
    await expect(run(flow, undefined, { runId: "r", checkpoints: store })).rejects.toThrow(RunOwnedError);
    await expect(resume(flow, { from: store, runId: "r" })).rejects.toThrow(RunOwnedError);
    await expect(resume(flow, { from: store, runId: "r", checkpoints: "memory:" })).rejects.toThrow(RunOwnedError);
    go();
    expect(await ended).toMatchObject({ output: "done" });
    expect(await resume(flow, { from: store, runId: "r" })).toMatchObject({ output: "done" });
  });

  it.each([
    ["is stopped", async ({ context, ended }: Awaited<ReturnType<typeof started>>) => (context.stop("enough", { graceMs: 0 }), ended)],
    [
      "is disposed of",
      async ({ context, ended }: Awaited<ReturnType<typeof started>>) => (
        context.stop("enough", { graceMs: 0 }), context[Symbol.asyncDispose](), ended
      ),
    ],
  ])("is let go of when it %s", async (_, end) => {
    const { flow } = waiting();
    const store = new MemoryCheckpointStore();
    const under = await started(flow, { checkpoints: store });
    expect((await store.owner("r"))?.isAlive).toBe(true);
    await end(under);
    expect(await store.owner("r")).toBeNull();
  });

  it("is let go of when it fails, and when it cannot begin", async () => {
    const store = new MemoryCheckpointStore();
    const fails = workflow(
      "w",
      task("fails", () => Promise.reject(new Error("no"))),
    );
    await run(fails, undefined, { runId: "r", checkpoints: store }).catch(() => {});
    expect(await store.owner("r")).toBeNull();
    await expect(run(fails, undefined, { runId: "r", checkpoints: store })).rejects.toThrow(/has checkpoints already/);
    await expect(run(fails, () => 1, { runId: "other", checkpoints: store })).rejects.toThrow(/function/);
    expect([await store.owner("r"), await store.owner("other")]).toEqual([null, null]);
  });

  it("is let go of when a resume of it is refused", async () => {
    const { flow, go } = waiting();
    const store = new MemoryCheckpointStore();
    const { ended } = await started(flow, { checkpoints: store });
    go();
    await ended;
    await expect(resume(flow, { from: store, runId: "r", at: "nothing" })).rejects.toThrow(/no checkpoint with the id or name/);
    await expect(
      resume(
        workflow(
          "other",
          task("t", () => 1),
        ),
        { from: store, runId: "r" },
      ),
    ).rejects.toThrow(/does not fit/);
    expect(await store.owner("r")).toBeNull();
  });

  it("waits for its tasks when it is disposed of", async () => {
    const { flow, go } = waiting();
    const store = new MemoryCheckpointStore();
    const { context, ended } = await started(flow, { checkpoints: store });
    setTimeout(go, 5);
    await context[Symbol.asyncDispose]();
    expect(await ended).toMatchObject({ status: "stopped", steps: 2 });
    expect(await store.owner("r")).toBeNull();
    await expect(context.checkpoint()).rejects.toThrow(/is not under way on this context/);
  });
});

describe("an owner that was replaced", () => {
  it.each(["fail", "warn"] as const)("cannot store anything, whatever onFailure says (%s), and fails", async (onFailure) => {
    const store = new MemoryCheckpointStore();
    let go: () => void = () => {};
    const opened = new Promise<void>((resolve) => (go = resolve));
    const first = task("first", (ctx: TaskContext) => void ctx.checkpoint());
    const second = task("second", async (ctx: TaskContext) => {
      await opened;
      ctx.checkpoint();
    });
    const third = task("third", () => "must not run");
    const flow = workflow("w", chain(first, second, third));
    const { ended } = await started(flow as never, { checkpoints: { store, onFailure } });
    const next = await ExecutionContext.resume(flow, { from: store, runId: "r", takeOver: true });
    go();
    expect(await ended).toBeInstanceOf(StaleOwnerError);
    expect((await store.list("r")).length).toBe(1);
    expect(await next.run()).toMatchObject({ output: "must not run" });
  });

  it("confirms no step to its journal", async () => {
    const { flow, go } = waiting();
    const store = new MemoryCheckpointStore();
    const { ended } = await started(flow, { checkpoints: store, durability: "step" });
    const next = await ExecutionContext.resume(flow, { from: store, runId: "r", durability: "step", takeOver: true });
    go();
    expect(await ended).toMatchObject({ code: "STALE_OWNER" });
    expect(await next.run()).toMatchObject({ output: "done", steps: 2 });
  });
});

describe("a lease", () => {
  /** A store whose leases run for 30 ms, and what becomes of each renewal. */
  function leased(renew: (time: number) => void) {
    let times = 0;
    const store = wrappedStore(new MemoryCheckpointStore(), () => ({ leaseMs: 30, renew: async () => renew(++times) }));
    return { store, times: () => times };
  }

  it("is renewed while the run is under way, and not after", async () => {
    const { flow, go } = waiting();
    const { store, times } = leased(() => {});
    const { ended } = await started(flow, { checkpoints: store });
    while (times() < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    go();
    await ended;
    const after = times();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(times()).toBe(after);
  });

  it("that was lost ends the run at once, and aborts its tasks", async () => {
    const { flow } = waiting();
    const { store } = leased((time) => {
      if (time === 2) throw new StaleOwnerError("taken over");
    });
    const { ended, context } = await started(flow, { checkpoints: store });
    expect(await ended).toMatchObject({ code: "STALE_OWNER" });
    expect(context.steps).toBe(1);
    expect((await store.list("r")).length).toBe(1);
  });

  it("that cannot be renewed for a while does not end the run", async () => {
    const { flow, go } = waiting();
    const { store, times } = leased(() => {
      throw new StoreUnavailableError("no answer");
    });
    const { ended } = await started(flow, { checkpoints: store });
    while (times() < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    go();
    expect(await ended).toMatchObject({ output: "done" });
  });
});
