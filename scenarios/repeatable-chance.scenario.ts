import {
  chain,
  ExecutionContext,
  each,
  MemoryCheckpointStore,
  parallel,
  type RunOptions,
  type Task,
  type TaskContext,
  TaskGraph,
  task,
  workflow,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { failureOf, onClock, outputOf } from "./support/tools.js";

const draw = (ctx: TaskContext) => ({
  random: [ctx.random(), ctx.random()],
  uuid: ctx.uuid(),
  key: ctx.idempotencyKey("pay"),
  now: ctx.now(),
});

/** Draws in a chain, in each member of a group and in each pass of a loop, then breaks if it is told to. */
function drawing(broken: () => boolean, executed: string[] = []) {
  const note = (ctx: TaskContext, n: unknown): void => void executed.push(`${ctx.taskId} ${n}`);
  const first = task("first", (ctx: TaskContext) => [draw(ctx), draw(ctx)]);
  const member = task("member", async (ctx: TaskContext, n: unknown) => {
    note(ctx, n);
    await ctx.sleep(10);
    return draw(ctx);
  });
  const list = task("list", () => [1, 2, 3]);
  const loop = task("loop", (ctx: TaskContext, seen: readonly unknown[]) => {
    if (broken() && ctx.cycle === 3) throw new Error("broken");
    if (ctx.cycle < 5) ctx.nextIteration([...seen, draw(ctx)]);
    return seen;
  });
  return workflow(
    "drawing",
    chain(
      parallel([first, chain(list, each(member))]),
      task("keep", (_: TaskContext, all: unknown) => [all]),
      loop,
    ),
  );
}

const options = (): RunOptions & { readonly runId: string; readonly seed: string } => ({
  runId: "r",
  seed: "seed",
  clock: simulatedClock(),
});
async function whole(over: Partial<ReturnType<typeof options>> = {}): Promise<unknown> {
  const clock = simulatedClock();
  return onClock(clock, outputOf(drawing(() => false).run(undefined, { ...options(), ...over, clock })));
}

describe("ctx.random, ctx.uuid, ctx.now and ctx.idempotencyKey", () => {
  it("are the same in two runs with the same id and seed on the same clock", async () => {
    expect(await whole()).toEqual(await whole());
  });

  it("differ with the seed and with the run, as far as they should", async () => {
    const [one, otherSeed, otherRun] = (await Promise.all([whole(), whole({ seed: "other" }), whole({ runId: "s" })])).map((all) =>
      JSON.stringify(all),
    );
    const keys = (text = "") => [...text.matchAll(/"key":"(\w+)"/g)].map(([, key]) => key);
    const uuids = (text = "") => [...text.matchAll(/"uuid":"([\w-]+)"/g)].map(([, uuid]) => uuid);
    expect(uuids(otherSeed)).not.toEqual(uuids(one));
    expect(keys(otherSeed)).toEqual(keys(one));
    expect(uuids(otherRun)).toEqual(uuids(one));
    expect(keys(otherRun)).not.toEqual(keys(one));
  });

  it("differ between tasks, members and passes, and are well formed", async () => {
    const text = JSON.stringify(await whole());
    const uuids = [...text.matchAll(/"uuid":"([\w-]+)"/g)].map(([, uuid]) => uuid as string);
    expect(uuids).toHaveLength(2 + 3 + 4);
    expect(new Set(uuids).size).toBe(uuids.length);
    for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const keys = [...text.matchAll(/"key":"(\w+)"/g)].map(([, key]) => key);
    expect(new Set(keys).size).toBe(1 + 3 + 4);
    const randoms = [...text.matchAll(/"random":\[([\d.e-]+),([\d.e-]+)\]/g)].flatMap(([, a, b]) => [Number(a), Number(b)]);
    expect(new Set(randoms).size).toBe(randoms.length);
    expect(randoms.every((n) => n >= 0 && n < 1)).toBe(true);
  });

  it("go on after a resume as they would have gone on without it", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    let broken = true;
    const w = drawing(() => broken);
    await failureOf(onClock(clock, w.run(undefined, { ...options(), clock, checkpoints: store })));
    broken = false;
    // Passes of the loop take no time, so that the run goes on at the time at which it broke off.
    expect(await onClock(clock, outputOf(w.resume({ from: store, runId: "r", clock })))).toEqual(await whole());
  });

  it("are the same again in members that were running when the run was stopped", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    const executed: string[] = [];
    const w = drawing(() => false, executed);
    const context = ExecutionContext.create(w, { ...options(), clock, checkpoints: store, graceMs: 1 });
    const running = context.run();
    await clock.advance(5);
    context.stop();
    await clock.runUntilIdle();
    expect(await running).toMatchObject({ status: "stopped", steps: 2 });
    const resumed = (await onClock(clock, outputOf(w.resume({ from: store, runId: "r", clock })))) as unknown[];
    expect(executed).toEqual(["member 1", "member 2", "member 3", "member 1", "member 2", "member 3"]);
    expect(resumed[0]).toEqual(((await whole()) as unknown[])[0]);
  });

  it("are the same in every attempt, so that a retry repeats what it did, but for the time", async () => {
    const seen: ReturnType<typeof draw>[] = [];
    const shaky = task("shaky", { retry: 2 }, (ctx: TaskContext) => {
      seen.push(draw(ctx));
      if (ctx.attempt < 3) throw new Error("again");
    });
    await workflow("w", shaky).run();
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  it("gives each label its own idempotency key", async () => {
    const labels = task("labels", (ctx: TaskContext) => [
      ctx.idempotencyKey(),
      ctx.idempotencyKey("a"),
      ctx.idempotencyKey("b"),
      ctx.idempotencyKey("a"),
    ]);
    const keys = await outputOf(workflow("w", labels).run());
    expect(new Set(keys).size).toBe(3);
    expect(keys[3]).toBe(keys[1]);
  });

  it("gives dynamic tasks keys of their own: of one pass, of several passes, with ids and without", async () => {
    const keys: string[] = [];
    const pay = task("pay", (ctx: TaskContext) => void keys.push(ctx.idempotencyKey()));
    const bills = task("bills", (ctx: TaskContext) => {
      ctx.nextTask(pay);
      ctx.nextTask(pay);
      ctx.nextTask(pay, { id: `pay-${ctx.cycle}` });
      if (ctx.cycle < 3) ctx.nextIteration();
    });
    await workflow("w", bills, { tasks: [pay] }).run();
    expect(keys).toHaveLength(9);
    expect(new Set(keys).size).toBe(9);
  });

  it("gives a dynamic task another key when its id is used again", async () => {
    const keys: string[] = [];
    const pay = task("pay", (ctx: TaskContext) => void keys.push(`${ctx.taskId} ${ctx.idempotencyKey()}`));
    const graph = new TaskGraph("w", { jumpTargets: true }).add(task("begin", { start: true }, (ctx: TaskContext) => ctx.goto(bill, 1)));
    const bill: Task<number, void> = task("bill", (ctx: TaskContext, n: number) => {
      ctx.nextTask(pay, { id: "pay-now" });
      if (n < 3) ctx.goto(pause, n + 1);
    });
    const pause: Task<number, void> = task("pause", (ctx: TaskContext, n: number): void => ctx.goto(bill, n));
    await workflow("w", graph.add(bill).add(pause), { tasks: [pay] }).run();
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(3);
  });
});

describe("ctx.once", () => {
  it("does its work once for a key, over all attempts of its task", async () => {
    let calls = 0;
    const careful = task("careful", { retry: 3 }, async (ctx: TaskContext) => {
      const ticket = await ctx.once("ticket", async () => ({ number: ++calls }));
      const other = await ctx.once("other", () => ++calls);
      if (ctx.attempt < 4) throw new Error("again");
      return [ticket, other, await ctx.once("ticket", () => ({ number: -1 }))];
    });
    expect(await outputOf(workflow("w", careful).run())).toEqual([{ number: 1 }, 2, { number: 1 }]);
    expect(calls).toBe(2);
  });

  it("is asked anew in each pass, in each member, and after what it ran has failed", async () => {
    const calls: string[] = [];
    const looping = task("looping", { retry: 1 }, async (ctx: TaskContext, n: number) => {
      await ctx.once("key", () => {
        calls.push(`${n}/${ctx.cycle}/${ctx.attempt}`);
        if (ctx.attempt === 1) throw new Error("first call");
      });
      if (ctx.cycle < 2) ctx.nextIteration(n);
    });
    await workflow("w", each(looping, { concurrency: 1 })).run([7, 8]);
    expect(calls).toEqual(["7/1/1", "7/1/2", "7/2/1", "7/2/2", "8/1/1", "8/1/2", "8/2/1", "8/2/2"]);
  });

  it("keeps its value in the run's data: a failed task that is resumed does not ask again", async () => {
    const store = new MemoryCheckpointStore();
    let [calls, broken] = [0, true];
    const careful = task("careful", async (ctx: TaskContext) => {
      const value = await ctx.once("key", () => ++calls);
      if (broken) throw new Error("broken");
      return value;
    });
    const w = workflow("w", careful);
    await failureOf(w.run(undefined, { runId: "r", checkpoints: store }));
    broken = false;
    expect(await w.resume({ from: store, runId: "r" })).toMatchObject({ output: 1 });
    expect(calls).toBe(1);
  });

  it("keeps its value over a wait between attempts in which the run is stopped", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    let calls = 0;
    const careful = task("careful", { retry: { maxRetries: 1, initialWait: "1h" } }, async (ctx: TaskContext) => {
      const value = await ctx.once("key", () => ++calls);
      if (ctx.attempt === 1) throw new Error("again");
      return value;
    });
    const context = ExecutionContext.create(workflow("w", careful), { clock, runId: "r", checkpoints: store });
    const running = context.run();
    await clock.advance("1m");
    context.stop();
    expect(await running).toMatchObject({ status: "stopped" });
    expect(await onClock(clock, workflow("w", careful).resume({ from: store, runId: "r", clock }))).toMatchObject({ output: 1 });
    expect(calls).toBe(1);
  });
});
