import { chain, ExecutionContext, type ExecutionOptions, each, run, type TaskContext, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";

const draws = (ctx: TaskContext): unknown[] => [ctx.random(), ctx.random(), ctx.uuid(), ctx.random()];
const draw = task("draw", (ctx: TaskContext) => draws(ctx));
const drawn = async (options: ExecutionOptions) => (await run(workflow("w", draw), undefined, options)).output;

describe("ctx.random and ctx.uuid", () => {
  it("give the same for the same seed, whatever the run is called, and other numbers for another seed", async () => {
    expect(await drawn({ seed: 1, runId: "a" })).toEqual(await drawn({ seed: "1", runId: "b" }));
    expect(await drawn({ seed: 1 })).not.toEqual(await drawn({ seed: 2 }));
    expect(await drawn({})).not.toEqual(await drawn({}));
  });

  it("give the same to each attempt of a task, and other numbers to each cycle, instance and item", async () => {
    const seen: Record<string, number[]> = {};
    const note = (ctx: TaskContext, name: string): void => {
      seen[name] = [...(seen[name] ?? []), ctx.random()];
    };
    const extra = task("extra", (ctx: TaskContext, name: string): void => note(ctx, name));
    const loop = task("loop", { retry: 1 }, (ctx: TaskContext): number[] => {
      note(ctx, `cycle ${ctx.cycle}`);
      if (ctx.attempt === 1) throw new Error("again");
      if (ctx.cycle < 3) ctx.nextIteration();
      for (const name of ["x", "y"]) ctx.nextTask(extra, { input: `extra ${name} of ${ctx.cycle}` });
      ctx.nextTask(extra, { id: `named-${ctx.cycle}`, input: `named of ${ctx.cycle}` });
      return [1, 2, 3];
    });
    const item = task("item", (ctx: TaskContext, n: number): void => note(ctx, `item ${n}`));
    await run(workflow("w", chain(loop, each(item)), { tasks: [extra] }), undefined, { seed: 1 });
    for (const cycle of [1, 2, 3]) expect(new Set(seen[`cycle ${cycle}`])).toHaveLength(1);
    const firsts = Object.values(seen).map(([first]) => first);
    expect(firsts).toHaveLength(3 + 3 * 3 + 3);
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it("do not depend on the order in which tasks side by side run", async () => {
    const items = task("items", () => [0, 1, 2, 3, 4, 5]);
    const outputs = async (concurrency: number, slow: (n: number) => number) => {
      const leaf = task("leaf", async (ctx: TaskContext, n: number): Promise<unknown> => {
        await ctx.sleep(slow(n));
        return draws(ctx);
      });
      return (await run(workflow("w", chain(items, each(leaf))), undefined, { seed: 3, concurrency })).output;
    };
    expect(await outputs(6, (n) => 12 - 2 * n)).toEqual(await outputs(1, () => 0));
  });

  it("give numbers from 0 up to 1, spread evenly, and UUIDs of version 4", async () => {
    const many = task("many", (ctx: TaskContext) => ({
      numbers: Array.from({ length: 20_000 }, () => ctx.random()),
      ids: Array.from({ length: 1_000 }, () => ctx.uuid()),
    }));
    const { numbers, ids } = (await run(workflow("w", many))).output;
    expect(numbers.every((n) => n >= 0 && n < 1)).toBe(true);
    const tenths = Array.from({ length: 10 }, (_, at) => numbers.filter((n) => Math.floor(n * 10) === at).length);
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(300);
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("give what the option says instead, where it is set", async () => {
    const context = ExecutionContext.create(
      workflow(
        "w",
        task("one", (ctx: TaskContext) => ctx.random()),
      ),
      { random: () => 0.25 },
    );
    expect((await context.run()).output).toBe(0.25);
  });

  it("keep idempotency keys apart by run, instance, cycle and label, and the same over attempts", async () => {
    const keys: string[] = [];
    const loop = task("loop", { retry: 1 }, (ctx: TaskContext): void => {
      keys.push(ctx.idempotencyKey(), ctx.idempotencyKey("mail"));
      if (ctx.attempt === 1) throw new Error("again");
      if (ctx.cycle === 1) ctx.nextIteration();
    });
    await run(workflow("w", loop), undefined, { runId: "a" });
    expect(keys.slice(0, 2)).toEqual(keys.slice(2, 4));
    expect(new Set(keys).size).toBe(4);
    const before = [...keys];
    await run(workflow("w", loop), undefined, { runId: "b" });
    expect(new Set([...before, ...keys.slice(before.length)]).size).toBe(8);
  });
});
