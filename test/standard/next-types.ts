// The same classes as in ../legacy/next-types.ts: compiled only, for what `@task({ next })` promises about types.
import { task } from "../../src/authoring/task.js";
import { TaskGraph } from "../../src/core/graph.js";
import type { TaskContext } from "../../src/core/task-context.js";

type Ctx = TaskContext<{ paid: number }>;
const graph = new TaskGraph("steps");

export class Order {
  @task({ start: true, next: "pay" })
  async validate(ctx: Ctx, amount: number) {
    if (amount < 0) ctx.goto(this.refuse, "negative");
    return { amount };
  }
  @task({ next: ["ship", "weigh"] })
  async pay(ctx: Ctx, order: { amount: number }) {
    if (ctx.attempt > 3) ctx.nextTask(this.validate, { input: order.amount });
    return "paid";
  }
  @task()
  async refuse(ctx: Ctx, reason: string) {
    ctx.terminate(reason);
  }
  @task({ next: "join" })
  async weigh(_ctx: Ctx) {
    return 1;
  }
  @task({ next: "join" })
  async ship(ctx: Ctx, receipt: string) {
    return (await ctx.result(this.pay)) ?? receipt;
  }
  @task({ name: "label.print", next: "join" })
  label(_ctx: Ctx) {
    return true;
  }
  @task({ join: "all", next: "optional" })
  join(_ctx: Ctx, parts: { readonly weigh: number; readonly ship?: string; readonly "label.print": boolean }): void {
    void parts;
  }
  @task({ next: "weigh" })
  optional(_ctx: Ctx, count = 0) {
    return count;
  }
  @task({ next: "stop" }) static go(_ctx: Ctx, text: string) {
    return text.length;
  }
  @task() static stop(_ctx: Ctx, count: number) {
    return count;
  }
  protected note = "";
}

export class Wrong {
  // @ts-expect-error no such method
  @task({ next: "nope" })
  one(_ctx: Ctx) {
    return 1;
  }
  // @ts-expect-error a number is not a text
  @task({ next: "text" })
  async two(_ctx: Ctx) {
    return 1;
  }
  // @ts-expect-error one of them is no method
  @task({ next: ["text", "nope"] })
  three(_ctx: Ctx) {
    return "";
  }
  // @ts-expect-error one of them does not take a text
  @task({ next: ["text", "amount"] })
  four(_ctx: Ctx) {
    return "";
  }
  // @ts-expect-error an instance method is none of the class
  @task({ next: "text" })
  static five(_ctx: Ctx) {
    return "";
  }
  // @ts-expect-error a field is no method
  @task({ next: "field" })
  six(_ctx: Ctx) {
    return "";
  }
  // @ts-expect-error a join has no such entry, and the input is no number
  @task({ next: "join" })
  seven(_ctx: Ctx) {
    return 7;
  }
  // @ts-expect-error no such option
  @task({ nxt: "text" })
  eight(_ctx: Ctx) {}
  // @ts-expect-error a task takes a context first
  @task()
  nine(_order: { readonly amount: number }) {}
  // @ts-expect-error a task takes one input
  @task()
  ten(_ctx: Ctx, _one: number, _two: number) {}
  // @ts-expect-error may give nothing, which is not a text
  @task({ next: "text" })
  eleven(_ctx: Ctx, text: string) {
    return text || undefined;
  }
  // @ts-expect-error the record of the join knows the task by its name
  @task({ name: "renamed", next: "join" })
  six_(_ctx: Ctx) {
    return "";
  }
  @task() text(_ctx: Ctx, _text: string) {}
  @task() amount(_ctx: Ctx, _amount: number) {}
  @task() join(_ctx: Ctx, _parts: { readonly six: string; readonly eight: string }) {}
  field = "";
}

/** With a graph, `next` names whatever the graph holds; with a text of no literal type nothing is checked. */
export class Free<Item> {
  @task({ graph, next: "elsewhere" }) static clean(_ctx: Ctx, text: string) {
    return text;
  }
  @task({ graph, next: ["clean", "elsewhere"] }) static clear(_ctx: Ctx, amount: number) {
    return amount;
  }
  @task({ next: "give" as string }) async take(_ctx: Ctx, item: Item) {
    return item;
  }
  @task() async give(_ctx: Ctx, item: Item) {
    return item;
  }
  @task({ next: "open" }) plain(_ctx: TaskContext) {
    return 1;
  }
  @task() open(_ctx: TaskContext, input: unknown) {
    return input;
  }
}

export class Fields {
  @task({ next: "second" }) first = async (_ctx: Ctx, amount: number) => amount;
  @task() second = (_ctx: Ctx, amount: number) => String(amount);
  // @ts-expect-error a text is not a number
  @task({ next: "second" }) third = (_ctx: Ctx) => "";
  // @ts-expect-error no such field
  @task({ next: "nope" }) fourth = (_ctx: Ctx) => "";
}
