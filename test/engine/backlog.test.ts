import { ExecutionContext, MemoryCheckpointStore, openCheckpointStore, type TaskContext, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";

const COUNT = 300;

/** A run in which one task queues many; `ran` has those that ran, in order. */
function crowd(saves: (n: number) => boolean = () => false) {
  const ran: number[] = [];
  const one = task("one", (ctx: TaskContext, { n }: { n: number; text: string }) => {
    ran.push(n);
    if (saves(n)) ctx.checkpoint();
    return n;
  });
  const source = task("source", (ctx: TaskContext) => {
    for (let n = 0; n < COUNT; n++) ctx.nextTask(one, { id: `one-${n}`, input: { n, text: "text".repeat(10) } });
    ctx.checkpoint();
  });
  return { ran, flow: workflow("crowd", source, { tasks: [one] }) };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const OPTIONS = { runId: "r", concurrency: 1 };
/** Whoever was left still seems to be at work. */
const AGAIN = { ...OPTIONS, takeOver: true };

/** Runs so many steps, and leaves the run as a process does that is killed. */
async function left(store: MemoryCheckpointStore, steps: number, options: object = {}): Promise<void> {
  const { flow } = crowd((n) => n % 7 === 3);
  const context = ExecutionContext.create(flow, { ...OPTIONS, checkpoints: store, ...options });
  for (let step = 0; step < steps; step++) await context.step();
}

describe("a run with many tasks that wait", () => {
  it.each([1, 2, 30, 120, COUNT])("goes on in order, each once, resumed after %i steps", async (steps) => {
    const store = new MemoryCheckpointStore();
    await left(store, steps);
    const { ran, flow } = crowd();
    const context = await ExecutionContext.resume(flow, { ...AGAIN, from: store });
    const done = context.steps - 1;
    expect(done).toBeGreaterThan(steps - 9);
    expect(context.pendingTasks.map(({ taskId }) => taskId)).toEqual(numbers(done, COUNT).map((n) => `one-${n}`));
    expect((await context.run()).steps).toBe(COUNT + 1);
    expect(ran).toEqual(numbers(done, COUNT));
  });

  it("goes on after the last step of its journal", async () => {
    const store = new MemoryCheckpointStore();
    await left(store, 50, { durability: "step" });
    const { ran, flow } = crowd();
    const context = await ExecutionContext.resume(flow, { ...AGAIN, from: store, durability: "step" });
    expect(context.steps).toBe(50);
    await context.run();
    expect(ran).toEqual(numbers(49, COUNT));
  });

  it("can be left and resumed again and again, with checkpoints in between that cost what has changed", async () => {
    const store = new MemoryCheckpointStore();
    await left(store, 1);
    const ran: number[] = [];
    for (let round = 0; round < 10; round++) {
      const again = crowd((n) => n % 5 === 4);
      const context = await ExecutionContext.resume(again.flow, { ...AGAIN, from: store });
      for (let step = 0; step < 20; step++) await context.step();
      ran.push(...again.ran);
    }
    expect(ran).toEqual(numbers(0, 200));
    const [newest, ...older] = await openCheckpointStore(store).list("r");
    expect(older.length).toBe(40);
    const { flow } = crowd();
    expect((await (await ExecutionContext.resume(flow, { ...AGAIN, from: store, at: newest?.id as string })).run()).steps).toBe(COUNT + 1);
  });

  it("refuses a task with the id of one that waits, resumed or not", async () => {
    const store = new MemoryCheckpointStore();
    await left(store, 1);
    const one = task("one", (ctx: TaskContext, { n }: { n: number }) => void ctx.nextTask(one, { id: `one-${COUNT - 1}`, input: { n } }));
    const flow = workflow(
      "crowd",
      task("source", () => {}),
      { tasks: [one] },
    );
    const context = await ExecutionContext.resume(flow, { ...AGAIN, from: store });
    await expect(context.run()).rejects.toMatchObject({ message: expect.stringContaining(`one-${COUNT - 1}`) });
  });

  it("shows them to who looks at its checkpoint", async () => {
    const store = new MemoryCheckpointStore();
    await left(store, 1);
    const view = await openCheckpointStore(store).latest("r");
    expect(view?.tasks.map(({ taskId, status }) => `${taskId} ${status}`)).toEqual(numbers(0, COUNT).map((n) => `one-${n} pending`));
    expect(view?.tasks[7]?.input).toEqual({ n: 7, text: "text".repeat(10) });
  });
});
