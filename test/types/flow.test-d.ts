import { describe, expectTypeOf, it } from "vitest";
import { chain, each, parallel } from "../../src/authoring/flow.js";
import type { Settled } from "../../src/authoring/flow-types.js";
import { task } from "../../src/authoring/task.js";
import { atLeast, bestEffort, critical, strict } from "../../src/core/group-policy.js";
import type { AnyFlow, AnyTask, InputOf, NameOf, OutputOf, Task } from "../../src/core/task.js";
import type { TaskContext } from "../../src/core/task-context.js";

interface Row {
  readonly id: number;
}
const load = task("load", async (_ctx: TaskContext, path: string): Promise<Row[]> => [{ id: path.length }]);
const score = task("score", { retry: 3 }, (_ctx: TaskContext, row: Row): number => row.id);
const sum = task("sum", (_ctx: TaskContext<{ total: number }>, all: readonly number[]) => all.length);
const text = task("text", (_ctx: TaskContext, amount: number) => String(amount));
const bare = task("bare", (ctx) => ctx.steps);
const silent = task("silent", async () => {});
const counted = task("counted", (_ctx: TaskContext, count?: number) => count ?? 0);
const nothing = task("nothing", (_ctx: TaskContext, _none: undefined) => 1);

describe("task(name, body)", () => {
  it("keeps name, input and output", () => {
    expectTypeOf(load).toEqualTypeOf<Task<string, Row[], "load">>();
    expectTypeOf<InputOf<typeof sum>>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<OutputOf<typeof silent>>().toEqualTypeOf<void>();
    expectTypeOf<InputOf<typeof bare>>().toEqualTypeOf<unknown>();
    expectTypeOf<InputOf<typeof counted>>().toEqualTypeOf<number | undefined>();
  });

  it("is any task, and any flow", () => {
    expectTypeOf(load).toExtend<AnyTask>();
    expectTypeOf(chain(load, each(score))).toExtend<AnyFlow>();
    expectTypeOf<InputOf<AnyTask>>().toEqualTypeOf<unknown>();
    expectTypeOf<Task<unknown, 1, "a">>().toExtend<Task<string, number>>();
    expectTypeOf<Task<string, 1, "a">>().not.toExtend<Task<unknown, number>>();
  });

  it("takes no function without a name, and no unknown option", () => {
    // @ts-expect-error the name is missing
    task(() => 1);
    // @ts-expect-error the name is missing
    task({ retry: 3 }, () => 1);
    // @ts-expect-error no such option
    task("a", { retries: 3 }, () => 1);
    // @ts-expect-error the first argument is the name
    task("a", { name: "b" }, () => 1);
    // @ts-expect-error a body takes a context and one input
    task("a", (_ctx: TaskContext, _one: number, _two: number) => 1);
    // @ts-expect-error a body takes a context first
    task("a", (_row: Row) => 1);
  });
});

describe("chain", () => {
  it("goes from the first input to the last output", () => {
    const flow = chain(load, each(score), sum, text);
    expectTypeOf<InputOf<typeof flow>>().toEqualTypeOf<string>();
    expectTypeOf<OutputOf<typeof flow>>().toEqualTypeOf<string>();
    expectTypeOf<NameOf<typeof flow>>().toEqualTypeOf<"text">();
    expectTypeOf<OutputOf<ReturnType<typeof nested>>>().toEqualTypeOf<number>();
  });
  const nested = () => chain(chain(load, each(score)), chain(sum));

  it("refuses an output that is not the next input", () => {
    // @ts-expect-error rows are not a row
    chain(load, score);
    // @ts-expect-error a number is no list of numbers
    chain(load, each(score), sum, sum);
    // @ts-expect-error the mismatch may lie deep
    chain(load, chain(chain(score)));
    // @ts-expect-error nothing is not a number
    chain(silent, text);
  });

  it("takes tasks of unknown number", () => {
    const steps = Array.from({ length: 5 }, (_, i) => task(`step${i}`, (_ctx: TaskContext, at: number) => at + i));
    const flow = chain(...steps);
    expectTypeOf<InputOf<typeof flow>>().toEqualTypeOf<number>();
    expectTypeOf<OutputOf<typeof flow>>().toEqualTypeOf<number>();
    chain(counted, ...steps, text);
    const any: AnyTask[] = [load, score];
    expectTypeOf<InputOf<ReturnType<typeof chain<AnyTask[]>>>>().toEqualTypeOf<unknown>();
    chain(...any);
  });

  it("lets a task without input follow any, and one without output precede it", () => {
    chain(load, bare, silent, counted);
    chain(silent, nothing, silent, bare);
  });

  it("is not deterred by length", () => {
    const t = text;
    const n = task("n", (_ctx: TaskContext, s: string) => s.length);
    const flow = chain(
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
      t,
      n,
    );
    expectTypeOf<OutputOf<typeof flow>>().toEqualTypeOf<number>();
  });
});

