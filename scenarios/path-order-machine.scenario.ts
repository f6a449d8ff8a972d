import { workflowOf } from "cairnflow";
import { coverageOf, type ModelPath, modelPaths } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { OrderMachine } from "../examples/order-machine/order-machine.js";
import { Payments } from "../examples/order-machine/payments.js";
import { Warehouse } from "../examples/order-machine/warehouse.js";

/** The ways that only the bodies know. */
const gotos = { validate: ["reject"], pay: ["failPayment"], ship: ["refund"] };
const machine = workflowOf(new OrderMachine(new Payments(1), new Warehouse({})));
const paths = modelPaths(machine, { gotos });

describe("the life of an order, told by its graph", () => {
  const coverage = coverageOf(machine, { gotos });

  it.each(paths)("$name", async (path: ModelPath) => {
    expect((await path.run({ events: coverage.listeners })).status).toBe(path.expected);
  });

  it("has been seen whole once all of its paths were taken", () => {
    expect(paths.map(({ name, expected }) => [name, expected])).toEqual([
      ["everything succeeds", "completed"],
      ["validate goes to reject", "completed"],
      ["pay goes to failPayment", "completed"],
      ["ship goes to refund", "completed"],
      ["pay fails once and is tried again", "completed"],
      ["pay uses up its attempts", "failed"],
      ["refund fails once and is tried again", "completed"],
      ["refund uses up its attempts", "failed"],
    ]);
    coverage.assert({ tasks: 1, edges: 1, jumps: 1, groups: 1, cycles: 1, retries: 1 });
  });

  it.each(["validate goes to reject", "pay fails once and is tried again", "refund uses up its attempts"])(
    "has not been seen whole without: %s",
    async (name) => {
      const rest = coverageOf(machine, { gotos });
      for (const path of paths) if (path.name !== name) await path.run({ events: rest.listeners });
      expect(new Set(rest.report().missing)).toEqual(new Set(paths.find((path) => path.name === name)?.covers));
    },
  );

  it("calls neither the provider nor the warehouse", async () => {
    const payments = new Payments(1);
    for (const path of modelPaths(workflowOf(new OrderMachine(payments, new Warehouse({}))), { gotos })) await path.run();
    expect(payments.requests).toBe(0);
  });
});
