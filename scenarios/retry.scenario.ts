import {
  chain,
  ExecutionContext,
  each,
  FatalError,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  type RetryOptions,
  type TaskContext,
  TaskFailedError,
  task,
  workflow,
} from "cairnflow";
import { type SimulatedClock, simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { failureOf, onClock } from "./support/tools.js";

/** Fails so many times; notes when each attempt began. */
function shaky(clock: SimulatedClock, failures: number, retry: number | RetryOptions, thrown: () => unknown = () => new Error("shaky")) {
  const times: number[] = [];
  const body = task("shaky", { retry }, (ctx: TaskContext) => {
    times.push(clock.monotonic());
    if (ctx.attempt <= failures) throw thrown();
    return ctx.attempt;
  });
  return { body, times };
}

const waits = (times: readonly number[]): number[] => times.slice(1).map((time, n) => time - (times[n] as number));

async function waitsOf(retry: RetryOptions, seed = "any"): Promise<number[]> {
  const clock = simulatedClock();
  const { body, times } = shaky(clock, retry.maxRetries, retry);
  await onClock(clock, workflow("w", body).run(undefined, { clock, seed }));
  return waits(times);
}

describe("waits between attempts", () => {
  it("grow by the factor, exactly, without jitter", async () => {
    expect(await waitsOf({ maxRetries: 4, initialWait: "1s", jitter: 0 })).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(await waitsOf({ maxRetries: 3, initialWait: 100, factor: 3, jitter: 0 })).toEqual([100, 300, 900]);
    expect(await waitsOf({ maxRetries: 3, initialWait: "2m", factor: 1, jitter: 0 })).toEqual([120_000, 120_000, 120_000]);
  });

  it("are capped", async () => {
    expect(await waitsOf({ maxRetries: 4, initialWait: "1s", maxWait: "3s", jitter: 0 })).toEqual([1_000, 2_000, 3_000, 3_000]);
  });

  it("lie within the bounds of the jitter, differ with the seed of the run, and are the same for the same seed", async () => {
    const options: RetryOptions = { maxRetries: 6, initialWait: 1_000 };
    const seen = await waitsOf(options, "one");
    for (const [n, wait] of seen.entries()) {
      expect(wait).toBeGreaterThanOrEqual(750 * 2 ** n);
      expect(wait).toBeLessThanOrEqual(1_250 * 2 ** n);
    }
    expect(await waitsOf(options, "one")).toEqual(seen);
    expect(await waitsOf(options, "two")).not.toEqual(seen);
  });

  it("are none unless they are asked for", async () => {
    expect(await waitsOf({ maxRetries: 3 })).toEqual([0, 0, 0]);
  });

  it("do not hold up other work", async () => {
    const clock = simulatedClock();
    const order: string[] = [];
    const { body } = shaky(clock, 1, { maxRetries: 1, initialWait: "1h", jitter: 0 });
    const other = task("other", async (ctx: TaskContext, n: number) => {
      await ctx.sleep(60_000);
      order.push(`other ${n} at ${clock.monotonic() / 60_000}`);
    });
    const flow = parallel([body, each(other, { concurrency: 1 })]);
    await onClock(clock, workflow("w", flow).run([1, 2, 3], { clock, concurrency: 1 }));
    expect(order).toEqual(["other 1 at 1", "other 2 at 2", "other 3 at 3"]);
    expect(clock.monotonic()).toBe(3_600_000);
  });
});

describe("what is worth another attempt", () => {
  const attempts = async (retry: number | RetryOptions, thrown: () => unknown): Promise<number> => {
    const clock = simulatedClock();
    const { body, times } = shaky(clock, 9, retry, thrown);
    const error = await failureOf(onClock(clock, workflow("w", body).run(undefined, { clock })));
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error).toMatchObject({ attempts: times.length });
    return times.length;
  };

  it("is everything, unless it is said", async () => {
    expect(await attempts(2, () => new TypeError("x"))).toBe(3);
    expect(await attempts({ maxRetries: 0 }, () => new Error("x"))).toBe(1);
    for (const thrown of ["text", null, undefined, 0, { some: "object" }, Object.create(null)])
      expect(await attempts(1, () => thrown)).toBe(2);
  });

  it("is never a FatalError or an abort, whatever is said", async () => {
    expect(await attempts({ maxRetries: 5, on: Error }, () => new FatalError("no use"))).toBe(1);
    expect(await attempts(5, () => new DOMException("aborted", "AbortError"))).toBe(1);
  });

  it("is what `on` names and `never` does not: classes, codes, names, predicates", async () => {
    const coded = () => Object.assign(new Error("x"), { code: "E42" });
    expect(await attempts({ maxRetries: 2, on: TypeError }, () => new TypeError("x"))).toBe(3);
    expect(await attempts({ maxRetries: 2, on: TypeError }, () => new RangeError("x"))).toBe(1);
    expect(await attempts({ maxRetries: 2, on: "E42" }, coded)).toBe(3);
    expect(await attempts({ maxRetries: 2, on: ["E41", (error) => (error as Error).message === "x"] }, coded)).toBe(3);
    expect(await attempts({ maxRetries: 2, never: "E42" }, coded)).toBe(1);
    expect(await attempts({ maxRetries: 2, on: Error, never: [RangeError] }, () => new RangeError("x"))).toBe(1);
    expect(await attempts({ maxRetries: 2, on: "transient" }, () => Object.assign(new Error("busy"), { status: 429 }))).toBe(3);
    expect(await attempts({ maxRetries: 2, on: "transient" }, () => Object.assign(new Error("gone"), { status: 404 }))).toBe(1);
  });

  it("is what the error itself says, where nothing else is said", async () => {
    expect(await attempts(2, () => Object.assign(new Error("x"), { retriable: false }))).toBe(1);
    expect(await attempts({ maxRetries: 2, on: TypeError }, () => Object.assign(new Error("x"), { retriable: true }))).toBe(3);
  });
});

