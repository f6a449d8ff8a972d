import {
  atLeast,
  bestEffort,
  chain,
  critical,
  DefinitionError,
  each,
  GroupFailedError,
  type MemberResult,
  parallel,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { failureOf, Gauge, onClock, outputOf } from "./support/tools.js";

const bad = (text: string): never => {
  throw new Error(text);
};
/** A failure where a policy lets it pass: what the task threw, as data. */
const failed = (message: string) => ({ ok: false, error: { name: "Error", message, code: null } });
const twice = task("twice", (_: TaskContext, n: number) => n * 2);
const plus = task("plus", (_: TaskContext, n: number) => n + 1);
const odd = task("odd", (_: TaskContext, n: number) => (n % 2 === 1 ? n : bad(`${n} is even`)));
const down = task("down", (_: TaskContext, _n: number): string => bad("down"));
const last = task("last", (_: TaskContext, input: unknown) => input);

describe("branches side by side", () => {
  it("give a record by the name of each branch", async () => {
    expect(await outputOf(workflow("w", chain(plus, parallel([twice, odd]), last)).run(2))).toEqual({ twice: 6, odd: 3 });
  });

  it("may be chains, keyed by their last task", async () => {
    const flow = parallel([chain(plus, twice), odd]);
    expect(await outputOf(workflow("w", chain(flow, last)).run(3))).toEqual({ twice: 8, odd: 3 });
  });

  it("nest, and a group in a group is keyed by its own name", async () => {
    const inner = parallel([twice, plus], { name: "inner" });
    expect(await outputOf(workflow("w", parallel([chain(odd, inner), last])).run(5))).toEqual({ inner: { twice: 10, plus: 6 }, last: 5 });
  });

  it("may hold an each, and an each may hold branches", async () => {
    const sums = each(parallel([twice, plus]), { name: "sums" });
    expect(await outputOf(workflow("w", parallel([sums, last])).run([1, 2]))).toEqual({
      sums: [
        { twice: 2, plus: 2 },
        { twice: 4, plus: 3 },
      ],
      last: [1, 2],
    });
  });

  it("all get the same input, frozen", async () => {
    const change = task("change", (_: TaskContext, list: number[]) => {
      list.push(4);
    });
    const look = task("look", (_: TaskContext, list: readonly number[]) => list.length);
    const { output } = await workflow("w", parallel([change, look], { policy: bestEffort })).run([1, 2, 3]);
    expect(output.look).toEqual({ ok: true, value: 3 });
    expect(output.change).toMatchObject({ ok: false, error: { name: "TypeError" } });
  });
});

describe("one branch for each item", () => {
  it("gives the outputs in the order of the items, whichever ends first", async () => {
    const clock = simulatedClock();
    const ended: number[] = [];
    const wait = task("wait", async (ctx: TaskContext, n: number) => {
      await ctx.sleep(100 - n * 10);
      ended.push(n);
      return n * n;
    });
    expect(await onClock(clock, outputOf(workflow("w", each(wait)).run([1, 2, 3, 4], { clock })))).toEqual([1, 4, 9, 16]);
    expect(ended).toEqual([4, 3, 2, 1]);
  });

  it("gives an empty list for an empty list, wherever the group stands", async () => {
    const list = task("list", (_: TaskContext, items: number[]) => items);
    const squares = each(twice);
    expect(await outputOf(workflow("first", squares).run([]))).toEqual([]);
    expect(await outputOf(workflow("behind", chain(list, squares, last)).run([]))).toEqual([]);
    expect(await outputOf(workflow("beside", parallel([squares, last])).run([]))).toEqual({ "each-twice": [], last: [] });
  });

  it("nests: lists of lists, some of them empty", async () => {
    const flow = each(each(twice));
    for (const lists of [[], [[]], [[], []], [[1], []], [[], [1, 2], [], [3]]]) {
      const doubled = lists.map((list: number[]) => list.map((n) => n * 2));
      expect(await outputOf(workflow("first", flow).run(lists))).toEqual(doubled);
      expect(await outputOf(workflow("behind", chain(last, flow as never)).run(lists))).toEqual(doubled);
    }
    const narrow = each(each(twice, { concurrency: 1, name: "inner" }), { concurrency: 1 });
    expect(await outputOf(workflow("narrow", narrow).run([[], [1], [], [2, 3]]))).toEqual([[], [2], [], [4, 6]]);
  });

  it("refuses an input that is no list, naming who gave it", async () => {
    const lie = task("lie", () => ({ length: 2 }) as unknown as number[]);
    expect((await failureOf(workflow("w", chain(lie, each(twice))).run())).message).toContain("lie");
    expect(await failureOf(workflow("w", each(twice)).run("abc" as never))).toBeInstanceOf(DefinitionError);
  });

  it("takes ten thousand items", async () => {
    const items = Array.from({ length: 10_000 }, (_, n) => n);
    const { output, steps } = await workflow("w", chain(each(twice), last)).run(items, { maxSteps: 20_000 });
    expect(steps).toBe(10_001);
    expect(output).toEqual(items.map((n) => n * 2));
  });

  it("takes ten thousand items of which half fail, fifty at a time", async () => {
    const items = Array.from({ length: 10_000 }, (_, n) => n);
    const { output } = await workflow("w", each(odd, { policy: bestEffort, concurrency: 50 })).run(items, { maxSteps: 20_000 });
    expect(output).toHaveLength(10_000);
    expect(output.filter(({ ok }) => ok)).toHaveLength(5_000);
    expect(output[9_998]).toEqual(failed("9998 is even"));
  });

  it("keeps no result by the name of the branch, for there would be one for each item", async () => {
    const ask = task("ask", async (ctx: TaskContext, values: number[]) => [await ctx.result(twice), values]);
    expect(await outputOf(workflow("w", chain(each(twice), ask)).run([1]))).toEqual([undefined, [2]]);
  });
});

describe("the policy of a group", () => {
  it("strict: any failure fails the group, after all members have ended", async () => {
    const clock = simulatedClock();
    const ended: string[] = [];
    const slow = task("slow", async (ctx: TaskContext, n: number) => {
      await ctx.sleep(50);
      ended.push("slow");
      return n;
    });
    const error = await failureOf(onClock(clock, workflow("w", chain(parallel([down, slow]), last)).run(1, { clock })));
    expect(error).toBeInstanceOf(GroupFailedError);
    expect(error.message).toContain("down");
    expect(error.cause).toMatchObject({ name: "TaskFailedError", taskId: "down", cause: { message: "down" } });
    expect(ended).toEqual(["slow"]);
  });

  it("bestEffort: failures stand beside values", async () => {
    const flow = chain(parallel([down, plus], { policy: bestEffort }), last);
    expect(await outputOf(workflow("w", flow).run(1))).toEqual({ down: failed("down"), plus: { ok: true, value: 2 } });
    expect(await outputOf(workflow("w", each(odd, { policy: "bestEffort" })).run([1, 2]))).toEqual([
      { ok: true, value: 1 },
      failed("2 is even"),
    ]);
  });

  it("atLeast: enough successes are enough", async () => {
    const some = workflow("some", each(odd, { policy: atLeast(2) }));
    expect(await outputOf(some.run([1, 2, 3]))).toEqual([{ ok: true, value: 1 }, failed("2 is even"), { ok: true, value: 3 }]);
    expect((await failureOf(some.run([1, 2, 4]))).message).toMatch(/2 of 3 members failed \(1, 2\).*atLeast\(2\)/);
  });

  it("critical: the named members must succeed, the others may fail", async () => {
    const good = workflow("good", parallel([plus, down], { policy: critical(["plus"]) }));
    expect(await outputOf(good.run(1))).toEqual({ plus: { ok: true, value: 2 }, down: failed("down") });
    expect(await failureOf(workflow("w", parallel([plus, down], { policy: critical(["down"]) })).run(1))).toBeInstanceOf(GroupFailedError);
  });

  it("a function of one's own sees every member, and may refuse even if none has failed", async () => {
    let seen: readonly MemberResult[] = [];
    const judge = (results: readonly MemberResult[]): boolean => {
      seen = results;
      return results.filter(({ ok }) => ok).length > 1;
    };
    expect(await outputOf(workflow("w", parallel([plus, twice, down], { policy: judge })).run(4))).toEqual({
      plus: { ok: true, value: 5 },
      twice: { ok: true, value: 8 },
      down: failed("down"),
    });
    expect(seen.map(({ id, ok }) => `${id} ${ok}`)).toEqual(["plus true", "twice true", "down false"]);
    expect(await failureOf(workflow("w", each(plus, { policy: judge })).run([1]))).toBeInstanceOf(GroupFailedError);
  });

  it("a function that throws fails the group and says so", async () => {
    const throws = (): boolean => bad("out of order");
    expect((await failureOf(workflow("w", each(plus, { policy: throws })).run([1]))).message).toContain("its policy function threw");
  });

  it("is refused when it is written if it can never hold", () => {
    expect(() => parallel([plus, twice], { policy: atLeast(3) })).toThrow(DefinitionError);
    expect(() => parallel([plus, twice], { policy: critical(["pluss"]) })).toThrow(/pluss/);
  });

  it("judges a group in a group first: what it lets pass is no failure further out", async () => {
    const inner = parallel([down, plus], { policy: bestEffort, name: "inner" });
    const strictInner = parallel([down, plus], { name: "inner" });
    expect(await outputOf(workflow("w", parallel([inner, twice])).run(1))).toEqual({
      inner: { down: failed("down"), plus: { ok: true, value: 2 } },
      twice: 2,
    });
    const { inner: judged, twice: doubled } = await outputOf(workflow("w", parallel([strictInner, twice], { policy: bestEffort })).run(1));
    expect(judged).toMatchObject({ ok: false, error: { name: "GroupFailedError", code: "GROUP_FAILED" } });
    expect(doubled).toEqual({ ok: true, value: 2 });
  });

  it("fails a member at the task of its chain that failed, and does not run the rest of the chain", async () => {
    const ran: number[] = [];
    const note = task("note", (_: TaskContext, n: number) => {
      ran.push(n);
      return n;
    });
    expect(await outputOf(workflow("w", each(chain(odd, note), { policy: bestEffort })).run([1, 2, 3]))).toEqual([
      { ok: true, value: 1 },
      failed("2 is even"),
      { ok: true, value: 3 },
    ]);
    expect(ran).toEqual([1, 3]);
  });
});

describe("the concurrency of a group", () => {
  const gauged = (gauge: Gauge) =>
    task("gauged", async (ctx: TaskContext, n: number) => {
      await gauge.during(ctx);
      return n;
    });
  const ten = Array.from({ length: 10 }, (_, n) => n);

  it.each([1, 3, 10, 50])("of %i keeps no more members under way", async (concurrency) => {
    const [clock, gauge] = [simulatedClock(), new Gauge()];
    expect(await onClock(clock, outputOf(workflow("w", each(gauged(gauge), { concurrency })).run(ten, { clock })))).toEqual(ten);
    expect(gauge.most).toBe(Math.min(concurrency, 10));
  });

  it("is not limited unless it is said", async () => {
    const [clock, gauge] = [simulatedClock(), new Gauge()];
    await onClock(clock, workflow("w", each(gauged(gauge))).run(ten, { clock }));
    expect(gauge.most).toBe(10);
  });

  it("counts whole members, not tasks: the next begins when a chain has ended", async () => {
    const [clock, order] = [simulatedClock(), [] as string[]];
    const step = (name: string) =>
      task(name, async (ctx: TaskContext, n: number) => {
        order.push(`${name}${n}`);
        await ctx.sleep(5);
        return n;
      });
    await onClock(clock, workflow("w", each(chain(step("a"), step("b")), { concurrency: 1 })).run([1, 2], { clock }));
    expect(order).toEqual(["a1", "b1", "a2", "b2"]);
  });

  it("holds for branches, in nested groups, and when members fail", async () => {
    const [clock, gauge] = [simulatedClock(), new Gauge()];
    const shaky = task("shaky", async (ctx: TaskContext, n: number) => {
      await gauge.during(ctx);
      return n % 2 === 0 ? n : bad("odd");
    });
    const flow = each(each(shaky, { concurrency: 2, policy: bestEffort, name: "inner" }), { concurrency: 2 });
    const { output } = await onClock(clock, workflow("w", flow).run([ten, ten, ten], { clock }));
    expect(gauge.most).toBe(4);
    expect(output.flat().filter(({ ok }) => ok)).toHaveLength(15);
  });

  it("of the run limits all groups together", async () => {
    const [clock, gauge] = [simulatedClock(), new Gauge()];
    await onClock(clock, workflow("w", each(gauged(gauge), { concurrency: 8 })).run(ten, { clock, concurrency: 3 }));
    expect(gauge.most).toBe(3);
  });
});
