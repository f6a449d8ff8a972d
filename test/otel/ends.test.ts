import { describe, expect, it } from "vitest";
import { chain, ExecutionContext, FatalError, MemoryCheckpointStore, run, type TaskContext, task, workflow } from "../../src/index.js";
import { simulatedClock } from "../../src/testing/simulated-clock.js";
import { watched } from "./support.js";

describe("a failure", () => {
  it("is recorded by class, code and message, and each retry is linked to the attempt before", async () => {
    const seen = watched();
    let left = 2;
    const flaky = task("flaky", { retry: { maxRetries: 2, initialWait: "1s" } }, (_: TaskContext, secret: string) => {
      if (left-- > 0) throw Object.assign(new TypeError("no such column"), { code: "E_COLUMN", secret });
      return "fine";
    });
    const clock = simulatedClock();
    const running = run(workflow("retried", flaky), "payload-value", { clock, telemetry: seen.telemetry });
    await clock.runUntilIdle();
    await running;

    const attempts = seen.spans().filter(({ name }) => name === "task flaky");
    expect(attempts.map(({ attributes }) => attributes["cairnflow.task.attempt"])).toEqual([1, 2, 3]);
    expect(attempts.map(({ attributes }) => attributes["cairnflow.task.outcome"])).toEqual(["retrying", "retrying", "completed"]);
    expect(attempts.map(({ links }) => links)).toEqual([[], [attempts[0]?.id], [attempts[1]?.id]]);
    expect(attempts.map(({ error }) => error)).toEqual(["no such column", "no such column", null]);
    expect(attempts[0]?.attributes["error.type"]).toBe("E_COLUMN");
    expect(attempts[0]?.events).toEqual([
      { name: "exception", attributes: { "exception.type": "TypeError", "exception.message": "no such column" } },
    ]);
    expect(JSON.stringify(seen.spans())).not.toContain("payload-value");
  });

  it("for good is an error of the attempt and of the run", async () => {
    const seen = watched();
    const flow = workflow(
      "breaking",
      task("broken", () => {
        throw new FatalError("gone");
      }),
    );
    await expect(run(flow, undefined, { telemetry: seen.telemetry, checkpoints: "memory:" })).rejects.toThrow("gone");
    expect(seen.span("task broken")).toMatchObject({ error: "gone", attributes: { "cairnflow.task.outcome": "failed" } });
    expect(seen.span("run breaking")).toMatchObject({
      error: 'task "broken" failed at its only attempt: FatalError: gone',
      attributes: { "cairnflow.run.status": "failed", "error.type": "TASK_FAILED" },
    });
    expect(seen.span("checkpoint breaking").attributes).toMatchObject({ "cairnflow.checkpoint.reason": "error" });
  });

  it("of a checkpoint is one of its span, and an event of the run's", async () => {
    const seen = watched();
    const store = new MemoryCheckpointStore();
    const acquire = store.acquire.bind(store);
    store.acquire = async (...args) => Object.assign(await acquire(...args), { put: () => Promise.reject(new Error("disk full")) });
    const flow = workflow(
      "full",
      task("one", (ctx: TaskContext) => void ctx.checkpoint()),
    );
    await run(flow, undefined, { checkpoints: { store, onFailure: "warn" }, telemetry: seen.telemetry });
    expect(seen.span("checkpoint full")).toMatchObject({
      error: expect.stringContaining("disk full"),
      attributes: { "error.type": "CHECKPOINT_WRITE" },
    });
    expect(seen.span("run full")).toMatchObject({ error: null });
    expect(seen.span("run full").events.at(-1)).toMatchObject({ name: "cairnflow.checkpoint.failed" });
  });

  it("of a run that cannot begin is one of its span", async () => {
    const seen = watched();
    const flow = workflow(
      "taken",
      task("one", () => 1),
    );
    await run(flow, undefined, { runId: "r", checkpoints: { store: "memory:taken-otel", every: "task" } });
    await expect(run(flow, undefined, { runId: "r", checkpoints: "memory:taken-otel", telemetry: seen.telemetry })).rejects.toThrow();
    expect(seen.span("run taken").attributes).toMatchObject({ "cairnflow.run.status": "failed", "error.type": "DUPLICATE_ID" });
  });
});

describe("an attempt that is left to itself", () => {
  it("has a span that ends with the run", async () => {
    const seen = watched();
    const clock = simulatedClock();
    const stuck = task("stuck", () => new Promise<never>(() => {}));
    const execution = ExecutionContext.create(workflow("stopping", stuck), { clock, telemetry: seen.telemetry });
    const running = execution.run();
    await new Promise(setImmediate);
    execution.stop("enough", { graceMs: 0 });
    await clock.advance(1);
    expect((await running).status).toBe("stopped");
    expect(seen.span("task stuck").attributes).toMatchObject({ "cairnflow.task.outcome": "abandoned" });
    expect(seen.span("run stopping")).toMatchObject({ error: null, attributes: { "cairnflow.run.status": "stopped" } });
  });
});

describe("steps", () => {
  it("of one run are below one span of the run, which ends with it", async () => {
    const seen = watched();
    const flow = workflow(
      "stepped",
      chain(
        task("one", () => 1),
        task("two", () => 2),
      ),
    );
    const execution = ExecutionContext.create(flow, { telemetry: seen.telemetry });
    await execution.step();
    await execution.step();
    expect(seen.spans().map(({ name }) => name)).toEqual(["begin stepped", "task one", "task two"]);
    await execution.step();
    expect(seen.span("run stepped").attributes).toMatchObject({ "cairnflow.run.status": "completed", "cairnflow.run.steps": 2 });
  });

  it("that are left have their span end when the context is disposed of", async () => {
    const seen = watched();
    const flow = workflow(
      "left",
      chain(
        task("one", () => 1),
        task("two", () => 2),
      ),
    );
    const execution = ExecutionContext.create(flow, { telemetry: seen.telemetry });
    await execution.step();
    await execution[Symbol.asyncDispose]();
    expect(seen.span("run left").attributes).toMatchObject({ "cairnflow.run.status": "stopped", "cairnflow.run.steps": 1 });
  });
});
