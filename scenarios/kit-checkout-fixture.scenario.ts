import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chain, FatalError, type TaskContext, task, workflow } from "cairnflow";
import { matchers, recordScenario, replayScenario, type ScenarioMatchers, updateFixture } from "cairnflow/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

declare module "vitest" {
  interface Matchers<T> extends ScenarioMatchers<T> {}
}
expect.extend(matchers);

interface Item {
  readonly name: string;
  readonly cents: number;
}
interface Bill {
  readonly net: number;
  readonly tax: number;
}
interface Shop {
  bill: Bill;
  paidAt: Date;
}
const offline = (what: string) => new FatalError(`there is no ${what} in tests`);

const cart = task("cart", (_ctx: TaskContext, customer: string): readonly Item[] => {
  throw offline(`database to look for ${customer} in`);
});
const taxOf = (percent: number) =>
  task("tax", async (ctx: TaskContext<Shop>, items: readonly Item[]): Promise<Bill> => {
    const net = items.reduce((sum, { cents }) => sum + cents, 0);
    const bill = { net, tax: Math.round((net * percent) / 100) };
    await ctx.channel.set("bill", bill);
    return bill;
  });
const tax = taxOf(19);
const retry = { maxRetries: 2, initialWait: "30s", jitter: 0 };
const charge = task("charge", { retry }, (_ctx: TaskContext, _bill: Bill): string => {
  throw offline("bank");
});
const mail = task("mail", (_ctx: TaskContext, receipt: string): string => {
  throw offline(`mail server to send ${receipt} with`);
});
const checkout = workflow("checkout", chain(cart, tax, charge, mail));

/** The world on the day of the recording: the bank answers at the second attempt. */
const mocks = {
  cart: () => [
    { name: "lamp", cents: 4900 },
    { name: "bulb", cents: 350 },
  ],
  charge: async (ctx: TaskContext<Shop>, bill: Bill) => {
    if (ctx.attempt === 1) throw Object.assign(new Error("the bank does not answer"), { code: "ETIMEDOUT" });
    await ctx.channel.set("paidAt", new Date(ctx.now()));
    return `receipt ${ctx.uuid()} over ${bill.net + bill.tax}`;
  },
  mail: (ctx: TaskContext, receipt: string) => {
    ctx.checkpoint({}, { name: "mailed" });
    return `mailed ${receipt}`;
  },
};
const FIXTURE = new URL("./fixtures/checkout.json", import.meta.url);

describe("a checkout that was recorded", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "checkout-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is what a recording of today gives", async () => {
    const today = await recordScenario(checkout, { input: "ada", mocks });
    expect(today).toEqual(JSON.parse(readFileSync(FIXTURE, "utf8")));
  });

  it("is the same with today's tax, without a database, a bank or a mail server", async () => {
    const report = await replayScenario(FIXTURE, checkout, { live: ["tax"] });
    expect(String(report)).toBe("the same: 5 steps");
    await expect(checkout).toMatchScenario(FIXTURE, { live: ["tax"] });
    const live = await replayScenario(FIXTURE, checkout, { live: ["charge"] });
    expect(live.difference).toMatchObject({ step: 3, task: "charge", path: "became", expected: "retrying", found: "failed" });
  });

  it("is told from that of another tax by the first thing that differs, where it differs", async () => {
    const dearer = workflow("checkout", chain(cart, taxOf(20), charge, mail));
    const { matches, difference } = await replayScenario(FIXTURE, dearer, { live: ["tax"] });
    expect(matches).toBe(false);
    expect(difference).toEqual({ step: 2, task: "tax", path: "output.tax", expected: 998, found: 1050 });
    await expect(expect(dearer).toMatchScenario(FIXTURE, { live: ["tax"] })).rejects.toThrow(/task tax: output.tax/);
  });

  it("is told from one with a further task by the place at which that task is", async () => {
    const check = task("check", (_ctx: TaskContext, bill: Bill): Bill => bill);
    const longer = workflow("checkout", chain(cart, tax, check, charge, mail));
    const { difference } = await replayScenario(FIXTURE, longer, { live: ["tax", "check"] });
    expect(difference).toMatchObject({
      step: 3,
      path: "task",
      expected: "charge, cycle 1, attempt 1",
      found: "check, cycle 1, attempt 1",
    });
  });

  it("is renewed when the change is meant, and matches from then on", async () => {
    const copy = join(folder, "checkout.json");
    copyFileSync(FIXTURE, copy);
    const dearer = workflow("checkout", chain(cart, taxOf(20), charge, mail));
    const report = await updateFixture(copy, dearer, { live: ["tax"] });
    expect(report.difference).toMatchObject({ task: "tax", path: "output.tax" });
    expect((await replayScenario(copy, dearer, { live: ["tax"] })).difference).toBeNull();
    expect((await replayScenario(copy, checkout, { live: ["tax"] })).difference).toMatchObject({ expected: 1050, found: 998 });
    expect(await updateFixture(copy, dearer, { live: ["tax"] })).toMatchObject({ matches: true });
  });
});
