import { ExecutionContext, type TaskRunner, task, workflow } from "cairnflow";
import { expect, it } from "vitest";
import { UnservedJob } from "../../src/core/task-runner.js";

const nobody: TaskRunner = {
  kind: "nobody",
  fallsBack: true,
  begin: async () => {},
  run: async () => {
    throw new UnservedJob("there is no code for it");
  },
  end: async () => {},
};

it("a body that runs here because it could not be moved is timed as any other", async () => {
  const patient = task("patient", { timeout: 20 }, (ctx) => ctx.sleep("10 min"));
  const warnings: string[] = [];
  const context = ExecutionContext.create(workflow("waiting", patient), {
    runner: nobody,
    events: { warning: ({ code }) => void warnings.push(code) },
  });
  await expect(context.run()).rejects.toMatchObject({ code: "TASK_FAILED", cause: { code: "TASK_TIMEOUT" } });
  expect(warnings).toEqual(["NOT_MOVED"]);
});
