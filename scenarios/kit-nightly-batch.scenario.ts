import { type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, type ScenarioOptions, type Story, scenario, simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface Ledger {
  billed: readonly string[];
}
const HOUR = 3_600_000;
const hourOf = (now: number): number => (now / HOUR) % 24;
const isNight = (now: number): boolean => hourOf(now) >= 22 || hourOf(now) < 6;

/**
 * Bills one customer a pass, which takes an hour, from ten at night to six. `ctx.now()` is when a pass became due, also when it is
 * gone on with on another day: here it is the clock that tells day from night.
 */
function nightly(clock: { now(): number }) {
  const bill = task("bill", async (ctx: TaskContext<Ledger>, customers: readonly string[]): Promise<number> => {
    const [customer, ...others] = customers;
    if (customer === undefined) return (await ctx.channel.get("billed"))?.length ?? 0;
    if (!isNight(clock.now())) await ctx.sleep((22 - hourOf(clock.now())) * HOUR);
    await ctx.sleep("1h");
    await ctx.channel.append("billed", customer);
    ctx.nextIteration(others);
    return 0;
  });
  return workflow("nightly-batch", bill);
}

const CUSTOMERS = Array.from({ length: 12 }, (_, n) => `c${n + 1}`);

const NOON = Date.parse("2026-03-02T12:00:00Z");

/** A batch that is begun at noon. */
function atNoon(options: ScenarioOptions = {}): Story<number> {
  const clock = simulatedClock({ start: NOON });
  return scenario(nightly(clock), { input: CUSTOMERS, clock, ...options });
}
const resumed = ({ clock, store }: Story) => resumeScenario(nightly(clock), { from: store, clock });
/** At what hours of the day customers were billed, by a story that began at this time. */
const hours = ({ trace }: Story, began: number): readonly number[] =>
  trace.filter(({ changes }) => "billed" in changes).map(({ at }) => hourOf(began + at));

describe("a nightly batch", () => {
  it("bills from ten to six, sleeps through the day, and does the rest in the next night", async () => {
    const story = atNoon();
    expect((await story.toEnd()).output).toBe(12);
    expect(hours(story, NOON)).toEqual([23, 0, 1, 2, 3, 4, 5, 6, 23, 0, 1, 2]);
    expect(await story.channel.get("billed")).toEqual(CUSTOMERS);
  });

  it("leaves the customer to the next night who is being billed when it is stopped, and bills nobody twice", async () => {
    const story = atNoon();
    await story.advance("12.5h");
    expect(await story.stop("deployment")).toMatchObject({ status: "stopped", message: "deployment", steps: 2 });
    expect(hours(story, NOON)).toEqual([23, 0]);
    await story.clock.advance("12h");
    const began = story.clock.now();
    const later = await resumed(story);
    await later.advance("9h");
    expect(later.trace).toHaveLength(0);
    expect((await later.toEnd()).output).toBe(12);
    expect(later.trace[0]).toMatchObject({ cycle: 3, attempt: 2, input: CUSTOMERS.slice(2) });
    expect(hours(later, began)).toEqual([23, 0, 1, 2, 3, 4, 5, 6, 23, 0]);
    expect(await later.channel.get("billed")).toEqual(CUSTOMERS);
  });

  it("may be given the time to bill that customer before it stops", async () => {
    const story = atNoon({ graceMs: HOUR });
    await story.advance("12.5h");
    expect(await story.stop()).toMatchObject({ status: "stopped", steps: 3 });
    expect(hours(story, NOON)).toEqual([23, 0, 1]);
    const later = await resumed(story);
    await later.toEnd();
    expect(later.trace[0]).toMatchObject({ cycle: 4, attempt: 1, input: CUSTOMERS.slice(3) });
    expect(await later.channel.get("billed")).toEqual(CUSTOMERS);
  });

  it("bills each customer once, in order, though every night is cut short", async () => {
    let story = atNoon();
    for (let night = 1; night <= 5; night++) {
      await story.advance("12.5h");
      await story.stop();
      await story.clock.advance("11.5h");
      expect(await story.channel.get("billed")).toEqual(CUSTOMERS.slice(0, 2 * night));
      story = await resumed(story);
    }
    expect((await story.toEnd()).output).toBe(12);
    expect(await story.channel.get("billed")).toEqual(CUSTOMERS);
  });

  it("is not stopped twice: what has ended stays as it is", async () => {
    const story = atNoon();
    await story.toEnd();
    expect(await story.stop()).toMatchObject({ status: "completed", output: 12 });
  });
});
