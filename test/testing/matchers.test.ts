import { chain, ExecutionContext, openCheckpointStore, parallel, type TaskContext, task, workflow } from "cairnflow";
import { matchers, recordScenario, type ScenarioMatchers, scenario } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

declare module "vitest" {
  interface Matchers<T> extends ScenarioMatchers<T> {}
}
expect.extend(matchers);

const first = task("first", () => 1);
const second = task("second", { timeout: "1h" }, (ctx: TaskContext) => ctx.sleep("2h"));
const flow = workflow("w", chain(first, second));

describe("the matchers", () => {
  it("look at a story", async () => {
    const story = scenario(flow);
    await story.until("second");
    expect(story).toHaveCompleted("first");
    expect(story).not.toHaveCompleted("second");
    expect(story).toHavePending("second");
    expect(story).toBeAtState("second");
    expect(story).not.toHaveFailedWith("TASK_FAILED");
    await story.advance("1m");
    expect(story).not.toHavePending("second");
    expect(story).toBeAtState("second");
    await story.toEnd().catch(() => {});
    expect(story).toHaveFailedWith("TASK_FAILED");
    expect(story).toHaveFailedWith("TASK_TIMEOUT");
    expect(story).not.toBeAtState("second");
  });

  it("look at a run and at a stored checkpoint", async () => {
    const context = ExecutionContext.create(flow, { checkpoints: "memory:matchers", runId: "r" });
    await context.step();
    expect(context).toHaveCompleted("first");
    expect(context).toHavePending("second");
    expect(context).toBeAtState("second");
    await context.checkpoint();
    const saved = await openCheckpointStore("memory:matchers").latest("r");
    expect(saved).toHaveCompleted("first");
    expect(saved).toHavePending("second");
    expect(saved).toBeAtState("second");
    expect(saved).not.toBeAtState("first");
  });

  it("look at an error and what caused it", async () => {
    const error = await workflow(
      "w",
      task("bad", () => Promise.reject(new RangeError("x"))),
    )
      .run()
      .catch((caught) => caught);
    expect(error).toHaveFailedWith("TASK_FAILED");
    expect(error).not.toHaveFailedWith("RangeError");
  });

  it("are not at one state when several tasks wait", async () => {
    const story = scenario(workflow("w", parallel([first, second])));
    await story.until("first");
    expect(story).not.toBeAtState("first");
  });

  it("say what was expected and what was found", async () => {
    const story = scenario(flow);
    await story.until("second");
    expect(() => expect(story).toHaveCompleted("second")).toThrow('expected it to have completed "second"; found completed: "first"');
    expect(() => expect(story).not.toHaveCompleted("first")).toThrow('expected it not to have completed "first"; found completed: "first"');
    expect(() => expect(story).toHavePending("first")).toThrow('to have "first" pending; found pending: "second"');
    expect(() => expect(story).toBeAtState("first")).toThrow('to be at "first"; found at: "second"');
    expect(() => expect(story).toHaveFailedWith("TASK_FAILED")).toThrow('to have failed with "TASK_FAILED"; found no failure');
    await story.toEnd().catch(() => {});
    expect(() => expect(story).toHaveFailedWith("CYCLE_LIMIT")).toThrow("found TASK_FAILED, caused by TASK_TIMEOUT");
    expect(() => expect(story).toBeAtState("second")).toThrow("found at: nothing");
  });

  it.each([undefined, null, 5, "story", {}, []])("refuse what is no run: %j", (received) => {
    for (const name of ["toHaveCompleted", "toHavePending", "toBeAtState", "toHaveFailedWith"] as const) {
      expect(() => matchers[name](received, "x")).toThrow(`${name} got`);
    }
  });
});

describe("the matchers of whole runs", () => {
  const double = (factor: number) =>
    workflow(
      "doubling",
      chain(
        task("double", (_: TaskContext, n: number) => n * factor),
        task("add", (_: TaskContext, n: number) => n + 1),
      ),
    );

  it("hold a workflow against a fixture", async () => {
    const fixture = await recordScenario(double(2), { input: 3 });
    await expect(double(2)).toMatchScenario(fixture, { live: ["double"] });
    await expect(double(3)).toMatchScenario(fixture);
    await expect(double(3)).not.toMatchScenario(fixture, { live: ["double"] });
    await expect(expect(double(3)).toMatchScenario(fixture, { live: ["double"] })).rejects.toThrow(
      /to match the scenario; found step 1, task double: output\n {2}expected 6\n {2}found {4}9/,
    );
  });

  it("hold a workflow against a stored checkpoint", async () => {
    const story = scenario(double(2), { input: 3 });
    await story.until("add");
    await story.stop();
    await expect(double(5)).toResumeTo({ from: story.store }, 7);
    await expect(double(5)).not.toResumeTo({ from: story.store }, 16);
    await expect(expect(double(5)).toResumeTo({ from: story.store }, { n: 7 })).rejects.toThrow(/to resume to \{ n: 7 \}; found 7/);
  });
});