describe("the budget of retries", () => {
  it("is per visit: every pass of a loop has its own", async () => {
    const seen: string[] = [];
    const loop = task("loop", { retry: 2 }, (ctx: TaskContext, n: number) => {
      seen.push(`${ctx.cycle}/${ctx.attempt}`);
      if (ctx.attempt <= 2) throw new Error("again");
      if (n < 3) ctx.nextIteration(n + 1);
      return n;
    });
    expect(await workflow("w", loop).run(1)).toMatchObject({ output: 3, steps: 3 });
    expect(seen).toEqual(["1/1", "1/2", "1/3", "2/1", "2/2", "2/3", "3/1", "3/2", "3/3"]);
  });

  it("is per member of a group", async () => {
    const shakyMember = task("shaky", { retry: 1 }, (ctx: TaskContext, n: number) => {
      if (ctx.attempt <= n) throw new Error(`${n}`);
      return n;
    });
    const { output } = await workflow("w", each(shakyMember, { policy: "bestEffort" })).run([0, 1, 2, 1]);
    expect(output.map(({ ok }) => ok)).toEqual([true, true, false, true]);
  });

  it("comes from the run for tasks that say nothing, and 0 says no", async () => {
    const clock = simulatedClock();
    const silent = task("silent", (ctx: TaskContext) => {
      if (ctx.attempt < 3) throw new Error("x");
      return ctx.attempt;
    });
    expect(await workflow("w", silent).run(undefined, { defaultRetry: 2 })).toMatchObject({ output: 3 });
    const { body } = shaky(clock, 1, 0);
    expect(await failureOf(workflow("w", body).run(undefined, { defaultRetry: 2 }))).toMatchObject({ attempts: 1 });
  });

  it("leaves nothing of the attempts that failed: no writes, no requests, no metrics", async () => {
    const extra = task("extra", () => {});
    const messy = task("messy", { retry: 1 }, async (ctx: TaskContext) => {
      await ctx.channel.append("log", ctx.attempt);
      ctx.metric("attempt", ctx.attempt);
      ctx.nextTask(extra, { id: `extra-${ctx.attempt}` });
      if (ctx.attempt === 1) ctx.terminate("too early");
      if (ctx.attempt === 1) throw new Error("x");
    });
    const context = ExecutionContext.create(workflow("w", messy, { tasks: [extra] }));
    expect(await context.run()).not.toHaveProperty("message");
    expect([await context.channel.get("log"), context.metric("attempt"), context.completedTasks]).toEqual([[2], 2, ["messy", "extra-2"]]);
  });
});

