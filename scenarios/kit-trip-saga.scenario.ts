import { type TaskContext, task, workflow } from "cairnflow";
import { matchers, type ScenarioMatchers, scenario, throwOnce } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

declare module "vitest" {
  interface Matchers<T> extends ScenarioMatchers<T> {}
}
expect.extend(matchers);

interface Trip {
  readonly to: string;
}
interface Booked {
  booked: readonly string[];
  released: readonly string[];
}
type Ctx = TaskContext<Booked>;
const RETRY = { maxRetries: 3, initialWait: "1m", jitter: 0, never: ["SOLD_OUT"] } as const;

/** Books a flight, then a hotel, then a car. What cannot be had has everything before it given back, last first. */
@workflow("trip", { version: 1 })
class TripSaga {
  @task({ start: true, next: "hotel", retry: RETRY })
  async flight(ctx: Ctx, trip: Trip): Promise<Trip> {
    return this.book(ctx, "flight", trip);
  }

  @task({ next: "car", retry: RETRY })
  async hotel(ctx: Ctx, trip: Trip): Promise<Trip> {
    return this.book(ctx, "hotel", trip);
  }

  @task({ retry: RETRY })
  async car(ctx: Ctx, trip: Trip): Promise<Trip> {
    if (trip.to === "island") ctx.goto(this.giveBack, "there are no cars on an island");
    return this.book(ctx, "car", trip);
  }

  @task({ maxCycles: 3 })
  async giveBack(ctx: Ctx, reason: string): Promise<void> {
    const last = ((await ctx.channel.get("booked")) ?? []).at(-1);
    if (last === undefined) return ctx.cancel(reason);
    await ctx.channel.append("released", last);
    await ctx.channel.update("booked", (booked = []) => booked.slice(0, -1));
    ctx.nextIteration(reason);
  }

  private async book(ctx: Ctx, what: string, trip: Trip): Promise<Trip> {
    if (trip.to !== "island" || what !== "car") await ctx.channel.append("booked", what);
    return trip;
  }
}

describe("a trip", () => {
  it("is booked one thing after the other", async () => {
    const story = scenario(TripSaga, { input: { to: "town" } });
    await story.toEnd();
    expect(await story.channel.get("booked")).toEqual(["flight", "hotel", "car"]);
    expect(story).not.toHaveCompleted("giveBack");
  });

  it("is given back from the last to the first when something cannot be had", async () => {
    const story = scenario(TripSaga, { input: { to: "island" } });
    await expect(story.toEnd()).rejects.toThrow("no cars on an island");
    expect(story).toHaveFailedWith("RUN_CANCELLED");
    expect(String(story.trace)).toMatchInlineSnapshot(`
      "#1 +0s flight
         input   { to: "island" }
         output  { to: "island" }
         channel booked: undefined -> ["flight"]
      #2 +0s hotel
         input   { to: "island" }
         output  { to: "island" }
         channel booked: ["flight"] -> ["flight", "hotel"]
      #3 +0s car
         input   { to: "island" }
         output  { to: "island" }
         asked   goto giveBack with "there are no cars on an island"
      #4 +0s giveBack
         input   "there are no cars on an island"
         channel released: undefined -> ["hotel"]
         channel booked: ["flight", "hotel"] -> ["flight"]
         asked   iteration with "there are no cars on an island"
      #5 +0s giveBack, cycle 2
         input   "there are no cars on an island"
         channel released: ["hotel"] -> ["hotel", "flight"]
         channel booked: ["flight"] -> []
         asked   iteration with "there are no cars on an island"
      #6 +0s giveBack, cycle 3: cancelled
         input   "there are no cars on an island"
         asked   cancel "there are no cars on an island""
    `);
  });

  it("books nothing twice when a booking is answered with an error at first", async () => {
    const story = scenario(TripSaga, { input: { to: "town" }, mocks: { hotel: throwOnce(new Error("504")) } });
    expect((await story.after("hotel")).attempt).toBe(2);
    expect(await story.channel.get("booked")).toEqual(["flight", "hotel"]);
  });
});
