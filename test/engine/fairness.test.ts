import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { run, type TaskContext, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";

const child = fileURLToPath(new URL("loop-memory.ts", import.meta.url));

describe("an endless loop of synchronous tasks", () => {
  it("lets timers of the same process have their turn", async () => {
    const controller = new AbortController();
    const endless = task("endless", { maxCycles: 1e9 }, (ctx: TaskContext): void => ctx.nextIteration());
    setTimeout(() => controller.abort(), 20);
    const running = run(workflow("w", endless), undefined, { maxSteps: 1e9, signal: controller.signal });
    await expect(running).rejects.toMatchObject({ code: "RUN_CANCELLED" });
  });

  it("takes no more memory after 200,000 passes than after 20,000", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--import", "tsx", child]);
    const { early, late, steps } = JSON.parse(stdout) as { early: number; late: number; steps: number };
    expect(steps).toBe(200_000);
    expect(late - early).toBeLessThan(2_000_000);
  }, 60_000);
});
