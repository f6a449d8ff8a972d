import { run } from "cairnflow";
import { describe, expect, it, vi } from "vitest";
import { runCli } from "../../src/cli/run-cli.js";
import { newQueue, type TestQueue, until } from "../bullmq/support.js";
import { sharedRedis } from "../servers/redis.js";
import { type Cairn, cairnProgram } from "./cairn.js";
import { flow, tagged, waiting } from "./flows.js";
import { HeardTerminal } from "./heard-terminal.js";

const url = sharedRedis();

const cairnOf = cairnProgram();

const workerOf = ({ queue, prefix }: TestQueue, ...more: readonly string[]): Cairn =>
  cairnOf(["worker", "./flows.js", "--redis", url(), "--queue", queue, "--prefix", prefix, ...more]);

const wired = ({ runner, channel }: TestQueue) => ({ runner, channel });

describe("cairn worker", () => {
  it("runs the tasks of the modules it is given, says how it is, and ends with 0 at SIGTERM", async () => {
    const queue = newQueue(url());
    const cairn = workerOf(queue, "--concurrency", "3", "--health", "50ms");
    await cairn.says("listens to queue");
    expect((await run(flow, 1, wired(queue))).output).toBe(2);
    await cairn.says("healthy: processed 1 succeeded 1 failed 0");
    cairn.process.kill("SIGTERM");
    expect(await cairn.ended).toBe(0);
    expect(cairn.errors).toContain("4 workflows, concurrency 3");
    expect(cairn.errors).toContain("ends at SIGTERM");
    expect(cairn.output).toBe("");
  });

  it("lets the task under way end at SIGTERM, and gives it to others if that takes longer than --grace", async () => {
    const queue = newQueue(url());
    const patient = workerOf(queue, "--grace", "30s");
    await patient.says("listens");
    const running = run(waiting, undefined, wired(queue));
    await until(async () => (await queue.client.llen(`${queue.prefix}:${queue.queue}:active`)) === 1);
    patient.process.kill("SIGTERM");
    expect(await patient.ended).toBe(0);
    expect((await running).output).toBe("done");
    const hasty = workerOf(queue, "--grace", "10ms");
    await hasty.says("listens");
    const again = run(waiting, undefined, wired(queue));
    await until(async () => (await queue.client.llen(`${queue.prefix}:${queue.queue}:active`)) === 1);
    hasty.process.kill("SIGTERM");
    expect(await hasty.ended).toBe(0);
    expect(hasty.errors).toContain("processed 0");
    await queue.worker([waiting]);
    expect((await again).output).toBe("done");
  });

  it("serves tags, and takes its Redis from the environment", async () => {
    const queue = newQueue(url());
    const args = ["worker", "./flows.js", "--queue", queue.queue, "--prefix", queue.prefix];
    const cairn = cairnOf([...args, "--tags", "gpu,fast", "--untagged"], { CAIRN_REDIS_URL: url() });
    await cairn.says("listens");
    expect((await run(tagged, 1, wired(queue))).output).toBe(4);
  });

  it("refuses a module that exports no workflow or cannot be loaded with 2", async () => {
    for (const path of ["../../src/core/ids.js", "./missing.js"]) {
      const cairn = cairnOf(["worker", path, "--redis", url(), "--queue", "q"]);
      expect(await cairn.ended).toBe(2);
      expect(cairn.errors).toContain(path);
      expect(cairn.errors).not.toContain("    at ");
    }
  });

  it.each([
    [["worker", "--queue", "q"], "got no module"],
    [["worker", "./flows.js", "--queue", "q"], "got no Redis"],
    [["worker", "./flows.js", "--redis", "redis://x"], "got no queue"],
    [["worker", "./flows.js", "--redis", "redis://x", "--queue", "q", "--concurrency", "many"], "--concurrency"],
    [["worker", "./flows.js", "--redis", "redis://x", "--queue", "q", "--grace", "soon"], "--grace"],
    [["worker", "./flows.js", "--redis", "redis://x", "--queue", "q", "--bogus"], "--bogus"],
    [["worker", "./flows.js", "--redis", "x", "--queue", "q"], "url of"],
    [["play"], "play"],
  ])("refuses %j with 2 and what is expected", async (args, said) => {
    vi.stubEnv("CAIRN_REDIS_URL", undefined);
    const terminal = new HeardTerminal();
    expect(await runCli(args, terminal)).toBe(2);
    expect(terminal.said).toContain(said);
    vi.unstubAllEnvs();
  });

  it("ends with 1 if there is no Redis, and does not say its password", async () => {
    const cairn = cairnOf(["worker", "./flows.js", "--redis", "redis://:secret@127.0.0.1:1", "--queue", "q"]);
    expect(await cairn.ended).toBe(1);
    expect(cairn.errors).toContain("cannot be used");
    expect(cairn.errors).not.toContain("secret");
  });
});
