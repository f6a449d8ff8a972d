import { type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

type State = "trial" | "choose" | "invoice" | "charge" | "active" | "remind" | "grace" | "suspend" | "winback" | "closed";
interface Account {
  readonly id: string;
  readonly months: number;
}
/** What others write while the machine waits: the customer's plan, whether a card works, whether they have left. */
interface World {
  plan: string;
  cardWorks: boolean;
  leaves: boolean;
  path: readonly State[];
  mails: readonly string[];
}
type Ctx = TaskContext<World>;

/** Waits for a key to be set, an hour at a time, at most so many hours. */
async function waitsFor<Key extends keyof World & string>(ctx: Ctx, key: Key, hours: number): Promise<World[Key] | undefined> {
  for (let hour = 0; hour < hours; hour++) {
    const value = await ctx.channel.get(key);
    if (value !== undefined) return value;
    await ctx.sleep("1h");
  }
  return ctx.channel.get(key);
}

const DAY = 24;

/** The life of a subscription: ten states, each with the time after which it is left. */
@workflow("subscription", { version: 1 })
class Subscription {
  @task({ start: true, next: "choose" })
  async trial(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "trial");
    await ctx.sleep("14d");
    return account;
  }

  @task({ next: "invoice" })
  async choose(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "choose");
    const plan = await waitsFor(ctx, "plan", 7 * DAY);
    if (plan === undefined) ctx.goto(this.winback, account);
    return account;
  }

  @task({ next: "charge" })
  async invoice(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "invoice");
    await ctx.channel.append("mails", `invoice of ${await ctx.channel.get("plan")}`);
    return account;
  }

  @task({ next: "active", timeout: "1m", retry: { maxRetries: 2, initialWait: "4h", jitter: 0, never: ["CARD"] } })
  async charge(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "charge");
    if ((await ctx.channel.get("cardWorks")) === false) ctx.goto(this.remind, account);
    return account;
  }

  @task()
  async active(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "active");
    ctx.checkpoint({}, { name: `month-${account.months}` });
    await ctx.sleep("30d");
    const paid = { ...account, months: account.months + 1 };
    if (await ctx.channel.get("leaves")) ctx.goto(this.winback, paid);
    else ctx.goto(this.invoice, paid);
    return paid;
  }

  @task({ next: "grace" })
  async remind(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "remind");
    await ctx.channel.append("mails", "card declined");
    return account;
  }

  @task({ next: "suspend" })
  async grace(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "grace");
    for (let day = 0; day < 3; day++) {
      await ctx.sleep("1d");
      if ((await ctx.channel.get("cardWorks")) === false) continue;
      ctx.goto(this.charge, account);
      return account;
    }
    return account;
  }

  @task({ next: "winback" })
  async suspend(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "suspend");
    await ctx.sleep("30d");
    return account;
  }

  @task({ next: "closed" })
  async winback(ctx: Ctx, account: Account): Promise<Account> {
    await this.enter(ctx, "winback");
    await ctx.channel.append("mails", "we miss you");
    await ctx.sleep("7d");
    return account;
  }

  @task()
  async closed(ctx: Ctx, account: Account): Promise<string> {
    await this.enter(ctx, "closed");
    return `${account.id} closed after ${account.months} months`;
  }

  private async enter(ctx: Ctx, state: State): Promise<void> {
    await ctx.channel.append("path", state);
  }
}

const input: Account = { id: "a1", months: 0 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("a subscription", () => {
  it("that nobody chooses a plan for goes to its end by time-outs alone", async () => {
    const story = scenario(Subscription, { input });
    await story.until("choose");
    expect(story.trace.at(-1)).toMatchObject({ task: "trial", at: 14 * DAY_MS });
    expect((await story.toEnd()).output).toBe("a1 closed after 0 months");
    expect(story.trace.map(({ task, at }) => [task, at / DAY_MS])).toEqual([
      ["trial", 14],
      ["choose", 21],
      ["winback", 28],
      ["closed", 28],
    ]);
    expect(await story.channel.get("mails")).toEqual(["we miss you"]);
  });

  it("goes on at once when the customer acts, in the middle of a wait", async () => {
    const story = scenario(Subscription, { input });
    await story.until("choose");
    await story.advance("2d");
    await story.channel.set("plan", "large");
    expect(await story.after("choose")).toMatchObject({ at: 16 * DAY_MS + HOUR_MS });
    await story.advance("70d");
    expect(story.running).toMatchObject([{ taskId: "active", cycle: 3, input: { months: 2 } }]);
    await story.channel.set("leaves", true);
    expect((await story.toEnd()).output).toBe("a1 closed after 3 months");
    expect(await story.channel.get("path")).toEqual([
      ...["trial", "choose", "invoice", "charge", "active", "invoice", "charge", "active", "invoice", "charge", "active"],
      ...["winback", "closed"],
    ]);
  });

  it("is given three days when the card is declined, then suspended, whatever the hour", async () => {
    const story = scenario(Subscription, { input, channel: { plan: "small", cardWorks: false } });
    const grace = await story.after("grace");
    expect(grace.at).toBe(17 * DAY_MS);
    await story.advance("29d");
    expect(story.running).toMatchObject([{ taskId: "suspend" }]);
    await story.toEnd();
    expect(story.trace.at(-1)).toMatchObject({ task: "closed", at: (17 + 30 + 7) * DAY_MS });
  });

  it("is charged again when the card works within these days", async () => {
    const story = scenario(Subscription, { input, channel: { plan: "small", cardWorks: false } });
    await story.until("grace");
    await story.advance("36h");
    await story.channel.set("cardWorks", true);
    await story.until("active");
    expect(story.trace.slice(-2).map(({ task, cycle }) => [task, cycle])).toEqual([
      ["grace", 1],
      ["charge", 2],
    ]);
  });

  it("has a bank that is slow called again, and fails when it stays so", async () => {
    const slow = (ctx: TaskContext, account: unknown): Promise<unknown> => ctx.sleep("2m").then(() => account);
    const story = scenario(Subscription, { input, channel: { plan: "small" }, mocks: { charge: slow } });
    await expect(story.toEnd()).rejects.toMatchObject({ code: "TASK_FAILED", taskId: "charge", cause: { code: "TASK_TIMEOUT" } });
    expect(story.trace.filter(({ task }) => task === "charge").map(({ became, at }) => [became, (at - 14 * DAY_MS) / 60_000])).toEqual([
      ["retrying", 1],
      ["retrying", 1 + 240 + 1],
      ["failed", 1 + 240 + 1 + 480 + 1],
    ]);
  });

  it("goes on from the checkpoint of each month as if nothing had happened", async () => {
    const channel = { plan: "small" };
    const whole = scenario(Subscription, { input, channel });
    await whole.untilCheckpoint("month-3");
    for (const month of [0, 1, 2]) {
      const story = scenario(Subscription, { input, channel });
      await story.untilCheckpoint(`month-${month}`);
      story.kill();
      const later = await resumeScenario(Subscription, { from: story.store, at: `month-${month}`, clock: story.clock });
      await later.untilCheckpoint("month-3");
      expect(await later.channel.get("path")).toEqual(await whole.channel.get("path"));
      expect(later.trace.at(-1)).toMatchObject({ task: "active", cycle: 4, input: { months: 3 } });
    }
  });
});
