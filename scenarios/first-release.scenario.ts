import { fileURLToPath } from "node:url";
import { openCheckpointStore, workflowOf } from "cairnflow";
import { replayCheckpoints, replayScenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { OrderMachine } from "../examples/order-machine/order-machine.js";
import { Payments } from "../examples/order-machine/payments.js";
import { Warehouse } from "../examples/order-machine/warehouse.js";
import { training } from "../examples/training-loop/training.js";
import { diamond, everyKind } from "./support/every-kind.js";

const kept = (name: string): string => fileURLToPath(new URL(`./first-release/${name}`, import.meta.url));
const orders = workflowOf(new OrderMachine(new Payments(7), new Warehouse({ lamp: 10, desk: 2, chair: 3, shelf: 4 })));

/** What each run had in it when it was left, and by which code it is gone on with. */
const RUNS = [
  ["orders", orders, 10],
  ["every-kind", everyKind, 6],
  ["diamond", diamond, 2],
  ["training", training, 2],
] as const;

describe("checkpoints that the first release has written", () => {
  it.each(RUNS)("load, resume and run to their ends today: %s", async (name, flow, count) => {
    const report = await replayCheckpoints(kept(name), flow);
    expect(String(report)).toMatch(new RegExp(`${count} of ${count} checkpoints fit$`));
    expect(report.ok).toBe(true);
  });

  it.each(RUNS)("are whole: %s", async (name) => {
    const history = openCheckpointStore(kept(name));
    const verified = await Promise.all((await history.runs()).map((runId) => history.verify(runId)));
    expect(verified.flat().map(({ damage }) => damage)).toEqual(verified.flat().map(() => null));
    expect(verified.flat().length).toBeGreaterThan(0);
  });

  it("hold what they held then, to the value", async () => {
    const history = openCheckpointStore(kept("every-kind"));
    const view = await history.latest("retry-waits");
    expect(view?.channel.get("when")).toEqual(new Date(86_400_000));
    expect(view?.channel.get("counts")).toEqual(new Map([["begun", 4]]));
    expect(view?.channel.get("bytes")).toEqual(new Uint8Array([1, 2, 255]));
    expect(view?.channel.get("seen")).toEqual(["begun"]);
    expect(view?.tasks.map(({ taskId, attempt }) => `${taskId} ${attempt}`)).toEqual(["measure 2"]);
  });
});

describe("a fixture that the first release has recorded", () => {
  const fixture = kept("every-kind.fixture.json");

  it("is replayed today, with the recorded ends of all tasks", async () => {
    expect(String(await replayScenario(fixture, everyKind))).toMatch(/^the same: \d+ steps$/);
  });

  it("is what the tasks themselves do today", async () => {
    const live = ["begin", "measure", "settle", "left", "right", "end", "note"];
    expect((await replayScenario(fixture, everyKind, { live })).difference).toBeNull();
  });
});
