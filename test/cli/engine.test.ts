import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runQueue } from "cairnflow/bullmq";
import { afterAll, describe, expect, it, vi } from "vitest";
import { runCli } from "../../src/cli/run-cli.js";
import { quietly, until } from "../bullmq/support.js";
import { afterwards } from "../redis/support.js";
import { sharedRedis } from "../servers/redis.js";
import { type Cairn, cairnProgram } from "./cairn.js";
import { flow, waiting } from "./flows.js";
import { HeardTerminal } from "./heard-terminal.js";

const url = sharedRedis();
const cairn = cairnProgram();
const folder = mkdtempSync(join(tmpdir(), "cairnflow-runs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A queue of its own, with its command lines. */
function newPlace() {
  const queue = `q-${randomUUID().slice(0, 8)}`;
  const place = ["--redis", url(), "--queue", queue, "--prefix", "test-cli"];
  const runs = runQueue({ connection: url(), queue, prefix: "test-cli" });
  afterwards(() => runs.close());
  const engine = (...more: readonly string[]): Cairn => cairn(["engine", "./flows.js", ...place, "--checkpoints", folder, ...more]);
  const submit = (...args: readonly string[]): Cairn => cairn(["submit", ...args, ...place]);
  return { queue, place, runs, engine, submit };
}

describe("cairn engine and cairn submit", () => {
  it("run a workflow by its name, and write its output", async () => {
    const { engine, submit } = newPlace();
    const server = engine("--health", "50ms", "--limit", "flow=100/1s", "--concurrency", "2");
    await server.says("takes runs of queue");
    const waited = submit("flow", "--input", "41", "--wait");
    expect(await waited.ended).toBe(0);
    expect(waited.output).toBe("42\n");
    const file = join(folder, "input.json");
    writeFileSync(file, "1");
    const told = submit("flow", "--input", `@${file}`, "--run-id", `r-${randomUUID()}`, "--wait", "--json", "--timeout", "30s");
    expect(await told.ended).toBe(0);
    expect(JSON.parse(told.output)).toEqual({
      runId: expect.stringMatching(/^r-/),
      workflow: "flow",
      status: "completed",
      steps: 1,
      output: 2,
    });
    await server.says("healthy: completed 2 failed 0 running 0");
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(server.errors).toContain("4 workflows, concurrency 2");
    expect(server.errors).toContain("ends at SIGTERM");
    expect(server.output).toBe("");
  });

  it("say the id of a run that nobody waits for, and the same id again", async () => {
    const { runs, submit } = newPlace();
    const first = submit("flow", "--input", "1");
    expect(await first.ended).toBe(0);
    const runId = first.output.trim();
    expect(await runs.state(flow, runId)).toBe("waiting");
    const again = submit("flow", "--input", "1", "--run-id", runId, "--json");
    expect(await again.ended).toBe(0);
    expect(JSON.parse(again.output)).toEqual({ runId, workflow: "flow" });
    const other = submit("flow", "--input", "2", "--run-id", runId);
    expect(await other.ended).toBe(2);
    expect(other.errors).toContain("another input");
    const late = submit("flow", "--input", "1", "--run-id", runId, "--wait", "--timeout", "50ms");
    expect(await late.ended).toBe(1);
    expect(late.errors).toContain("has not ended within 50 ms");
  });

  it("end with 1 for a run that fails, and say what it failed with", async () => {
    const { engine, submit } = newPlace();
    const server = engine();
    await server.says("takes runs");
    const failed = submit("failing", "--wait");
    expect(await failed.ended).toBe(1);
    expect(failed.errors).toContain("TaskFailedError");
    expect(failed.errors).toContain("no such column");
    expect(failed.errors).not.toContain("    at ");
    expect(failed.output).toBe("");
  });

  it("hand a run over at SIGTERM to another engine, which goes on with it", async () => {
    const { runs, engine } = newPlace();
    const first = engine("--grace", "10ms");
    await first.says("takes runs");
    const handle = await runs.submit(waiting, undefined);
    await until(async () => (await handle.state()) === "running");
    first.process.kill("SIGTERM");
    expect(await first.ended).toBe(0);
    expect(first.errors).toContain("handed over 1");
    const second = engine();
    await second.says("takes runs");
    expect((await handle.result()).output).toBe("done");
  });

  it("have bodies run by workers of a queue of tasks", async () => {
    const { place, queue, engine, submit } = newPlace();
    const worker = cairn(["worker", "./flows.js", ...place, "--health", "50ms"]);
    await worker.says("listens");
    const server = engine("--workers", queue, "--checkpoints", url());
    await server.says("takes runs");
    const waited = submit("flow", "--input", "1", "--wait");
    expect(await waited.ended).toBe(0);
    expect(waited.output).toBe("2\n");
    await worker.says("processed 1");
  });

  it("end with 1 if there is no Redis, and do not say its password", async () => {
    const place = ["--redis", "redis://:hunter2@127.0.0.1:1", "--queue", "q"];
    const all = [cairn(["engine", "./flows.js", ...place, "--checkpoints", folder]), cairn(["submit", "flow", ...place])];
    for (const one of all) {
      expect(await one.ended).toBe(1);
      expect(one.errors).toContain("cannot be used");
      expect(one.errors).not.toContain("hunter2");
    }
  });

  const engineArgs = ["engine", "./flows.js", "--redis", "redis://127.0.0.1:1", "--queue", "q", "--checkpoints", "./x"];
  const submitArgs = ["submit", "flow", "--redis", "redis://127.0.0.1:1", "--queue", "q"];
  it.each([
    [["engine", "--queue", "q"], "got no module"],
    [["engine", "./flows.js", "--queue", "q"], "got no Redis"],
    [["engine", "./flows.js", "--redis", "redis://x"], "got no queue"],
    [["engine", "./flows.js", "--redis", "redis://x", "--queue", "q"], "got no place for checkpoints"],
    [[...engineArgs, "--concurrency", "0"], "--concurrency"],
    [[...engineArgs, "--task-concurrency", "few"], "--task-concurrency"],
    [[...engineArgs, "--limit", "flow=10"], "--limit"],
    [[...engineArgs, "--limit", "flow=x/1s"], "--limit"],
    [[...engineArgs, "--limit", "flow=1/soon"], "--limit"],
    [[...engineArgs, "--lock", "soon"], "--lock"],
    [[...engineArgs, "--bogus"], "--bogus"],
    [["submit", "--queue", "q"], "missing required argument 'workflow'"],
    [[...submitArgs, "another"], "too many arguments"],
    [["submit", "flow", "--queue", "q"], "got no Redis"],
    [["submit", "flow", "--redis", "redis://x"], "got no queue"],
    [[...submitArgs, "--input", "{hunter2"], "--input is not JSON"],
    [[...submitArgs, "--input", "@/nowhere/x.json"], "ENOENT"],
    [[...submitArgs, "--run-id", "a:b"], "run id"],
    [[...submitArgs, "--timeout", "soon"], "--timeout"],
    [["submit", "__proto__", ...submitArgs.slice(2)], "workflow name"],
    [["submit", "*", ...submitArgs.slice(2)], "workflow name"],
  ])("refuse %j with 2 and what is expected", async (args, said) => {
    vi.stubEnv("CAIRN_REDIS_URL", undefined);
    vi.stubEnv("CAIRN_CHECKPOINTS", undefined);
    const terminal = new HeardTerminal();
    expect(await quietly(runCli(args, terminal))).toBe(2);
    expect(terminal.said).toContain(said);
    expect(terminal.said).not.toContain("hunter2");
    vi.unstubAllEnvs();
  });
});
