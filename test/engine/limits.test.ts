import {
  CycleLimitError,
  chain,
  ExecutionContext,
  each,
  parallel,
  RunCancelledError,
  run,
  StepLimitError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { describe, expect, it } from "vitest";

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe("maxSteps", () => {
  const leaves = task("leaf", async (ctx: TaskContext, n: number) => (await ctx.sleep(1), n));
  const items = task("items", () => Array.from({ length: 9 }, (_, at) => at));
  const flow = workflow("w", chain(items, each(leaves)));

  it.each([1, 2, 5, 9])("of %i is kept exactly by tasks side by side", async (maxSteps) => {
    const context = ExecutionContext.create(flow, { maxSteps });
    expect(await settled(context.run())).toBeInstanceOf(StepLimitError);
    expect(context.steps).toBe(maxSteps);
  });

  it("does not fail a run that needs as many", async () => {
    expect((await run(flow, undefined, { maxSteps: 10 })).steps).toBe(10);
  });

  it("leaves a run that goes on with a higher limit", async () => {
    const options = { maxSteps: 4, runId: "r", checkpoints: "memory:" };
    const error = (await settled(run(flow, undefined, options))) as StepLimitError;
    expect(error).toMatchObject({ code: "STEP_LIMIT", limit: 4, runId: "r" });
    expect(error.message).toMatch(/resume it with a higher maxSteps/);
  });
});

describe("maxCycles", () => {
  const loop = task("loop", { maxCycles: 3 }, (ctx: TaskContext, left: number): number => {
    if (left > 0) ctx.nextIteration(left - 1);
    return left;
  });

  it("lets a task start that often, and fails the run before the next", async () => {
    expect((await run(workflow("w", loop), 2)).steps).toBe(3);
    const context = ExecutionContext.create(workflow("w", loop));
    expect(await settled(context.run(3))).toBeInstanceOf(CycleLimitError);
    expect(context.steps).toBe(3);
    expect(context.pendingTasks).toMatchObject([{ taskId: "loop", cycle: 4, input: 0 }]);
  });

  it("is asked for by canIterate", async () => {
    const asks = task("asks", { maxCycles: 4 }, (ctx: TaskContext): number => {
      if (ctx.canIterate()) ctx.nextIteration();
      return ctx.cycle;
    });
    expect((await run(workflow("w", asks))).output).toBe(4);
  });
});

describe("concurrency", () => {
  it.each([1, 2, 3, 7])("of %i is never exceeded, and used", async (concurrency) => {
    let [now, most] = [0, 0];
    const leaf = task("leaf", async (ctx: TaskContext, _n: number): Promise<void> => {
      most = Math.max(most, ++now);
      await ctx.sleep(1);
      now--;
    });
    const items = task("items", () => Array.from({ length: 12 }, (_, at) => at));
    await run(workflow("w", chain(items, each(leaf))), undefined, { concurrency });
    expect(most).toBe(concurrency);
  });

  it("of a group holds within the group alone", async () => {
    let [now, most] = [0, 0];
    const leaf = (name: string) =>
      task(name, async (ctx: TaskContext): Promise<void> => {
        most = Math.max(most, ++now);
        await ctx.sleep(1);
        now--;
      });
    await run(workflow("w", parallel([leaf("a"), leaf("b"), leaf("c"), leaf("d")], { concurrency: 2 })));
    expect(most).toBe(2);
  });
});

describe("step", () => {
  it("makes exactly one commit each time, with tasks side by side too", async () => {
    const leaf = (name: string) => task(name, async (ctx: TaskContext): Promise<void> => ctx.sleep(1));
    const context = ExecutionContext.create(workflow("w", chain(leaf("a"), parallel([leaf("b"), leaf("c")]), leaf("d"))));
    for (const steps of [1, 2, 3, 4]) {
      expect((await context.step()).steps).toBe(steps);
      expect(context.completedTasks).toHaveLength(steps);
    }
    expect(await context.step()).toEqual({ status: "completed", steps: 4 });
    expect(await context.step()).toEqual({ status: "completed", steps: 4 });
  });

  it("rejects with what the run failed with, once", async () => {
    const context = ExecutionContext.create(
      workflow(
        "w",
        task("bad", () => {
          throw new Error("no");
        }),
      ),
    );
    await expect(context.step()).rejects.toThrow(/"bad" failed at its only attempt: Error: no/);
    expect(await context.step()).toEqual({ status: "failed", steps: 0 });
  });
});

describe("signal", () => {
  it("cancels a run under way, with its reason as the cause", async () => {
    const controller = new AbortController();
    const slow = task("slow", async (ctx: TaskContext): Promise<void> => {
      controller.abort("enough");
      await ctx.sleep("1h");
    });
    const context = ExecutionContext.create(workflow("w", slow), { signal: controller.signal });
    const error = await settled(context.run());
    expect(error).toBeInstanceOf(RunCancelledError);
    expect(error).toMatchObject({ code: "RUN_CANCELLED", cause: "enough", runId: context.runId });
    expect(context.pendingTasks).toMatchObject([{ taskId: "slow", attempt: 2 }]);
  });

  it("that is aborted already lets nothing start", async () => {
    let ran = false;
    const never = task("never", (): void => void (ran = true));
    const error = await settled(run(workflow("w", never), undefined, { signal: AbortSignal.abort() }));
    expect(error).toBeInstanceOf(RunCancelledError);
    expect(ran).toBe(false);
  });

  it("does nothing after the end", async () => {
    const controller = new AbortController();
    const context = ExecutionContext.create(
      workflow(
        "w",
        task("a", () => 1),
      ),
      { signal: controller.signal },
    );
    expect((await context.run()).output).toBe(1);
    controller.abort();
    expect(await context.step()).toEqual({ status: "completed", steps: 1 });
  });
});
