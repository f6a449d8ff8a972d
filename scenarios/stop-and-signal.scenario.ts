import {
  chain,
  ExecutionContext,
  each,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  RunCancelledError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { failureOf, onClock } from "./support/tools.js";

const rest = task("rest", async (ctx: TaskContext, n: number) => {
  await ctx.sleep("10s");
  return n + 1;
});
const again = task("again", async (ctx: TaskContext, n: number) => {
  await ctx.sleep("10s");
  return n * 10;
});
const twoRests = workflow("two-rests", chain(rest, again));

describe("a run that is stopped", () => {
  it("lets what runs end, takes nothing new, saves, and can be resumed to the same end", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const context = ExecutionContext.create(twoRests, { clock, runId: "r", checkpoints: store });
    const running = context.run(1);
    await clock.advance("4s");
    context.stop("going home");
    await clock.advance("10s");
    const result = await running;
    expect(result).toMatchObject({ status: "stopped", message: "going home", steps: 1, checkpoint: { reason: "signal", steps: 1 } });
    expect(result.output).toBeUndefined();
    expect(context.pendingTasks).toMatchObject([{ taskId: "again", input: 2 }]);
    expect(await onClock(clock, twoRests.resume({ from: store, runId: "r", clock }))).toMatchObject({
      status: "completed",
      output: 20,
      steps: 2,
    });
  });

  it("leaves tasks that do not end within the grace period: their signal is aborted, they begin again after a resume", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const seen: string[] = [];
    let hangs = true;
    const stuck = task("stuck", (ctx: TaskContext) => {
      seen.push(`attempt ${ctx.attempt}`);
      ctx.signal.addEventListener("abort", () => seen.push(`aborted: ${(ctx.signal.reason as Error).name}`));
      return hangs ? new Promise<string>(() => {}) : "free";
    });
    const w = workflow("w", parallel([stuck, rest]));
    const context = ExecutionContext.create(w, { clock, runId: "r", checkpoints: store, graceMs: 15_000 });
    const running = context.run(1);
    await clock.advance(1);
    context.stop();
    await clock.runUntilIdle();
    expect(await running).toMatchObject({ status: "stopped", steps: 1 });
    expect(seen).toEqual(["attempt 1", "aborted: RunCancelledError"]);
    hangs = false;
    expect(await onClock(clock, w.resume({ from: store, runId: "r", clock }))).toMatchObject({
      output: { stuck: "free", rest: 2 },
      steps: 2,
    });
    expect(seen.at(-1)).toBe("attempt 2");
  });

  it("takes the grace period from the call, if it is given there", async () => {
    const clock = simulatedClock();
    const context = ExecutionContext.create(
      workflow(
        "w",
        task("stuck", () => new Promise(() => {})),
      ),
      { clock },
    );
    const running = context.run();
    await clock.advance(0);
    context.stop("now", { graceMs: "2s" });
    await clock.runUntilIdle();
    expect(await running).toMatchObject({ status: "stopped" });
    expect(clock.monotonic()).toBe(2_000);
  });

  it("discards what a task it has left still writes, asks or returns", async () => {
    const clock = simulatedClock();
    let late: unknown;
    const lingering = task("lingering", async (ctx: TaskContext) => {
      await new Promise<void>((resolve) => clock.after(60_000, resolve));
      late = await ctx.channel.set("late", true).catch((error) => error);
      return "late";
    });
    const context = ExecutionContext.create(workflow("w", lingering), { clock, graceMs: 1_000 });
    const running = context.run();
    await clock.advance(1);
    context.stop();
    await clock.runUntilIdle();
    expect(await running).toMatchObject({ status: "stopped", steps: 0 });
    expect(late).toMatchObject({ name: "UsageError" });
    expect([await context.channel.get("late"), await context.result(lingering)]).toEqual([undefined, undefined]);
  });

  it("before it began has done nothing, and can be resumed from its beginning", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const context = ExecutionContext.create(twoRests, { clock, runId: "r", checkpoints: store });
    context.stop("not today");
    expect(await context.run(1)).toMatchObject({ status: "stopped", steps: 0 });
    expect(await onClock(clock, twoRests.resume({ from: store, runId: "r", clock }))).toMatchObject({ output: 20, steps: 2 });
  });

  it("fails with what fails while it drains", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const fails = task("fails", async (ctx: TaskContext) => {
      await ctx.sleep(1_000);
      throw new Error("while draining");
    });
    const context = ExecutionContext.create(workflow("w", fails), { clock, runId: "r", checkpoints: store });
    const running = context.run();
    await clock.advance(1);
    context.stop();
    expect(await failureOf(onClock(clock, running))).toMatchObject({ name: "TaskFailedError" });
    expect((await openCheckpointStore(store).list("r"))[0]).toMatchObject({ reason: "error" });
  });

  it("in the middle of a group goes on in its middle: finished members do not run again, the limit holds", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const runs: number[] = [];
    let [now, most] = [0, 0];
    const member = task("member", async (ctx: TaskContext, n: number) => {
      most = Math.max(most, ++now);
      await ctx.sleep(1_000);
      now--;
      runs.push(n);
      return n;
    });
    const w = workflow("w", each(member, { concurrency: 2 }));
    const context = ExecutionContext.create(w, { clock, runId: "r", checkpoints: store });
    const running = context.run([1, 2, 3, 4, 5, 6, 7]);
    await clock.advance(2_500);
    context.stop();
    await clock.runUntilIdle();
    expect(await running).toMatchObject({ status: "stopped", steps: 6 });
    expect(await onClock(clock, w.resume({ from: store, runId: "r", clock }))).toMatchObject({ output: [1, 2, 3, 4, 5, 6, 7], steps: 7 });
    expect([runs, most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 2]);
  });

  it("can be stopped and resumed again and again", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const count = task("count", async (ctx: TaskContext, n: number) => {
      await ctx.sleep(1_000);
      if (n < 9) ctx.nextIteration(n + 1);
      return [n, ctx.random()];
    });
    const w = workflow("w", count);
    const expected = await onClock(clock, w.run(0, { clock, runId: "r", seed: 7 }));
    let context = ExecutionContext.create(w, { clock, runId: "r", seed: 7, checkpoints: store });
    for (let stops = 0; stops < 5; stops++) {
      const running = context.run(stops === 0 ? 0 : undefined);
      await clock.advance(1_500);
      context.stop();
      await clock.runUntilIdle();
      expect(await running).toMatchObject({ status: "stopped", steps: 2 * stops + 2 });
      context = await ExecutionContext.resume(w, { from: store, runId: "r", clock });
    }
    expect(await onClock(clock, context.run())).toMatchObject({ output: expected.output, steps: expected.steps });
  });
});

