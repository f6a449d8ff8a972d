import { chain, type TaskContext, task, workflow } from "cairnflow";
import { boardHandler, openTaskBoard } from "cairnflow/task-board";
import { matchers, resumeScenario, type ScenarioMatchers, scenario, simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

declare module "vitest" {
  interface Matchers<T> extends ScenarioMatchers<T> {}
}
expect.extend(matchers);

interface Verdict {
  readonly approved: boolean;
  readonly by: string;
}
const draft = task("draft", (_ctx: TaskContext, title: string) => ({ title, words: title.length * 100 }));
const approve = task(
  "approve",
  { handler: "people", timeout: "30d", critical: true },
  (_ctx: TaskContext, text: { readonly title: string }): Verdict => ({ approved: false, by: `nobody read ${text.title}` }),
);
const publish = task("publish", async (ctx: TaskContext, verdict: Verdict) => {
  if (!verdict.approved) ctx.terminate(`declined by ${verdict.by}`);
  else await ctx.channel.set("published", verdict.by);
  return verdict.approved;
});
const article = workflow("article", chain(draft, approve, publish));

/** A desk of people, and a story whose approvals lie on it. */
async function newsroom() {
  const clock = simulatedClock();
  const board = await openTaskBoard("memory:", { clock, poll: "1h" });
  const options = { clock, handlers: { people: boardHandler(board) } };
  return { clock, board, options, story: scenario(article, { input: "News", ...options }) };
}

describe("an approval that is waited for", () => {
  it("lets the run wait for days, and go on when somebody has decided", async () => {
    const { board, story } = await newsroom();
    await story.advance("3 days");
    expect(story).toBeAtState("approve");
    expect(story).toHaveCompleted("draft");
    const found = await board.claim("ann", { types: ["approve"] });
    expect(found?.data).toEqual({ title: "News", words: 400 });
    await board.complete(found?.id ?? "", "ann", { status: "done", result: { approved: true, by: "ann" } });
    expect((await story.toEnd()).output).toBe(true);
    expect(await story.channel.get("published")).toBe("ann");
    expect(story.trace.map(({ task, at }) => [task, at >= 3 * 86_400_000])).toEqual([
      ["draft", false],
      ["approve", true],
      ["publish", true],
    ]);
  });

  it("ends well when it is declined", async () => {
    const { board, story } = await newsroom();
    await story.advance("1h");
    const found = await board.claim("bob");
    await board.complete(found?.id ?? "", "bob", { status: "done", result: { approved: false, by: "bob" } });
    expect(await story.toEnd()).toMatchObject({ status: "completed", message: "declined by bob" });
  });

  it("fails after thirty days without an answer", async () => {
    const { story } = await newsroom();
    await expect(story.toEnd()).rejects.toMatchObject({ taskId: "approve" });
    expect(story).toHaveFailedWith("TASK_TIMEOUT");
    expect(story.trace.at(-1)?.at).toBe(30 * 86_400_000);
  });

  it("finds the answer that was given while no run was there to hear it", async () => {
    const { board, story, options } = await newsroom();
    await story.advance("1d");
    await story.stop("the server is being moved").catch(() => {});
    const found = await board.claim("ann");
    await board.complete(found?.id ?? "", "ann", { status: "done", result: { approved: true, by: "ann" } });
    const later = await resumeScenario(article, { from: story.store, ...options });
    expect((await later.toEnd()).output).toBe(true);
    expect((await board.summary()).total).toBe(1);
  });
});
