import {
  bestEffort,
  chain,
  ExecutionContext,
  each,
  GroupFailedError,
  MemoryCheckpointStore,
  parallel,
  RunCancelledError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { failureOf, Gauge, onClock, outputOf } from "./support/tools.js";

const pass = task("pass", (_: TaskContext, input: unknown) => input);
const behind = task("behind", (_: TaskContext, input: unknown) => ({ behind: input }));
const slow = task("slow", async (ctx: TaskContext, n: number) => {
  await ctx.sleep(100);
  return n;
});

describe("a member that terminates the run", () => {
  it("lets running siblings commit and ends it well, without what follows", async () => {
    const clock = simulatedClock();
    const stop = task("stop", (ctx: TaskContext, n: number) => {
      ctx.terminate("seen enough");
      return n;
    });
    const flow = chain(parallel([stop, slow]), behind);
    const context = ExecutionContext.create(workflow("w", flow), { clock });
    expect(await onClock(clock, context.run(1))).toMatchObject({ status: "completed", message: "seen enough", steps: 2 });
    expect(await context.result(slow)).toBe(1);
    expect(context.completedTasks).not.toContain("behind");
  });

  it("does so in a nested group too, and no waiting member starts", async () => {
    const started: number[] = [];
    const member = task("member", (ctx: TaskContext, n: number) => {
      started.push(n);
      if (n === 2) ctx.terminate();
      return n;
    });
    const flow = chain(parallel([each(member, { concurrency: 1 }), pass]), behind);
    expect(await workflow("w", flow).run([1, 2, 3, 4], { concurrency: 1 })).toMatchObject({ status: "completed" });
    expect(started).toEqual([1, 2]);
  });

  it("ends well even if a sibling fails afterwards", async () => {
    const clock = simulatedClock();
    const stop = task("stop", (ctx: TaskContext) => ctx.terminate("well"));
    const late = task("late", async (ctx: TaskContext) => {
      await ctx.sleep(10);
      throw new Error("late");
    });
    expect(await onClock(clock, workflow("w", parallel([stop, late])).run(undefined, { clock }))).toMatchObject({
      status: "completed",
      message: "well",
    });
  });
});

describe("a member that cancels the run", () => {
  it.each(["strict", bestEffort] as const)(
    "ends it with the error, whatever the policy (%s), and is resumed where it was",
    async (policy) => {
      const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
      const runs: string[] = [];
      let cancels = true;
      const cancel = task("cancel", (ctx: TaskContext, n: number) => {
        if (cancels) ctx.cancel("not like this");
        return n;
      });
      const quick = task("quick", (_: TaskContext, n: number) => {
        runs.push("quick");
        return n;
      });
      const inner = parallel([quick, slow, cancel], { policy, name: "inner" });
      const w = workflow("w", chain(parallel([inner, pass], { policy }), behind));
      expect(await failureOf(onClock(clock, w.run(1, { clock, runId: "r", checkpoints: store })))).toBeInstanceOf(RunCancelledError);
      cancels = false;
      const { output } = await onClock(clock, w.resume({ from: store, runId: "r", clock }));
      expect(JSON.stringify(output)).toContain('"cancel":');
      expect(runs).toEqual(["quick"]);
    },
  );
});

describe("a jump in a member", () => {
  it("belongs to its branch: the group waits for it, and its last output is the member's", async () => {
    const order: string[] = [];
    const aside = task("aside", (_: TaskContext, n: number) => {
      order.push("aside");
      return n * 100;
    });
    const jumps = task("jumps", (ctx: TaskContext, n: number) => {
      ctx.nextTask(aside, { input: n, goto: true });
      return n;
    });
    const note = task("note", (_: TaskContext, input: unknown) => {
      order.push("note");
      return input;
    });
    const skipped = task("skipped", (_: TaskContext, n: number) => {
      order.push("skipped");
      return n;
    });
    const flow = chain(parallel([chain(jumps, skipped), pass]), note);
    expect(await outputOf(workflow("w", flow, { tasks: [aside] }).run(1))).toEqual({ skipped: 100, pass: 1 });
    expect(order).toEqual(["aside", "note"]);
  });

  it("to a task behind the group runs it in the branch, and once more behind the group", async () => {
    const inputs: unknown[] = [];
    const after = task("after", (_: TaskContext, input: unknown) => {
      inputs.push(input);
      return input;
    });
    const jumps = task("jumps", (ctx: TaskContext) => {
      ctx.goto(after, "jumped");
      return "left behind";
    });
    expect(await outputOf(workflow("w", chain(parallel([jumps, pass]), after)).run(1))).toEqual({ jumps: "jumped", pass: 1 });
    expect(inputs).toEqual(["jumped", { jumps: "jumped", pass: 1 }]);
  });

  it("iterates a member without holding up or mixing with the others", async () => {
    const grow = task("grow", (ctx: TaskContext, n: number) => {
      if (n < 8) ctx.nextIteration(n * 2);
      return [n, ctx.cycle];
    });
    expect(await outputOf(workflow("w", each(grow)).run([1, 8, 3]))).toEqual([
      [8, 4],
      [8, 1],
      [12, 3],
    ]);
  });
});

describe("a failure in a group", () => {
  it("of a body that throws at once is taken like any other, by hundreds", async () => {
    const boom = task("boom", (_: TaskContext, n: number): number => {
      throw new Error(`${n}`);
    });
    const error = await failureOf(workflow("w", each(boom)).run(Array.from({ length: 500 }, (_, n) => n)));
    expect(error).toBeInstanceOf(GroupFailedError);
    expect(error.message).toContain("500 of 500 members failed");
  });

  it("deep inside fails every strict group around it, and is the cause", async () => {
    const boom = task("boom", (_: TaskContext, _n: number): number => {
      throw new TypeError("deep");
    });
    const deep = parallel([each(parallel([boom, pass], { name: "c" }), { name: "b" })], { name: "a" });
    const error = await failureOf(workflow("w", deep).run([1]));
    const found: string[] = [];
    for (let at: unknown = error; at instanceof Error; at = at.cause) found.push(`${at.name} ${/"\w+"|^deep/.exec(at.message)?.[0]}`);
    expect(found).toEqual([
      'GroupFailedError "a"',
      'GroupFailedError "b"',
      'GroupFailedError "c"',
      'TaskFailedError "boom"',
      "TypeError deep",
    ]);
  });

  it("is mended by a resume: what had finished inside nested groups does not run again", async () => {
    const store = new MemoryCheckpointStore();
    const runs: string[] = [];
    let broken = true;
    const leaf = task("leaf", { retry: 1 }, (ctx: TaskContext, n: number) => {
      if (broken && n % 4 === 3) throw new Error(`${n} is broken`);
      runs.push(`leaf ${n}`);
      return n + Math.floor(ctx.random() * 10);
    });
    const double = task("double", (_: TaskContext, n: number) => {
      runs.push("double");
      return n * 2;
    });
    const inner = parallel([chain(leaf, double), pass], { name: "inner" });
    const w = workflow("w", chain(each(inner, { name: "outer" }), behind));
    const items = [1, 2, 3, 4, 5, 6, 7];
    expect(await failureOf(w.run(items, { runId: "r", seed: 7, checkpoints: store }))).toBeInstanceOf(GroupFailedError);
    broken = false;
    const resumed = await outputOf(w.resume({ from: store, runId: "r" }));
    expect(runs.filter((line) => line.startsWith("leaf")).sort()).toEqual(items.map((n) => `leaf ${n}`));
    expect(runs.filter((line) => line === "double")).toHaveLength(7);
    expect(resumed).toEqual((await w.run(items, { runId: "r", seed: 7 })).output);
  });

  it("is mended by a resume that keeps to the group's concurrency", async () => {
    const [clock, store, gauge] = [simulatedClock(), new MemoryCheckpointStore(), new Gauge()];
    let broken = true;
    const member = task("member", async (ctx: TaskContext, n: number) => {
      await gauge.during(ctx);
      if (broken) throw new Error("broken");
      return n;
    });
    const w = workflow("w", each(member, { concurrency: 2 }));
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    await failureOf(onClock(clock, w.run(items, { clock, runId: "r", checkpoints: store })));
    broken = false;
    expect(await onClock(clock, outputOf(w.resume({ from: store, runId: "r", clock })))).toEqual(items);
    expect(gauge.most).toBe(2);
  });

  it("while others run outside of groups: they are told, those that still finish commit, those that give up are not blamed", async () => {
    const [clock, store] = [simulatedClock(), new MemoryCheckpointStore()];
    let broken = true;
    const ended: string[] = [];
    const boom = task("boom", async (ctx: TaskContext) => {
      await ctx.sleep(10);
      if (broken) throw new Error("boom");
      ended.push("boom");
    });
    const stubborn = task("stubborn", async () => {
      await new Promise<void>((resolve) => clock.after(50, resolve));
      ended.push("stubborn");
    });
    const obedient = task("obedient", async (ctx: TaskContext) => {
      await ctx.sleep(50);
      ended.push("obedient");
    });
    const starts = task("starts", (ctx: TaskContext) => {
      for (const next of [boom, stubborn, obedient]) ctx.nextTask(next);
    });
    const w = workflow("w", starts, { tasks: [boom, stubborn, obedient] });
    const context = ExecutionContext.create(w, { clock, runId: "r", checkpoints: store });
    expect(await failureOf(onClock(clock, context.run()))).toMatchObject({ taskId: "boom" });
    expect(ended).toEqual(["stubborn"]);
    expect(context.stats()).toMatchObject({ failed: 1 });
    broken = false;
    expect(await onClock(clock, w.resume({ from: store, runId: "r", clock }))).toMatchObject({ status: "completed", steps: 4 });
    expect(ended).toEqual(["stubborn", "boom", "obedient"]);
  });
});
