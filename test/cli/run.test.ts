import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpointStore } from "cairnflow";
import { afterAll, describe, expect, it } from "vitest";
import { plainLines } from "../../src/cli/terminal.js";
import { until } from "../bullmq/support.js";
import { type Cairn, cairnProgram } from "./cairn.js";
import { jsonOf } from "./support.js";

const cairn = cairnProgram();
const store = mkdtempSync(join(tmpdir(), "cairnflow-cli-store-"));
afterAll(() => rmSync(store, { recursive: true, force: true }));

const newRun = (): string => `r-${randomUUID().slice(0, 8)}`;
const looks = (command: string, workflow: string, ...more: readonly string[]): Cairn =>
  cairn([command, "./looks.js", "--workflow", workflow, "--checkpoints", store, ...more]);

describe("cairn run", () => {
  it("writes the output of the run, and leaves a checkpoint of its end", async () => {
    const runId = newRun();
    const run = looks("run", "counting", "--input", "2", "--run-id", runId);
    expect(await run.ended).toBe(0);
    expect(run.output).toBe('{"rounds":2,"lr":0.5}\n');
    expect(run.errors).toContain("counting started");
    expect((await openCheckpointStore(store).latest(runId))?.status).toBe("completed");
  });

  it("writes one object with --json, and is silent with --quiet", async () => {
    const runId = newRun();
    const run = looks("run", "counting", "--input", "1", "--run-id", runId, "--json", "--quiet");
    const { checkpoint, ...facts } = await jsonOf(run);
    expect(facts).toEqual({
      runId,
      workflow: "counting",
      status: "completed",
      steps: 3,
      output: { rounds: 1, lr: 0.5 },
      message: null,
      error: null,
    });
    expect(checkpoint).toBe((await openCheckpointStore(store).list(runId))[0]?.id);
    expect(run.errors).toBe("");
  });

  it("reads its input from a file, and stores each step with --durability step", async () => {
    const runId = newRun();
    writeFileSync(join(store, "input.json"), "1");
    const run = looks("run", "counting", "--input", `@${join(store, "input.json")}`, "--run-id", runId, "--durability", "step", "--json");
    expect(await jsonOf(run)).toMatchObject({ status: "completed" });
    const listed = cairn(["runs", "--from", store, "--json"]);
    expect((await jsonOf(listed))["runs"]).toContainEqual(
      expect.objectContaining({ runId, status: "completed", steps: 3, checkpoints: 2 }),
    );
  });

  it("stores nothing with --checkpoints none", async () => {
    const run = cairn(["run", "./looks.js", "--workflow", "hostile", "--checkpoints", "none", "--quiet"]);
    expect(await run.ended).toBe(2);
    const graph = cairn(["run", "./flows.js", "--workflow", "flow", "--checkpoints", "none", "--input", "1", "--quiet"]);
    expect(await graph.ended).toBe(0);
    expect(graph.output).toBe("2\n");
    expect(existsSync(join(cairn.folder, "checkpoints"))).toBe(false);
  });

  it("ends with 1 for a run that fails, says why without what a terminal could obey, and how to go on", async () => {
    const runId = newRun();
    const run = looks("run", "broken", "--run-id", runId, "--json", "--quiet");
    expect(await jsonOf(run, 1)).toMatchObject({
      runId,
      status: "failed",
      output: null,
      error: { name: "TaskFailedError", code: "TASK_FAILED" },
    });
    expect(run.errors).toContain("has failed: TaskFailedError");
    expect(run.errors).toContain(`cairn resume ${runId} ./looks.js --workflow broken --from ${store}`);
    expect(plainLines(run.errors)).toBe(run.errors);
    expect(run.output).toMatch(/^[\x20-\x7e]+\n$/);
  });

  it("ends with 1 at its step limit, and goes on with a higher one", async () => {
    const runId = newRun();
    const run = looks("run", "counting", "--input", "5", "--run-id", runId, "--max-steps", "3", "--json");
    expect(await jsonOf(run, 1)).toMatchObject({ error: { code: "STEP_LIMIT" } });
    const resumed = cairn(["resume", runId, "./looks.js", "--workflow", "counting", "--from", store, "--max-steps", "9"]);
    expect(await resumed.ended).toBe(0);
    expect(resumed.output).toBe('{"rounds":5,"lr":0.5}\n');
  });

  it("drains at Ctrl-C, stores a checkpoint, and ends with 4; a resume goes on from there", async () => {
    const runId = newRun();
    const run = looks("run", "slow", "--run-id", runId, "--every", "task");
    const history = openCheckpointStore(store);
    await until(async () => run.process.exitCode !== null || (await history.list(runId)).length > 2);
    run.process.kill("SIGINT");
    expect(await run.ended).toBe(4);
    expect(run.output).toBe("");
    expect(run.errors).toContain("once more ends at once");
    expect(run.errors).toContain(`to go on:\n  cairn resume ${runId} ./looks.js --workflow slow --from ${store}`);
    const stopped = (await history.list(runId))[0];
    expect(stopped?.reason).toBe("signal");
    const resumed = cairn(["resume", runId, "./looks.js", "--workflow", "slow", "--from", store]);
    await resumed.says("resumed");
    resumed.process.kill("SIGINT");
    expect(await resumed.ended).toBe(4);
    expect((await history.list(runId))[0]?.steps).toBeGreaterThanOrEqual(stopped?.steps ?? Number.POSITIVE_INFINITY);
  });

  it("ends at once with 130 at a second Ctrl-C", async () => {
    const run = looks("run", "stuck", "--run-id", newRun());
    await run.says("started");
    run.process.kill("SIGINT");
    await run.says("once more ends at once");
    run.process.kill("SIGINT");
    expect(await run.ended).toBe(130);
  });
});

