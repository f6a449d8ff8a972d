import { expectTypeOf, it } from "vitest";
import { z } from "zod";
import { task } from "../../src/authoring/task.js";
import type { Task } from "../../src/core/task.js";
import type { TaskContext } from "../../src/core/task-context.js";

const Amount = z.object({ amount: z.string().transform(Number) });

it("takes the input of a schema, and gives its body what the schema makes of it", () => {
  const pay = task("pay", { input: Amount, retry: 1 }, (_ctx, order) => {
    expectTypeOf(order).toEqualTypeOf<{ amount: number }>();
    return order.amount;
  });
  expectTypeOf(pay).toEqualTypeOf<Task<{ amount: string }, number, "pay">>();
  // @ts-expect-error the body gets a number
  task("pay", { input: Amount }, (_ctx, order: { amount: Date }) => order);
});

it("gives what an output schema makes of the body's output", () => {
  const give = task("give", { output: Amount }, async (_ctx: TaskContext, amount: number) => ({ amount: String(amount) }));
  expectTypeOf(give).toEqualTypeOf<Task<number, { amount: number }, "give">>();
  // @ts-expect-error the schema takes a text
  task("give", { output: Amount }, () => ({ amount: 1 }));
});

it("takes both schemas", () => {
  const both = task("both", { input: z.number(), output: z.string().transform((text) => text.length) }, (_ctx, amount) => amount.toFixed());
  expectTypeOf(both).toEqualTypeOf<Task<number, number, "both">>();
});
