import type { ExecutionContext, RunResult, TaskContext } from "cairnflow";
import type { SimulatedClock } from "cairnflow/testing";
import { expect } from "vitest";

/** What a promise rejects with; fails the test if it resolves. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & Readonly<Record<string, unknown>>> {
  const settled = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  expect(settled).toHaveProperty("error");
  return (settled as { readonly error: Error & Readonly<Record<string, unknown>> }).error;
}

/** Runs to the end on a clock that has to be driven. */
export async function onClock<Output>(clock: SimulatedClock, running: Promise<Output>): Promise<Output> {
  const ended = running.finally(() => {});
  ended.catch(() => {});
  await clock.runUntilIdle();
  return ended;
}

/** Counts how many bodies are under way at once. */
export class Gauge {
  now = 0;
  most = 0;

  /** Keeps a body under way for so many milliseconds of the run's clock. */
  async during(ctx: TaskContext<object>, ms = 10): Promise<void> {
    this.now++;
    this.most = Math.max(this.most, this.now);
    try {
      await ctx.sleep(ms);
    } finally {
      this.now--;
    }
  }
}

/** Makes commits one by one until the run has ended; gives the ids of completed tasks after each. */
export async function steps(context: ExecutionContext, input?: unknown): Promise<string[][]> {
  const seen: string[][] = [];
  let { status } = await context.step(input);
  for (seen.push([...context.completedTasks]); status === "running"; ) {
    ({ status } = await context.step());
    if (status === "running") seen.push([...context.completedTasks]);
  }
  return seen;
}

export const outputOf = async <Output>(running: Promise<RunResult<Output>>): Promise<Output> => (await running).output;
