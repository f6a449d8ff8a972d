import { type TaskContext, task, workflow } from "cairnflow";
import { type CrashPlace, crashMatrix, resumeScenario, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

const lost = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

/** A provider of payments as there are: it knows a key again, refuses another amount for it, and may lose its reply. */
class Provider {
  readonly charges = new Map<string, number>();
  calls = 0;
  /** How many replies are lost yet. */
  constructor(private losing = 0) {}

  charge(key: string, cents: number): string {
    this.calls++;
    const known = this.charges.get(key) ?? cents;
    if (known !== cents) throw Object.assign(new Error("the key was used for another amount"), { code: "KEY_REUSED" });
    this.charges.set(key, cents);
    if (this.losing-- > 0) throw lost();
    return `receipt over ${cents}`;
  }
}

/** Rates that rise with every look at them. */
class Rates {
  asked = 0;
  constructor(private readonly rise = 1) {}

  next(): number {
    return 100 + this.rise * ++this.asked;
  }
}

/** Pays in instalments of so many euros each, in cents of the day. */
function payment(provider: Provider, rates = new Rates(), instalments = 1) {
  const pay = task(
    "pay",
    { retry: { maxRetries: 3, initialWait: "1m", jitter: 0, never: ["KEY_REUSED"] } },
    async (ctx: TaskContext<{ receipts: readonly string[] }>, euros: number): Promise<string> => {
      const rate = await ctx.once("rate", () => rates.next());
      const receipt = provider.charge(ctx.idempotencyKey("charge"), euros * rate);
      await ctx.sleep("10s");
      await ctx.channel.append("receipts", receipt);
      if (ctx.cycle < instalments) ctx.nextIteration(euros);
      return receipt;
    },
  );
  return workflow("payment", pay);
}

describe("a payment", () => {
  it("is charged once though the replies of the provider are lost", async () => {
    const provider = new Provider(3);
    const story = scenario(payment(provider), { input: 2 });
    expect((await story.toEnd()).output).toBe("receipt over 202");
    expect(story.trace.map(({ became }) => became)).toEqual(["retrying", "retrying", "retrying", "completed"]);
    expect([provider.calls, [...provider.charges.values()]]).toEqual([4, [202]]);
  });

  it("is charged over the amount of its first attempt, whatever the rate is by then", async () => {
    const [provider, rates] = [new Provider(2), new Rates()];
    await scenario(payment(provider, rates), { input: 2 }).toEnd();
    expect(rates.asked).toBe(1);
    const pay = (ctx: TaskContext, euros: unknown) => other.charge(ctx.idempotencyKey("charge"), Number(euros) * rates.next());
    const other = new Provider(2);
    const forgetful = scenario(payment(other), { input: 2, mocks: { pay } });
    await expect(forgetful.toEnd()).rejects.toMatchObject({ cause: { code: "KEY_REUSED" } });
  });

  it("is charged once by processes that die between the charge and its step", async () => {
    const [provider, rates] = [new Provider(), new Rates()];
    const flow = payment(provider, rates);
    let story = scenario(flow, { input: 2, durability: "step" });
    for (let death = 1; death <= 2; death++) {
      await story.advance("5s");
      expect(provider.calls).toBe(death);
      story.kill();
      story = await resumeScenario(flow, { from: story.store, clock: story.clock, durability: "step" });
    }
    expect((await story.toEnd()).output).toBe("receipt over 202");
    expect([provider.calls, provider.charges.size, rates.asked]).toEqual([3, 1, 1]);
    expect(await story.channel.get("receipts")).toEqual(["receipt over 202"]);
  });

  it("has a key of its own for each instalment", async () => {
    const provider = new Provider(1);
    const story = scenario(payment(provider, new Rates(), 3), { input: 1 });
    await story.toEnd();
    expect(await story.channel.get("receipts")).toEqual(["receipt over 101", "receipt over 102", "receipt over 103"]);
    expect([provider.calls, [...provider.charges.values()]]).toEqual([4, [101, 102, 103]]);
  });

  it("is charged once whenever it is killed, with a rate that may be asked once more", async () => {
    const worlds = new Map<string, { readonly provider: Provider; readonly rates: Rates }>();
    const flow = ({ name }: CrashPlace) => {
      const world = worlds.get(name) ?? { provider: new Provider(1), rates: new Rates(0) };
      worlds.set(name, world);
      return payment(world.provider, world.rates, 2);
    };
    const report = await crashMatrix(flow, { input: 3, budget: { pay: 1 } });
    report.assertGreen();
    expect(report.cells.length).toBeGreaterThan(10);
    expect(report.cells.every(({ killed }) => killed)).toBe(true);
    for (const { provider, rates } of worlds.values()) {
      expect([...provider.charges.values()]).toEqual([300, 300]);
      expect(rates.asked).toBeLessThanOrEqual(3);
    }
  });
});
