import { ExecutionContext, each, parallel, type TaskContext, TaskTimeoutError, task, workflow } from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { failureOf, onClock } from "./support/tools.js";

describe("a task with a timeout", () => {
  it("is told by its signal, and fails with TaskTimeoutError at that time", async () => {
    const clock = simulatedClock();
    let told: unknown;
    const slow = task("slow", { timeout: "5s" }, async (ctx: TaskContext) => {
      ctx.signal.addEventListener("abort", () => {
        told = ctx.signal.reason;
      });
      await ctx.sleep("1h");
    });
    const running = workflow("w", slow).run(undefined, { clock });
    running.catch(() => {});
    await clock.advance(4_999);
    expect(told).toBeUndefined();
    await clock.advance(1);
    const error = await failureOf(running);
    expect(error.cause).toBeInstanceOf(TaskTimeoutError);
    expect(error.cause).toMatchObject({ timeoutMs: 5_000, taskId: "slow" });
    expect(told).toBe(error.cause);
    expect(clock.monotonic()).toBe(5_000);
  });

  it("that ends in time leaves no timer behind", async () => {
    const clock = simulatedClock();
    const quick = task("quick", { timeout: "5s" }, async (ctx: TaskContext) => ctx.sleep(10));
    await onClock(clock, workflow("w", quick).run(undefined, { clock }));
    expect(clock.monotonic()).toBe(10);
    expect(clock.pendingTimers).toEqual([]);
  });

  it("does not end late: result, writes and requests of the late body are discarded", async () => {
    const clock = simulatedClock();
    const wake: (() => void)[] = [];
    const refused: unknown[] = [];
    const extra = task("extra", () => {});
    const late = task("late", { timeout: 100, retry: 1 }, async (ctx: TaskContext) => {
      if (ctx.attempt === 2) return "second";
      await ctx.channel.set("early", ctx.attempt);
      await new Promise<void>((resolve) => wake.push(resolve));
      for (const call of [() => ctx.channel.set("late", 1), async () => ctx.nextTask(extra), async () => ctx.terminate()])
        refused.push(await call().catch((error) => error.name));
      return "first";
    });
    const context = ExecutionContext.create(workflow("w", late, { tasks: [extra] }), { clock });
    const running = context.run();
    await clock.advance(100);
    expect(await running).toMatchObject({ output: "second", steps: 1 });
    for (const resolve of wake) resolve();
    await clock.advance(0);
    expect(refused).toEqual(["UsageError", "UsageError", "UsageError"]);
    expect([await context.channel.keys(), await context.result(late), context.completedTasks]).toEqual([[], "second", ["late"]]);
  });

  it("is timed anew in each attempt, and a time-out is worth a retry", async () => {
    const clock = simulatedClock();
    const attempts: number[] = [];
    const slow = task(
      "slow",
      { timeout: "1s", retry: { maxRetries: 2, initialWait: "10s", jitter: 0, on: "transient" } },
      async (ctx: TaskContext) => {
        attempts.push(clock.monotonic());
        await ctx.sleep(ctx.attempt < 3 ? "1m" : "900ms");
        return ctx.attempt;
      },
    );
    expect(await onClock(clock, workflow("w", slow).run(undefined, { clock }))).toMatchObject({ output: 3 });
    expect(attempts).toEqual([0, 11_000, 32_000]);
  });

  it("ends its member only, in a group that tolerates it", async () => {
    const clock = simulatedClock();
    const wait = task("wait", { timeout: "1s" }, async (ctx: TaskContext, ms: number) => {
      await ctx.sleep(ms);
      return ms;
    });
    const { output } = await onClock(clock, workflow("w", each(wait, { policy: "bestEffort" })).run([500, 1_500, 999], { clock }));
    expect(output.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(output[1]).toMatchObject({ error: { message: expect.stringContaining("timeout of 1000 ms") } });
  });

  it("frees a group from a member that never ends", async () => {
    const clock = simulatedClock();
    const never = task("never", { timeout: "1m" }, () => new Promise<string>(() => {}));
    const fine = task("fine", () => "fine");
    const { output } = await onClock(clock, workflow("w", parallel([never, fine], { policy: "bestEffort" })).run(undefined, { clock }));
    expect(output).toMatchObject({ never: { ok: false }, fine: { ok: true, value: "fine" } });
  });
});

describe("ctx.sleep", () => {
  it("waits on the clock of the run, in any unit", async () => {
    const clock = simulatedClock();
    const nap = task("nap", async (ctx: TaskContext) => {
      const times: number[] = [];
      for (const duration of [250, "30s", "5m", "2h", "3 days"]) {
        await ctx.sleep(duration);
        times.push(clock.monotonic());
      }
      return times;
    });
    expect((await onClock(clock, workflow("w", nap).run(undefined, { clock }))).output).toEqual([
      250, 30_250, 330_250, 7_530_250, 266_730_250,
    ]);
  });

  it("rejects with the reason of the signal when the run fails elsewhere", async () => {
    const clock = simulatedClock();
    const reasons: unknown[] = [];
    const boom = task("boom", async (ctx: TaskContext) => {
      await ctx.sleep("1s");
      throw new Error("boom");
    });
    const starts = task("starts", (ctx: TaskContext) => {
      ctx.nextTask(boom);
      ctx.nextTask(other);
    });
    const other = task("other", async (ctx: TaskContext) => {
      await ctx.sleep("1h").catch((error) => reasons.push(error.name));
    });
    const error = await failureOf(onClock(clock, workflow("w", starts, { tasks: [boom, other] }).run(undefined, { clock })));
    expect(error).toMatchObject({ name: "TaskFailedError", taskId: "boom" });
    expect([reasons, clock.monotonic()]).toEqual([["RunCancelledError"], 1_000]);
  });
});
