import { atLeast, chain, parallel, type TaskContext, task, workflow } from "cairnflow";
import { matchers, resumeScenario, type ScenarioMatchers, type Story, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

declare module "vitest" {
  interface Matchers<T> extends ScenarioMatchers<T> {}
}
expect.extend(matchers);

type Reviewer = "legal" | "finance" | "security";
type Vote = "yes" | "no" | "veto";
/** Votes are written by people, while the run waits. */
type Votes = { [R in Reviewer]: Vote };
type Ctx = TaskContext<Votes>;
type Verdicts = Readonly<Record<Reviewer, { readonly ok: boolean }>>;

const remind = task("remind", (_ctx: TaskContext, mail: string): string => mail);

/** Has a week to vote, and is reminded every two days. A no is one voice; a veto ends it for all. */
const reviewer = (name: Reviewer) =>
  task(name, { maxCycles: 4 }, async (ctx: Ctx, document: string): Promise<string> => {
    for (let hour = 0; hour < 48; hour++) {
      const vote = await ctx.channel.get(name);
      if (vote === "veto") ctx.cancel(`${name} has vetoed ${document}`);
      if (vote === "no") throw new Error(`${name} is against it`);
      if (vote !== undefined) return `${name} is for it`;
      await ctx.sleep("1h");
    }
    if (!ctx.canIterate()) throw new Error(`${name} did not vote`);
    ctx.nextTask(remind, { input: `${name}: please vote on ${document}`, id: `remind-${name}-${ctx.cycle}` });
    ctx.nextIteration(document);
    return "";
  });
const submit = task("submit", (_ctx: TaskContext, document: string): string => document);
const publish = task("publish", (_ctx: TaskContext, verdicts: Verdicts): readonly string[] =>
  Object.entries(verdicts).flatMap(([name, { ok }]) => (ok ? [name] : [])),
);
const reviews = parallel([reviewer("legal"), reviewer("finance"), reviewer("security")], { name: "reviews", policy: atLeast(2) });
const approval = workflow("document", chain(submit, reviews, publish), { tasks: [remind] });

const DAY = 86_400_000;
const submitted = () => scenario(approval, { input: "plan", durability: "step" });
const reminded = ({ trace }: Story) => trace.filter(({ name }) => name === "remind").map(({ task, at }) => [task, at / DAY]);

describe("a document that is to be approved", () => {
  it("is published by two of three, when the third has let the time go by", async () => {
    const story = submitted();
    await story.advance("1d");
    await story.channel.set("legal", "yes");
    await story.advance("2d");
    await story.channel.set("security", "yes");
    expect((await story.toEnd()).output).toEqual(["legal", "security"]);
    expect(
      story.trace
        .filter(({ name }) => name !== "remind")
        .map(({ task, became, at }) => [task, became, at / DAY])
        .slice(-3),
    ).toEqual([
      ["finance", "completed", 6],
      ["finance", "failed", 8],
      ["publish", "completed", 8],
    ]);
  });

  it("reminds every two days whoever is silent, and nobody who has voted", async () => {
    const story = submitted();
    await story.advance("36h");
    await story.channel.set("legal", "yes");
    await story.advance("2d");
    await story.channel.set("finance", "no");
    await story.toEnd().catch(() => {});
    expect(reminded(story)).toEqual([
      ["remind-finance-1", 2],
      ["remind-security-1", 2],
      ["remind-security-2", 4],
      ["remind-security-3", 6],
    ]);
  });

  it("is refused when two are against it, once all have voted", async () => {
    const story = scenario(approval, { input: "plan", channel: { legal: "no", finance: "no" } });
    await story.advance("5h");
    expect(story).toBeAtState("security");
    await story.channel.set("security", "yes");
    await expect(story.toEnd()).rejects.toMatchObject({ code: "GROUP_FAILED" });
    expect(story).not.toHaveCompleted("publish");
  });

  it("is off at once by a veto, whatever the others have said", async () => {
    const story = scenario(approval, { input: "plan", channel: { legal: "yes", finance: "yes" } });
    await story.advance("30h");
    await story.channel.set("security", "veto");
    await expect(story.toEnd()).rejects.toThrow("security has vetoed plan");
    expect(story).toHaveFailedWith("RUN_CANCELLED");
    expect(story.trace.at(-1)).toMatchObject({ task: "security", became: "cancelled" });
    expect(story.trace.at(-1)?.at).toBeLessThanOrEqual(31 * 3_600_000);
  });

  it("reminds nobody twice when the process dies in the night after", async () => {
    const story = submitted();
    await story.advance("50h");
    expect(reminded(story)).toHaveLength(3);
    story.kill();
    const later = await resumeScenario(approval, { from: story.store, clock: story.clock, durability: "step" });
    for (const name of ["legal", "finance"]) await later.channel.set(name, "yes");
    await later.advance("1h");
    await later.channel.set("security", "yes");
    expect((await later.toEnd()).output).toEqual(["legal", "finance", "security"]);
    expect(reminded(later)).toEqual([]);
    expect(later.trace.slice(0, 3).map(({ task, cycle }) => [task, cycle])).toEqual([
      ["legal", 2],
      ["finance", 2],
      ["security", 2],
    ]);
  });
});
