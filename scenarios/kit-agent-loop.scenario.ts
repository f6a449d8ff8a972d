import { type TaskContext, task, workflow } from "cairnflow";
import { resumeScenario, type Story, scenario, throwTimes } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface Memory {
  transcript: readonly string[];
}
type Plan = { readonly tool: "search" | "compute"; readonly ask: string } | { readonly answer: string };
/** A language model: what to do next, from what was said so far. */
type Model = (transcript: readonly string[]) => Plan;
type Ctx = TaskContext<Memory>;

const retry = { maxRetries: 2, initialWait: "10s", jitter: 0 };
const search = task("search", { retry }, async (ctx: Ctx, words: string) => {
  await ctx.channel.append("transcript", `found: ${words} is 300 m high`);
});
const compute = task("compute", { retry }, async (ctx: Ctx, term: string) => {
  const [left = 0, right = 0] = term.split("*").map(Number);
  await ctx.channel.append("transcript", `computed: ${left * right}`);
});

/** What was said so far, once the tool of the turn before has answered. */
async function heard(ctx: Ctx): Promise<readonly string[]> {
  for (;;) {
    const transcript = (await ctx.channel.get("transcript")) ?? [];
    if (!transcript.at(-1)?.startsWith("turn")) return transcript;
    await ctx.sleep("1s");
  }
}

/** Plans, has a tool do its work, and plans again with what it said, until there is an answer or no turn is left. */
function assistant(model: Model) {
  const agent = task("agent", { maxCycles: 4 }, async (ctx: Ctx, question: string): Promise<string> => {
    const plan = model(await heard(ctx));
    await ctx.sleep("2s");
    if ("answer" in plan) return plan.answer;
    if (!ctx.canIterate()) return `no answer to: ${question}`;
    await ctx.channel.append("transcript", `turn ${ctx.cycle}: ${plan.tool} ${plan.ask}`);
    ctx.nextTask(plan.tool === "search" ? search : compute, { input: plan.ask, id: `${plan.tool}-${ctx.cycle}` });
    ctx.nextIteration(question);
    return "thinking";
  });
  return workflow("assistant", agent, { tasks: [search, compute] });
}

/** Searches, computes, and answers; counts how often it is asked. */
function clever() {
  const asked: number[] = [];
  const model: Model = (transcript) => {
    asked.push(transcript.length);
    if (transcript.length === 0) return { tool: "search", ask: "tower" };
    if (transcript.length === 2) return { tool: "compute", ask: "300*2" };
    return { answer: `two towers: ${transcript.at(-1)}` };
  };
  return { asked, flow: assistant(model) };
}

const options = { input: "how high are two towers?", durability: "step" } as const;
/** Which task ended in which cycle. */
const turns = ({ trace }: Story): string => trace.map(({ task, cycle }) => `${task}/${cycle}`).join(" ");
const WHOLE = ["turn 1: search tower", "found: tower is 300 m high", "turn 2: compute 300*2", "computed: 600"];

describe("an agent", () => {
  it("calls the tools that it plans, hears what they say, and answers", async () => {
    const { flow, asked } = clever();
    const story = scenario(flow, options);
    expect((await story.toEnd()).output).toBe("two towers: computed: 600");
    expect(turns(story)).toBe("agent/1 search-1/1 agent/2 compute-2/1 agent/3");
    expect(await story.channel.get("transcript")).toEqual(WHOLE);
    expect(asked).toEqual([0, 2, 4]);
  });

  it("ends with what it has when its turns are used up, and calls no further tool", async () => {
    const curious = assistant(() => ({ tool: "search", ask: "tower" }));
    const story = scenario(curious, options);
    expect((await story.toEnd()).output).toBe("no answer to: how high are two towers?");
    expect(turns(story)).toBe("agent/1 search-1/1 agent/2 search-2/1 agent/3 search-3/1 agent/4");
    expect((await story.channel.get("transcript")) as string[]).toHaveLength(6);
  });

  it("is not asked again while a tool is tried again", async () => {
    const { flow, asked } = clever();
    const story = scenario(flow, { ...options, mocks: { search: throwTimes(2, new Error("503")) } });
    await story.toEnd();
    const first = story.trace.slice(0, 5).map(({ task, became, at }) => `${task} ${became} ${at / 1_000}`);
    expect(first).toEqual([
      "agent completed 2",
      ...["search-1 retrying 2", "search-1 retrying 12", "search-1 completed 32"],
      "agent completed 35",
    ]);
    expect(await story.channel.get("transcript")).toEqual(WHOLE);
    expect(asked).toEqual([0, 2, 4]);
  });

  it("goes on with its transcript after a crash, and repeats no turn that was over", async () => {
    const { flow, asked } = clever();
    const story = scenario(flow, options);
    await story.after("search");
    await story.advance("1500ms");
    story.kill();
    expect(asked).toEqual([0, 2]);
    const later = await resumeScenario(flow, { from: story.store, durability: "step" });
    expect((await later.toEnd()).output).toBe("two towers: computed: 600");
    expect(await later.channel.get("transcript")).toEqual(WHOLE);
    expect(turns(later)).toBe("agent/2 compute-2/1 agent/3");
    expect(asked).toEqual([0, 2, 2, 4]);
  });

  it("fails when a tool fails for good, and leaves the turn to a resume", async () => {
    const { flow, asked } = clever();
    const story = scenario(flow, { ...options, mocks: { compute: throwTimes(3, new Error("500")) } });
    await expect(story.toEnd()).rejects.toMatchObject({ code: "TASK_FAILED", taskId: "compute-2", attempts: 3 });
    const later = await resumeScenario(flow, { from: story.store, durability: "step" });
    expect((await later.toEnd()).output).toBe("two towers: computed: 600");
    expect(asked.at(-1)).toBe(4);
  });
});