describe("a wait between attempts", () => {
  it("is saved: a checkpoint taken meanwhile is resumed in a new context at its time, with its attempt and last error", async () => {
    const clock = simulatedClock();
    const store = new MemoryCheckpointStore();
    const { body, times } = shaky(clock, 2, { maxRetries: 2, initialWait: "10m", jitter: 0 });
    const note = task("note", async (ctx: TaskContext) => {
      await ctx.sleep("1m");
      ctx.checkpoint({}, { name: "waiting" });
    });
    const w = workflow("w", parallel([body, note]));
    expect(await onClock(clock, w.run(undefined, { clock, runId: "r", checkpoints: store }))).toMatchObject({ output: { shaky: 3 } });
    expect(times.splice(0)).toEqual([0, 600_000, 1_800_000]);

    const saved = (await openCheckpointStore(store).list("r")).find(({ name }) => name === "waiting");
    const view = await openCheckpointStore(store).load(saved?.id as string);
    expect(view.tasks).toMatchObject([{ taskId: "shaky", status: "pending", attempt: 2, lastError: { name: "Error", message: "shaky" } }]);

    const later = simulatedClock({ start: clock.now() - 1_800_000 + 120_000 });
    const again = shaky(later, 2, { maxRetries: 2, initialWait: "10m", jitter: 0 });
    const resumed = workflow("w", parallel([again.body, note])).resume({ from: store, runId: "r", at: "waiting", clock: later });
    expect(await onClock(later, resumed)).toMatchObject({ status: "completed", output: { shaky: 3 } });
    expect(again.times).toEqual([480_000, 480_000 + 1_200_000]);
  });

  it("is over at once if its time has passed while nobody ran it", async () => {
    const clock = simulatedClock();
    const store = new MemoryCheckpointStore();
    const { body } = shaky(clock, 1, { maxRetries: 1, initialWait: "10m", jitter: 0 });
    const context = ExecutionContext.create(workflow("w", body), { clock, runId: "r", checkpoints: store });
    const running = context.run();
    await clock.advance("1m");
    context.stop("for the night");
    expect(await running).toMatchObject({ status: "stopped" });
    const morning = simulatedClock({ start: clock.now() + 8 * 3_600_000 });
    const again = shaky(morning, 1, 1);
    expect(await workflow("w", again.body).resume({ from: store, runId: "r", clock: morning })).toMatchObject({ output: 2 });
    expect(again.times).toEqual([0]);
  });

  it("of a task that fails for good is followed by a fresh budget after a resume", async () => {
    const store = new MemoryCheckpointStore();
    let broken = true;
    const seen: number[] = [];
    const flaky = task("flaky", { retry: 1 }, (ctx: TaskContext) => {
      seen.push(ctx.attempt);
      if (broken || ctx.attempt === 3) throw new Error("broken");
      return "mended";
    });
    const first = task("first", () => "first");
    const w = workflow("w", chain(first, flaky));
    expect(await failureOf(w.run(undefined, { runId: "r", checkpoints: store }))).toMatchObject({ attempts: 2 });
    broken = false;
    expect(await w.resume({ from: store, runId: "r" })).toMatchObject({ output: "mended", steps: 2 });
    expect(seen).toEqual([1, 2, 3, 4]);
  });
});
