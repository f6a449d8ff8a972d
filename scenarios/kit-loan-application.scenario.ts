import { explain, openCheckpointStore, type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, type Story, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface Application {
  readonly who: string;
  readonly amount: number;
  readonly income: number;
}
/** The verdict is written by people, while the run waits. */
interface Desk {
  verdict: "yes" | "no";
  letters: readonly string[];
}
type Ctx = TaskContext<Desk>;
const daily = (days: number) => ({ maxRetries: days, initialWait: "1d", factor: 1, jitter: 0 });

/** Small loans are paid at once, large ones declined; between them a clerk decides within three days, or else the manager within five. */
@workflow("loan", { version: 1 })
class Loan {
  @task({ start: true })
  async score(ctx: Ctx, application: Application): Promise<void> {
    const years = application.amount / application.income;
    if (years < 0.5) ctx.goto(this.pay, application);
    else if (years > 5) ctx.goto(this.decline, application);
    else ctx.goto(this.review, application);
  }

  @task({ retry: daily(3) })
  async review(ctx: Ctx, application: Application): Promise<void> {
    if (await this.hears(ctx, application)) return;
    if (ctx.attempt <= 3) throw new Error("the clerk has not decided");
    ctx.goto(this.escalate, application);
  }

  @task({ retry: daily(5) })
  async escalate(ctx: Ctx, application: Application): Promise<void> {
    if (await this.hears(ctx, application)) return;
    if (ctx.attempt <= 5) throw new Error("the manager has not decided");
    ctx.goto(this.decline, application);
  }

  @task()
  async pay(ctx: Ctx, { who, amount }: Application): Promise<void> {
    await ctx.channel.append("letters", `${who} gets ${amount}`);
  }

  @task()
  async decline(ctx: Ctx, { who }: Application): Promise<void> {
    await ctx.channel.append("letters", `${who} gets nothing`);
  }

  /** Whether somebody has decided; then what they decided is done next. */
  private async hears(ctx: Ctx, application: Application): Promise<boolean> {
    const verdict = await ctx.channel.get("verdict");
    if (verdict !== undefined) ctx.goto(verdict === "yes" ? this.pay : this.decline, application);
    return verdict !== undefined;
  }
}

const DAY = 86_400_000;
const apply = (amount: number) => scenario(Loan, { input: { who: "Ada", amount, income: 100 }, durability: "step" });
/** Which tasks have completed, and after how many days. */
const completed = ({ trace }: Story): string =>
  trace.flatMap(({ task, became, at }) => (became === "completed" ? [`${task} ${at / DAY}`] : [])).join(", ");

describe("an application for a loan", () => {
  it.each([
    { amount: 10, ends: "pay", letter: "Ada gets 10" },
    { amount: 900, ends: "decline", letter: "Ada gets nothing" },
  ])("over $amount ends with $ends, and asks nobody", async ({ amount, ends, letter }) => {
    const story = apply(amount);
    await story.toEnd();
    expect(completed(story)).toBe(`score 0, ${ends} 0`);
    expect(await story.channel.get("letters")).toEqual([letter]);
  });

  it("goes on on the day on which the clerk decides", async () => {
    const story = apply(200);
    await story.advance("36h");
    expect(story.pending).toMatchObject([{ taskId: "review", attempt: 3 }]);
    await story.channel.set("verdict", "yes");
    await story.toEnd();
    expect(completed(story)).toBe("score 0, review 2, pay 2");
  });

  it("goes to the manager after three days, and is declined after five more", async () => {
    const story = apply(200);
    await story.toEnd();
    expect(completed(story)).toBe("score 0, review 3, escalate 8, decline 8");
    expect(await story.channel.get("letters")).toEqual(["Ada gets nothing"]);
  });

  it("says who it waits for, who sent it there, and when they are asked again", async () => {
    const story = apply(200);
    await story.advance("102h");
    const checkpoint = await openCheckpointStore(story.store).latest(story.runId);
    if (checkpoint === null) throw new Error("nothing is stored");
    const { tasks } = explain(checkpoint, { now: story.clock.now() });
    expect(tasks.map(({ taskId, status, failures }) => [taskId, status, failures])).toEqual([["escalate", "waiting", 2]]);
    expect(tasks[0]).toMatchObject({
      queuedBy: { kind: "goto", from: "review", cycle: 1 },
      lastError: { message: "the manager has not decided" },
      waitsFor: { kind: "retry", inMs: 18 * 3_600_000 },
    });
  });

  it("keeps the days it has waited when its process dies", async () => {
    const story = apply(200);
    await story.advance("102h");
    story.kill();
    const later = await resumeScenario(Loan, { from: story.store, clock: story.clock, durability: "step" });
    await later.channel.set("verdict", "yes");
    await later.toEnd();
    expect(completed(later)).toBe("escalate 0.75, pay 0.75");
    expect(later.trace[0]?.attempt).toBe(3);
  });
});