describe("parallel", () => {
  it("gives a record by the names of the last tasks", () => {
    const group = parallel([chain(text, silent), counted, bare]);
    expectTypeOf<InputOf<typeof group>>().toEqualTypeOf<number>();
    expectTypeOf<OutputOf<typeof group>>().toEqualTypeOf<{ readonly silent: void; readonly counted: number; readonly bare: number }>();
    expectTypeOf<NameOf<typeof group>>().toEqualTypeOf<"parallel-silent">();
    expectTypeOf<NameOf<ReturnType<typeof named>>>().toEqualTypeOf<"both">();
    const join = task("join", (_ctx: TaskContext, parts: { silent: void; counted: number }) => parts.counted);
    chain(group, join);
    // @ts-expect-error there is no such branch
    chain(parallel([text, counted]), join);
  });
  const named = () => parallel([text, counted], { name: "both", concurrency: 1 });

  it("gives settled entries under any policy but strict", () => {
    type Tolerant = { readonly text: Settled<string>; readonly counted: Settled<number> };
    const plain = parallel([text, counted], { policy: strict });
    expectTypeOf<OutputOf<typeof plain>>().toEqualTypeOf<{ readonly text: string; readonly counted: number }>();
    const best = parallel([text, counted], { policy: bestEffort });
    expectTypeOf<OutputOf<typeof best>>().toEqualTypeOf<Tolerant>();
    const some = parallel([text, counted], { policy: atLeast(1) });
    expectTypeOf<OutputOf<typeof some>>().toEqualTypeOf<Tolerant>();
    const one = parallel([text, counted], { policy: critical(["text"]) });
    expectTypeOf<OutputOf<typeof one>>().toEqualTypeOf<Tolerant>();
    const own = parallel([text, counted], { policy: (results) => results.some((result) => result.ok) });
    expectTypeOf<OutputOf<typeof own>>().toEqualTypeOf<Tolerant>();
  });

  it("nests, and takes what every branch takes", () => {
    const a = task("a", (_ctx: TaskContext, at: { x: number }) => at.x);
    const b = task("b", (_ctx: TaskContext, at: { y: number }) => at.y);
    const group = parallel([a, parallel([b, a], { name: "inner" })]);
    expectTypeOf<InputOf<typeof group>>().toExtend<{ x: number; y: number }>();
    expectTypeOf<OutputOf<typeof group>>().toEqualTypeOf<{
      readonly a: number;
      readonly inner: { readonly b: number; readonly a: number };
    }>();
    // @ts-expect-error nothing is both a string and a number
    parallel([load, text]);
    // @ts-expect-error branches are given as an array
    parallel(a, b);
  });

  it("takes branches of unknown number", () => {
    const group = parallel(Array.from({ length: 3 }, (_, i) => task(`w${i}`, async () => i)));
    expectTypeOf<OutputOf<typeof group>>().toEqualTypeOf<{ readonly [name: `w${number}`]: number }>();
  });
});

describe("each", () => {
  it("takes and gives arrays", () => {
    const all = each(chain(score, text), { concurrency: 8 });
    expectTypeOf<InputOf<typeof all>>().toEqualTypeOf<readonly Row[]>();
    expectTypeOf<OutputOf<typeof all>>().toEqualTypeOf<string[]>();
    expectTypeOf<NameOf<typeof all>>().toEqualTypeOf<"each-text">();
    const tolerant = each(score, { policy: bestEffort, name: "scores" });
    expectTypeOf<OutputOf<typeof tolerant>>().toEqualTypeOf<Settled<number>[]>();
    expectTypeOf<NameOf<typeof tolerant>>().toEqualTypeOf<"scores">();
    const own = each(score, { policy: (results) => results.length > 2, name: "own" });
    expectTypeOf<OutputOf<typeof own>>().toEqualTypeOf<Settled<number>[]>();
  });

  it("refuses what is no array of inputs", () => {
    // @ts-expect-error a string is no list
    chain(text, each(score));
    // @ts-expect-error lists of rows, not of numbers
    chain(load, each(text));
    // @ts-expect-error under this policy entries are settled
    chain(load, each(score, { policy: bestEffort }), sum);
  });
});
