import {
  ExecutionContext,
  type ExecutionOptions,
  MemoryCheckpointStore,
  openCheckpointStore,
  TaskFailedError,
  type Workflow,
  workflowOf,
} from "cairnflow";
import { simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { type NewOrder, type Order, readOrders, type Status } from "../examples/order-machine/order.js";
import { OrderMachine } from "../examples/order-machine/order-machine.js";
import { type Entry, Payments } from "../examples/order-machine/payments.js";
import { Warehouse } from "../examples/order-machine/warehouse.js";

const STOCK = { lamp: 10, desk: 2, chair: 3, shelf: 4 };
const lamp: NewOrder = { id: "o-1", customer: "ada@example.org", card: "visa-4242", items: [{ sku: "lamp", quantity: 2, price: 4900 }] };
const HAPPY: readonly Status[] = ["NEW", "VALIDATED", "PAID", "SHIPPED"];

const machineWith = (payments: Payments): Workflow<unknown, unknown> => workflowOf(new OrderMachine(payments, new Warehouse(STOCK)));
const runOf = (machine: Workflow<unknown, unknown>, order: NewOrder, checkpoints = new MemoryCheckpointStore()): ExecutionContext =>
  ExecutionContext.create(machine, { runId: order.id, checkpoints });

/** Runs an order without waiting for its retries; says how it ended. */
async function atOnce(machine: Workflow<unknown, unknown>, order: NewOrder, options: Partial<ExecutionOptions> = {}): Promise<string> {
  const clock = simulatedClock();
  const context = ExecutionContext.create(machine, { runId: order.id, checkpoints: new MemoryCheckpointStore(), ...options, clock });
  const ended = context.run(order).then(
    () => orderIn(context).then(({ status }) => status),
    (error: unknown) => (error instanceof TaskFailedError ? "gave up" : String(error)),
  );
  await clock.runUntilIdle();
  return ended;
}
const pathOf = ({ channel }: ExecutionContext): Promise<unknown> => channel.get("path");
const orderIn = async ({ channel }: ExecutionContext): Promise<Order> => (await channel.get("order")) as Order;

/** A provider that books, and then never answers: what a process sees that dies while it waits. */
class SilentPayments extends Payments {
  #booked: () => void = () => {};
  readonly booked = new Promise<void>((resolve) => (this.#booked = resolve));

  override async charge(...args: Parameters<Payments["charge"]>): Promise<Entry> {
    await super.charge(...args);
    this.#booked();
    return new Promise(() => {});
  }
}

/** A provider that is down until it is mended, and shares its books with nobody. */
class DownPayments extends Payments {
  mended = false;

  override async charge(...args: Parameters<Payments["charge"]>): Promise<Entry> {
    if (!this.mended) throw Object.assign(new Error("the provider is down"), { status: 503 });
    return super.charge(...args);
  }
}

describe("an order", () => {
  const paths: readonly (readonly [string, Partial<NewOrder>, readonly Status[], readonly Entry["kind"][]])[] = [
    ["is shipped when all is well", {}, HAPPY, ["charge"]],
    ["is rejected when it is not valid", { items: [] }, ["NEW", "REJECTED"], []],
    ["ends unpaid when its card is declined", { card: "visa-0002" }, ["NEW", "VALIDATED", "PAYMENT_FAILED"], []],
    [
      "is refunded when something is out of stock",
      { items: [{ sku: "sofa", quantity: 1, price: 89900 }] },
      ["NEW", "VALIDATED", "PAID", "REFUNDED"],
      ["charge", "refund"],
    ],
  ];

  it.each(paths)("%s, and leaves a checkpoint at each transition", async (_, change, path, booked) => {
    const payments = new Payments(1, 0);
    const checkpoints = new MemoryCheckpointStore();
    const context = runOf(machineWith(payments), { ...lamp, ...change }, checkpoints);
    await context.run({ ...lamp, ...change });
    expect(await pathOf(context)).toEqual(path);
    expect((await orderIn(context)).status).toBe(path.at(-1));
    expect(payments.ledger.map(({ kind }) => kind)).toEqual(booked);
    const saved = await openCheckpointStore(checkpoints).list(lamp.id);
    expect(saved.map(({ metadata }) => metadata["status"]).reverse()).toEqual(path);
  });

  it("is charged once, however often the provider fails before or after it has booked", async () => {
    let retries = 0;
    let lostAnswers = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const payments = new Payments(seed, 0.6);
      const taskRetrying = (): void => {
        retries++;
        lostAnswers += payments.ledger.length;
      };
      const ended = await atOnce(machineWith(payments), lamp, { events: { taskRetrying } });
      expect(["SHIPPED", "gave up"]).toContain(ended);
      if (ended === "SHIPPED") expect(payments.ledger).toMatchObject([{ kind: "charge", order: "o-1", amount: 9800 }]);
      expect(payments.ledger.length).toBeLessThan(2);
    }
    expect(retries).toBeGreaterThan(30);
    expect(lostAnswers, "retries after the money was booked").toBeGreaterThan(5);
  });

  it("goes on from its newest state after each step, and is charged once", async () => {
    for (let steps = 1; steps <= 3; steps++) {
      const payments = new Payments(1, 0);
      const checkpoints = new MemoryCheckpointStore();
      const first = runOf(machineWith(payments), lamp, checkpoints);
      await first.step(lamp);
      for (let more = 1; more < steps; more++) await first.step();
      const second = await ExecutionContext.resume(machineWith(payments), { from: checkpoints, runId: lamp.id, takeOver: true });
      expect(await pathOf(second)).toEqual(HAPPY.slice(0, steps));
      await second.run();
      expect(await pathOf(second)).toEqual(HAPPY);
      expect(second.stats().total).toBe(4 - steps);
      expect(payments.ledger).toHaveLength(1);
    }
  });

  it("is charged once when its process was lost after the booking and before the answer", async () => {
    const payments = new SilentPayments(1, 0);
    const checkpoints = new MemoryCheckpointStore();
    void runOf(machineWith(payments), lamp, checkpoints).run(lamp);
    await payments.booked;
    const answering = Object.assign(Object.create(payments) as Payments, {
      charge: (...args: Parameters<Payments["charge"]>) => Payments.prototype.charge.apply(payments, args),
    });
    const second = await ExecutionContext.resume(machineWith(answering), { from: checkpoints, runId: lamp.id, takeOver: true });
    expect(await pathOf(second)).toEqual(["NEW", "VALIDATED"]);
    await second.run();
    expect(await pathOf(second)).toEqual(HAPPY);
    expect(payments.requests).toBe(2);
    expect(payments.ledger).toHaveLength(1);
  });

  it("can be resumed when the provider was down for longer than it is retried", async () => {
    const payments = new DownPayments(1, 0);
    const machine = machineWith(payments);
    const checkpoints = new MemoryCheckpointStore();
    expect(await atOnce(machine, lamp, { checkpoints })).toBe("gave up");
    payments.mended = true;
    const second = await ExecutionContext.resume(machine, { from: checkpoints, runId: lamp.id });
    await second.run();
    expect(await pathOf(second)).toEqual(HAPPY);
    expect(payments.ledger).toHaveLength(1);
  });
});

describe("the orders of the example", () => {
  it("end in every state there is, none charged twice", async () => {
    const orders = await readOrders(new URL("../examples/order-machine/orders.jsonl", import.meta.url));
    const payments = new Payments(7);
    const machine = machineWith(payments);
    const states: Status[] = [];
    for (const order of orders) {
      const context = runOf(machine, order);
      await context.run(order);
      states.push((await orderIn(context)).status);
    }
    expect(states).toHaveLength(12);
    expect(new Set(states)).toEqual(new Set<Status>(["SHIPPED", "REJECTED", "PAYMENT_FAILED", "REFUNDED"]));
    const booked = payments.ledger.map(({ kind, order }) => `${kind} ${order}`);
    expect(new Set(booked).size).toBe(booked.length);
    expect(payments.requests).toBeGreaterThan(booked.length);
  });
});