describe("the signal of a run", () => {
  it("cancels it: running tasks are told, an error checkpoint is left, and a resume ends as if nothing had happened", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const controller = new AbortController();
    const running = twoRests.run(1, { clock, runId: "r", checkpoints: store, signal: controller.signal });
    running.catch(() => {});
    await clock.advance("15s");
    controller.abort(new Error("user pressed the button"));
    const error = await failureOf(onClock(clock, running));
    expect(error).toBeInstanceOf(RunCancelledError);
    expect(error.cause).toMatchObject({ message: "user pressed the button" });
    const saved = await openCheckpointStore(store).latest("r");
    expect(saved).toMatchObject({ status: "cancelled", steps: 1, tasks: [{ taskId: "again", input: 2, attempt: 2 }] });
    expect(await onClock(clock, twoRests.resume({ from: store, runId: "r", clock }))).toMatchObject({ output: 20, steps: 2 });
  });

  it("that is aborted already lets nothing run", async () => {
    const ran: string[] = [];
    const w = workflow(
      "w",
      task("first", () => void ran.push("first")),
    );
    expect(await failureOf(w.run(undefined, { signal: AbortSignal.abort("too late") }))).toBeInstanceOf(RunCancelledError);
    expect(ran).toEqual([]);
  });

  it("of a task is the same object throughout, and not aborted while all is well", async () => {
    const look = task("look", (ctx: TaskContext) => {
      const { signal } = ctx;
      return [ctx.signal === signal, signal.aborted];
    });
    expect((await workflow("w", look).run()).output).toEqual([true, false]);
  });

  it("reaches a sleeping task at once", async () => {
    const clock = simulatedClock();
    const controller = new AbortController();
    const running = twoRests.run(1, { clock, signal: controller.signal });
    running.catch(() => {});
    await clock.advance("1s");
    controller.abort();
    await clock.advance(0);
    expect(await failureOf(running)).toBeInstanceOf(RunCancelledError);
    expect(clock.monotonic()).toBe(1_000);
    expect(clock.pendingTimers).toEqual([]);
  });
});