describe("cairn resume and cairn fork", () => {
  it("go back to a checkpoint by its name, id or number", async () => {
    const runId = newRun();
    expect(await looks("run", "counting", "--input", "3", "--run-id", runId, "--quiet").ended).toBe(0);
    const [, { id } = { id: "" }] = await openCheckpointStore(store).list(runId);
    for (const at of ["round-2", "1", id]) {
      const fork = cairn(["fork", runId, "./looks.js", "--workflow", "counting", "--from", store, "--at", at, "--quiet"]);
      expect([await fork.ended, fork.output]).toEqual([0, '{"rounds":3,"lr":0.5}\n']);
    }
  });

  it("set and remove values of a fork's channel, and leave the other run alone", async () => {
    const [runId, newRunId] = [newRun(), newRun()];
    expect(await looks("run", "counting", "--input", "2", "--run-id", runId, "--quiet").ended).toBe(0);
    const before = await openCheckpointStore(store).list(runId);
    const args = ["--from", store, "--at", "round-1", "--set", "lr=0.01", "--unset", "notes", "--new-run-id", newRunId, "--json"];
    const fork = cairn(["fork", runId, "./looks.js", "--workflow", "counting", ...args]);
    expect(await jsonOf(fork)).toMatchObject({ runId: newRunId, output: { rounds: 2, lr: 0.01 } });
    const view = await openCheckpointStore(store).latest(newRunId);
    expect(view?.channel.get("notes")).toEqual(["round 2"]);
    expect(await openCheckpointStore(store).list(runId)).toEqual(before);
  });

  it("say of a run that has ended what it ended with", async () => {
    const runId = newRun();
    expect(await looks("run", "counting", "--input", "1", "--run-id", runId, "--quiet").ended).toBe(0);
    const resumed = cairn(["resume", runId, "./looks.js", "--workflow", "counting", "--from", store, "--quiet"]);
    expect([await resumed.ended, resumed.output]).toEqual([0, '{"rounds":1,"lr":0.5}\n']);
  });

  it.each([
    ["resume", [], 3, "did you mean"],
    ["fork", ["--set", "lr"], 2, "--set"],
    ["fork", ["--set", "lr=hunter2"], 2, "not JSON"],
    ["fork", ["--set", "../x=1"], 2, "channel key"],
    ["resume", ["--max-steps", "0"], 2, "--max-steps"],
    ["resume", ["--every", "30"], 2, "--every"],
  ])("refuse cairn %s %j with %d", async (command, more, code, said) => {
    const runId = newRun();
    expect(await looks("run", "counting", "--input", "1", "--run-id", runId, "--quiet").ended).toBe(0);
    const asked = cairn([
      command,
      more.length === 0 ? `${runId}x` : runId,
      "./looks.js",
      "--workflow",
      "counting",
      "--from",
      store,
      ...more,
    ]);
    expect([await asked.ended, asked.output]).toEqual([code, ""]);
    expect(asked.errors).toContain(said);
    expect(asked.errors).not.toContain("hunter2");
  });

  it("end with 1 while somebody else has the run, unless it is taken over", async () => {
    const runId = newRun();
    const run = looks("run", "slow", "--run-id", runId, "--every", "task");
    const history = openCheckpointStore(store);
    await until(async () => run.process.exitCode !== null || (await history.list(runId)).length > 0);
    const resumed = cairn(["resume", runId, "./looks.js", "--workflow", "slow", "--from", store]);
    expect([await resumed.ended, resumed.output]).toEqual([1, ""]);
    expect(resumed.errors).toContain("process");
    run.process.kill("SIGKILL");
  });
});
