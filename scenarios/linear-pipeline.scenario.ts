import { chain, ExecutionContext, FatalError, type RunEventName, type TaskContext, TaskFailedError, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";
import { failureOf } from "./support/tools.js";

const read = task("read", (_: TaskContext, path: string) => [path, path.toUpperCase()]);
const count = task("count", (_: TaskContext, lines: readonly string[]) => lines.length);
const report = task("report", async (_: TaskContext, lines: number) => `${lines} lines`);
const pipeline = workflow("pipeline", chain(read, count, report));

describe("a linear pipeline", () => {
  it("hands each task the output of the one before it, and gives the output of the last", async () => {
    const { status, output, steps } = await pipeline.run("a.txt");
    expect({ status, output, steps }).toEqual({ status: "completed", output: "2 lines", steps: 3 });
  });

  it("makes one commit per task when it is stepped through", async () => {
    const context = ExecutionContext.create(pipeline);
    expect(await context.step("a.txt")).toEqual({ status: "running", steps: 1 });
    expect(context.pendingTasks).toMatchObject([{ taskId: "count", input: ["a.txt", "A.TXT"], attempt: 1, cycle: 1 }]);
    expect(await context.step()).toEqual({ status: "running", steps: 2 });
    expect(context.completedTasks).toEqual(["read", "count"]);
    expect(await context.run()).toMatchObject({ status: "completed", output: "2 lines", steps: 3 });
  });

  it("keeps the result of every task, typed, after the run", async () => {
    const context = ExecutionContext.create(pipeline);
    await context.run("a.txt");
    const lines: number | undefined = await context.result(count);
    expect([await context.result(read), lines, await context.result(report)]).toEqual([["a.txt", "A.TXT"], 2, "2 lines"]);
    expect(await context.channel.keys()).toEqual([]);
  });

  it("lets a task read the result of any task before it", async () => {
    const compare = task("compare", async (ctx: TaskContext, lines: number) => [
      lines,
      (await ctx.result(read))?.[0],
      await ctx.result(late),
    ]);
    const late = task("late", (_: TaskContext, found: unknown) => found);
    expect((await workflow("compare", chain(read, count, compare, late)).run("b.txt")).output).toEqual([2, "b.txt", undefined]);
  });

  it("tells its listeners what happens, in order", async () => {
    const context = ExecutionContext.create(pipeline);
    const heard: string[] = [];
    const told = (name: RunEventName, event: object): void => void heard.push("taskId" in event ? `${name} ${event.taskId}` : name);
    context.events.onAny(told);
    await context.run("a.txt");
    const ofTasks = ["read", "count", "report"].flatMap((name) => [`taskStarted ${name}`, `taskCompleted ${name}`]);
    expect(heard).toEqual(["runStarted", ...ofTasks, "runCompleted"]);
  });

  it("is not harmed by a listener that throws", async () => {
    const throws = () => {
      throw new Error("thrown by a listener");
    };
    expect(await pipeline.run("a.txt", { events: { taskCompleted: throws, runStarted: throws } })).toMatchObject({ output: "2 lines" });
  });

  it("ends with the task that failed: nothing behind it starts, and the cause is what was thrown", async () => {
    const thrown = new FatalError("disk on fire");
    const started: string[] = [];
    const burn = task("burn", (): number => {
      throw thrown;
    });
    const context = ExecutionContext.create(workflow("burning", chain(read, burn, report)), {
      events: { taskStarted: ({ taskId }) => void started.push(taskId) },
    });
    const error = await failureOf(context.run("a.txt"));
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error).toMatchObject({ taskId: "burn", attempts: 1, code: "TASK_FAILED" });
    expect(error.cause).toBe(thrown);
    expect(started).toEqual(["read", "burn"]);
    expect(context.completedTasks).toEqual(["read"]);
  });

  it("takes bodies that return nothing, and promises of nothing", async () => {
    const quiet = task("quiet", () => {});
    const later = task("later", async (_: TaskContext, input: unknown) => ({ input }));
    expect((await workflow("quiet", chain(quiet, later)).run()).output).toEqual({ input: undefined });
  });

  it("counts what its tasks did", async () => {
    const context = ExecutionContext.create(pipeline);
    await context.run("a.txt");
    expect(context.stats()).toMatchObject({ total: 3, succeeded: 3, failed: 0, retried: 0 });
  });
});
