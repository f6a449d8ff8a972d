import { type TaskContext, task, workflow, workflowOf } from "cairnflow";
import {
  type CrashPlace,
  coverageOf,
  crashMatrix,
  modelPaths,
  type ScenarioOptions,
  scenario,
  throwOnce,
  throwTimes,
} from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface Order {
  readonly id: string;
  readonly pieces: number;
}
interface Books {
  stock: number;
  paid: number;
  log: readonly string[];
}
type Ctx = TaskContext<Books>;
const retry = { maxRetries: 2, initialWait: "1m", jitter: 0 };

/** Reserves, is paid, and ships; what cannot be shipped is paid back and put back. */
@workflow("order-saga", { version: 1 })
class OrderSaga {
  @task({ start: true, next: "pay" })
  async reserve(ctx: Ctx, order: Order): Promise<Order> {
    await ctx.channel.increment("stock", -order.pieces);
    return order;
  }

  @task({ next: "ship", retry, critical: true })
  async pay(ctx: Ctx, order: Order): Promise<Order> {
    await ctx.channel.increment("paid", order.pieces * 10);
    return order;
  }

  @task({ timeout: "1h" })
  async ship(ctx: Ctx, order: Order): Promise<string> {
    if (order.pieces > 5) ctx.goto(this.refund, order);
    else await ctx.channel.append("log", `shipped ${order.id}`);
    return "shipped";
  }

  @task({ next: "restock", retry })
  async refund(ctx: Ctx, order: Order): Promise<Order> {
    await ctx.channel.increment("paid", -order.pieces * 10);
    await ctx.channel.append("log", `refunded ${order.id}`);
    return order;
  }

  @task()
  async restock(ctx: Ctx, order: Order): Promise<string> {
    await ctx.channel.increment("stock", order.pieces);
    return "cancelled";
  }
}

const saga = workflowOf(new OrderSaga());
const SMALL: Order = { id: "o-1", pieces: 2 };
const LARGE: Order = { id: "o-2", pieces: 9 };
const busy = new Error("busy");

/** How an order ends: its output, and the books. */
async function ordered(input: Order, options: ScenarioOptions = {}) {
  const story = scenario(saga, { input, ...options });
  const { output } = await story.toEnd();
  return [output, ...(await Promise.all(["stock", "paid", "log"].map((key) => story.channel.get(key))))];
}
const SHIPPED = ["shipped", -2, 20, ["shipped o-1"]];
const CANCELLED = ["cancelled", 0, 0, ["refunded o-2"]];

describe("an order", () => {
  it("is shipped and paid for, or else leaves stock and money as they were", async () => {
    expect(await ordered(SMALL)).toEqual(SHIPPED);
    expect(await ordered(LARGE)).toEqual(CANCELLED);
  });

  for (const durability of ["step", "checkpoint"] as const) {
    it.each([
      { order: SMALL, mocks: () => ({ pay: throwOnce(busy) }) },
      { order: LARGE, mocks: () => ({ refund: throwOnce(busy) }) },
    ])(`ends the same whenever it is killed, under durability ${durability}, with $order.pieces pieces`, async ({ order, mocks }) => {
      const report = await crashMatrix(saga, { input: order, durability, mocks });
      report.assertGreen();
      expect(report.cells.every(({ killed }) => killed)).toBe(true);
      const boundaries = report.cells.map(({ boundary }) => boundary).join("\n");
      expect(boundaries).toMatch(order === SMALL ? /body, ship/ : /body, refund(.|\n)*body, refund(.|\n)*body, restock/);
      expect(/append/.test(boundaries)).toBe(durability === "step");
    });
  }

  it("differs after a kill if its payment is not the same the second time, and the report names the moments", async () => {
    const paid = new Map<string, number>();
    const mocks = ({ name }: CrashPlace) => ({
      pay: (_ctx: TaskContext, order: unknown) => {
        paid.set(name, (paid.get(name) ?? 0) + 1);
        return { ...(order as Order), pieces: paid.get(name) === 1 ? 2 : 9 };
      },
    });
    const report = await crashMatrix(saga, { input: SMALL, mocks });
    const moments = report.broken.map(({ when, boundary, outcome }) => `${when} ${boundary}: ${outcome}`);
    expect(moments).toEqual(["after 2nd body, pay: different", "before 2nd append, step of pay: different"]);
    expect(() => report.assertGreen()).toThrow(/pay/);
  });

  it("is gone through along every edge and jump by these orders, and along every path by those of its model", async () => {
    const gotos = { ship: ["refund"] };
    const coverage = coverageOf(saga, { gotos });
    expect(await ordered(SMALL, { events: coverage.listeners, mocks: { pay: throwOnce(busy) } })).toEqual(SHIPPED);
    expect(await ordered(LARGE, { events: coverage.listeners, mocks: { refund: throwTimes(2, busy) } })).toEqual(CANCELLED);
    coverage.assert({ tasks: 1, edges: 1, jumps: 1, checkpoints: 1 });
    expect(coverage.report().missing).toEqual(["retries: pay used up", "retries: refund used up", "timeouts: ship"]);
    for (const path of modelPaths(saga, { gotos }))
      expect(await path.run({ events: coverage.listeners })).toMatchObject({ status: path.expected });
    expect(coverage.report().missing).toEqual([]);
  });
});
