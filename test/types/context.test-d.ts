import { expectTypeOf, it } from "vitest";
import { parallel } from "../../src/authoring/flow.js";
import { task } from "../../src/authoring/task.js";
import type { TaskContext } from "../../src/core/task-context.js";

interface TrainState {
  epoch: number;
  losses: number[];
  best?: string;
}
const repair = task("repair", (_ctx: TaskContext, part: { id: string }) => part.id.length);
const rest = task("rest", (_ctx: TaskContext) => "rested");
class Shop {
  async pay(_ctx: TaskContext, amount: number) {
    return `${amount}`;
  }
}

it("types results by the task asked for", () => {
  task("a", async (ctx) => {
    expectTypeOf(await ctx.result(repair)).toEqualTypeOf<number | undefined>();
    expectTypeOf(await ctx.result(new Shop().pay)).toEqualTypeOf<string | undefined>();
    expectTypeOf(await ctx.result(parallel([repair, rest]))).toEqualTypeOf<
      { readonly repair: number; readonly rest: string } | undefined
    >();
  });
});

it("types the input of dynamic tasks and jumps", () => {
  task("a", (ctx) => {
    ctx.nextTask(repair, { input: { id: "x" }, id: "repair-x" });
    ctx.goto(repair, { id: "x" });
    ctx.goto(new Shop().pay, 5);
    ctx.nextTask(rest);
    // @ts-expect-error a part is an object
    ctx.nextTask(repair, { input: "x" });
    // @ts-expect-error a part has an id
    ctx.goto(repair, {});
    // @ts-expect-error an amount is a number
    ctx.goto(new Shop().pay, "5");
    // @ts-expect-error a name is no task
    ctx.goto("repair");
  });
});

it("types the channel by the state of the context", () => {
  task("a", async (ctx: TaskContext<TrainState>) => {
    expectTypeOf(await ctx.channel.get("epoch")).toEqualTypeOf<number | undefined>();
    await ctx.channel.set("losses", [1]);
    await ctx.channel.append("losses", 0.5);
    await ctx.channel.update("epoch", (epoch = 0) => epoch + 1);
    // @ts-expect-error no such key
    await ctx.channel.get("epochs");
    // @ts-expect-error a number is expected
    await ctx.channel.set("epoch", "1");
    // @ts-expect-error losses are numbers
    await ctx.channel.append("losses", "much");
  });
  task("b", async (ctx) => {
    expectTypeOf(await ctx.channel.get("anything")).toEqualTypeOf<unknown>();
  });
});
