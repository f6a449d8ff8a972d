import { type TaskContext, task, workflow } from "cairnflow";
import { type NewOrder, type Order, problemOf, type Status, totalOf } from "./order.js";
import { CardDeclinedError, type Payments } from "./payments.js";
import type { Warehouse } from "./warehouse.js";

/** What the run of an order keeps in its channel. */
export interface OrderState {
  readonly order: Order;
  readonly path: readonly Status[];
}

type Ctx = TaskContext<OrderState>;

/** Again after about 20, 40, 80 ms and so on, if the network was to blame. */
const RETRY = { maxRetries: 6, initialWait: 20, factor: 2, on: "transient" };

/** The life of an order. Each method is the way into one state, and leaves a checkpoint. */
@workflow("order", { version: 1 })
export class OrderMachine {
  constructor(
    private readonly payments: Payments,
    private readonly warehouse: Warehouse,
  ) {}

  @task({ start: true, next: "validate" })
  async receive(ctx: Ctx, order: NewOrder): Promise<Order> {
    return this.enter(ctx, { ...order, status: "NEW" });
  }

  @task({ next: "pay" })
  async validate(ctx: Ctx, order: Order): Promise<Order> {
    const reason = problemOf(order);
    if (reason === null) return this.enter(ctx, { ...order, status: "VALIDATED" });
    ctx.goto(this.reject, { ...order, reason });
    return order;
  }

  @task({ next: "ship", retry: RETRY })
  async pay(ctx: Ctx, order: Order): Promise<Order> {
    try {
      const { id } = await this.payments.charge(ctx.idempotencyKey("charge"), order.id, order.card, totalOf(order));
      return this.enter(ctx, { ...order, status: "PAID", chargeId: id });
    } catch (error) {
      if (!(error instanceof CardDeclinedError)) throw error;
      ctx.goto(this.failPayment, { ...order, reason: error.message });
      return order;
    }
  }

  @task()
  async ship(ctx: Ctx, order: Order): Promise<Order> {
    const missing = this.warehouse.pack(ctx.idempotencyKey("parcel"), order.items);
    if (missing === null) return this.enter(ctx, { ...order, status: "SHIPPED" });
    ctx.goto(this.refund, { ...order, reason: `${missing} is out of stock` });
    return order;
  }

  @task()
  async reject(ctx: Ctx, order: Order): Promise<Order> {
    return this.enter(ctx, { ...order, status: "REJECTED" });
  }

  @task()
  async failPayment(ctx: Ctx, order: Order): Promise<Order> {
    return this.enter(ctx, { ...order, status: "PAYMENT_FAILED" });
  }

  @task({ retry: RETRY })
  async refund(ctx: Ctx, order: Order): Promise<Order> {
    await this.payments.refund(ctx.idempotencyKey("refund"), order.id, totalOf(order));
    return this.enter(ctx, { ...order, status: "REFUNDED" });
  }

  /** The order in its new state, which the run remembers and saves once the task has committed. */
  private async enter(ctx: Ctx, order: Order): Promise<Order> {
    await ctx.channel.set("order", order);
    await ctx.channel.append("path", order.status);
    ctx.checkpoint({ status: order.status });
    return order;
  }
}
