import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chain, openCheckpointStore, resume, task, workflow } from "cairnflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChildProgram } from "./children.js";

let program: ChildProgram;
let folder = "";

beforeAll(async () => {
  program = new ChildProgram(new URL("./signalled-run.ts", import.meta.url));
  folder = await mkdtemp(join(tmpdir(), "cairnflow-signals-"));
});
afterAll(async () => {
  program.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("a run with onSignal", () => {
  it("lets running tasks end at SIGTERM, stores a checkpoint, and can be resumed", { timeout: 60_000 }, async () => {
    const store = join(folder, "drained");
    const child = program.start([store]);
    await child.firstOutput;
    child.kill("SIGTERM");
    const { code, output, errors } = await child.ended;
    expect(code, errors).toBe(0);
    expect(output).toContain('{"status":"stopped","steps":1,"message":"the process got SIGTERM"}');
    const view = await openCheckpointStore(store).latest("r");
    expect(view).toMatchObject({ info: { reason: "signal" }, steps: 1 });
    expect(view?.channel.get("told")).toBe(true);
    const flow = workflow(
      "signalled",
      chain(
        task("first", () => 1),
        task("second", (_, one: number) => one + 1),
      ),
    );
    expect(await resume(flow, { from: store, runId: "r" })).toMatchObject({ status: "completed", output: 2, steps: 2 });
  });

  it("ends the process at once at the second signal", { timeout: 60_000 }, async () => {
    const child = program.start([join(folder, "at-once"), "deaf"]);
    await child.firstOutput;
    child.kill("SIGTERM");
    const again = setInterval(() => child.kill("SIGTERM"), 200);
    const { code } = await child.ended;
    clearInterval(again);
    expect(code).toBe(143);
  });
});
