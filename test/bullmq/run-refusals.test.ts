import { type TaskContext, task, workflow } from "cairnflow";
import { createEngine, type EngineOptions, runQueue, submit } from "cairnflow/bullmq";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hash128 } from "../../src/core/hash.js";
import { ownRedis, sharedRedis, TestRedis } from "../servers/redis.js";
import { newRuns, type TestRuns } from "./run-support.js";
import { quietly, until } from "./support.js";

const url = sharedRedis();
const guarded = ownRedis({ settings: ["--requirepass", "s3cret"] });
let replica: TestRedis;

beforeAll(async () => {
  const { port } = new URL(url());
  replica = await TestRedis.start({ settings: ["--replicaof", "127.0.0.1", port] });
});
afterAll(() => replica.stop());

const echo = workflow(
  "echo",
  task("say", (_: TaskContext, word: string): string => word),
);
const other = workflow(
  "other",
  task("say", (_: TaskContext, word: string): string => word),
);
const version = (number: number) =>
  workflow(
    "versioned",
    task("say", (_: TaskContext, word: string): string => `${word} of ${number}`),
    { version: number },
  );

const place = { connection: "redis://127.0.0.1:1", queue: "q", connectTimeoutMs: 200 };
const engineWith = (options: object): Promise<unknown> =>
  quietly(createEngine({ ...place, workflows: [echo], checkpoints: "redis://127.0.0.1:1", ...options } as EngineOptions));

describe("options of createEngine", () => {
  it.each([
    [{ queue: "*" }, "option queue"],
    [{ queue: "a:b" }, "option queue"],
    [{ queue: "__proto__" }, "option queue"],
    [{ prefix: "a b" }, "option prefix"],
    [{ connection: undefined }, "option connection"],
    [{ connection: "http://x" }, "option connection"],
    [{ workflows: [] }, "option workflows"],
    [{ workflows: undefined }, "option workflows"],
    [
      {
        workflows: [
          echo,
          workflow(
            "echo",
            task("b", () => 1),
          ),
        ],
      },
      'called "echo"',
    ],
    [{ workflows: [() => 1] }, "is expected: pass"],
    [{ checkpoints: undefined }, "option checkpoints of createEngine is missing"],
    [{ checkpoints: "memory:" }, "option checkpoints of createEngine is a memory store"],
    [{ checkpoints: { store: "memory:x" } }, "redis://"],
    [{ checkpoints: { store: "./never", onSignal: ["SIGTERM"] } }, "onSignal"],
    [{ checkpoints: { store: "./never", every: "day" } }, "every"],
    [{ checkpoints: { store: "./never", often: 1 } }, "often"],
    [{ durability: "none" }, "option durability"],
    [{ concurrency: 0 }, "option concurrency"],
    [{ taskConcurrency: 1.5 }, "concurrency"],
    [{ lockMs: 999 }, "option lockMs"],
    [{ stalledCheckMs: 99 }, "option stalledCheckMs"],
    [{ maxStalls: -1 }, "option maxStalls"],
    [{ keepMs: 0 }, "option keepMs"],
    [{ connectTimeoutMs: "5s" }, "option connectTimeoutMs"],
    [{ logger: console.log }, "option logger"],
    [{ maxSteps: 0 }, "option maxSteps"],
    [{ defaultRetry: -1 }, "etries"],
    [{ runner: {} }, "option runner"],
    [{ channel: {} }, "option channel of createEngine"],
    [{ limits: { unknown: { max: 1, ms: 1 } } }, '"unknown"'],
    [{ limits: { echo: { max: 1 } } }, "max without ms"],
    [{ limits: { echo: { ms: 1 } } }, "ms without max"],
    [{ limits: { echo: { max: 0, ms: 1 } } }, ".max"],
    [{ limits: { echo: { max: 1, ms: 0.5 } } }, ".ms"],
    [{ limits: { echo: { concurrency: 0 } } }, ".concurrency"],
    [{ limits: { echo: { each: 1 } } }, '"each"'],
    [{ limits: [1] }, "limits"],
    [{ signal: null }, '"signal"'],
  ])("are refused: %j", async (options, said) => {
    const error = (await engineWith(options)) as Error;
    expect(error).toMatchObject({ code: expect.stringMatching(/^(INVALID_OPTION|DUPLICATE_ID|DEFINITION)$/) });
    expect(error.message).toContain(said);
  });

  it("lack a channel that workers can read, and none can be made", async () => {
    const { bullmqRunner } = await import("cairnflow/bullmq");
    const options = { connection: { host: "127.0.0.1", port: 1 }, runner: bullmqRunner({ connection: "redis://x", queue: "q" }) };
    expect(await engineWith(options)).toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("option channel of createEngine"),
    });
  });

  it("name a handler that is missing", async () => {
    const handed = workflow(
      "handed",
      task("x", { handler: "board" }, () => 1),
    );
    expect(await engineWith({ workflows: [handed] })).toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining('"board"'),
    });
  });
});

describe("options of runQueue and submit", () => {
  it.each([
    [{ queue: "a:b" }, "option queue"],
    [{ connection: 5 }, "option connection"],
    [{ prefix: "*" }, "option prefix"],
    [{ patienceMs: 0 }, "option patienceMs"],
    [{ connectTimeoutMs: 1 }, "option connectTimeoutMs"],
    [{ other: 1 }, '"other"'],
  ])("are refused: %j", async (options, said) => {
    expect(() => runQueue({ ...place, ...options } as never)).toThrow(said);
    await expect(submit(echo, "a", { ...place, ...options } as never)).rejects.toThrow(said);
  });

  it.each(["*", "__proto__", "a:b", "", "a/b", "x".repeat(129), 5])(
    "are refused as the id of a run or the name of a workflow: %j",
    async (name) => {
      const runs = runQueue(place);
      const options = { runId: name } as { runId: string };
      expect(await quietly(runs.submit(echo, "a", options))).toMatchObject({ code: "INVALID_ID" });
      expect(await quietly(submit(echo, "a", { ...place, ...options }))).toMatchObject({ code: "INVALID_ID" });
      expect(() => runs.handle(echo, name as string)).toThrow("run id");
      if (typeof name === "string") expect(() => runs.handle(name, "r1")).toThrow("workflow name");
    },
  );

  it("are refused for one run or result as well", async () => {
    const runs = runQueue(place);
    expect(await quietly(runs.submit(echo, "a", { retryFailed: "yes" } as never))).toMatchObject({ code: "INVALID_OPTION" });
    expect(await quietly(runs.submit(echo, "a", { id: "r" } as never))).toMatchObject({ code: "INVALID_OPTION" });
    expect(await quietly(runs.handle(echo, "r").result({ timeoutMs: 0 }))).toMatchObject({ code: "INVALID_OPTION" });
    expect(await quietly(runs.handle(echo, "r").result({ timeout: 5 } as never))).toMatchObject({ code: "INVALID_OPTION" });
  });
});

describe("a Redis that cannot be used", () => {
  it("is refused by engines and by those who submit, without saying its password", async () => {
    const wrong = guarded().url.replace("redis://", "redis://:hunter2@");
    for (const [connection, said] of [
      ["redis://:hunter2@127.0.0.1:1", "cannot be used"],
      [wrong, "login"],
      [guarded().url, "login"],
      [replica.url, "READONLY"],
    ] as const) {
      const checkpoints = newRuns(url()).store;
      const errors = [await engineWith({ connection, checkpoints }), await quietly(submit(echo, "a", { ...place, connection }))];
      for (const error of errors as Error[]) {
        expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringContaining(said) });
        expect(error.message).not.toContain("hunter2");
      }
    }
  });

  it("is waited for as long as patience lasts when it goes away later", async () => {
    const server = await TestRedis.start();
    const runs = runQueue({ ...place, connection: server.url, patienceMs: 300 });
    await runs.counts();
    server.signal("SIGSTOP");
    expect(await quietly(runs.submit(echo, "a"))).toMatchObject({ code: "STORE_UNAVAILABLE", outcome: "unknown" });
    server.signal("SIGCONT");
    await runs.close();
    await server.stop();
  });

  it("shows no password when an engine or a queue is printed", async () => {
    const { inspect } = await import("node:util");
    expect(inspect(runQueue({ ...place, connection: "redis://:hunter2@127.0.0.1:1" }), { depth: 10 })).not.toContain("hunter2");
  });
});

describe("a run id that is taken", () => {
  it("is refused for another input or another workflow, without showing either input", async () => {
    const { runs } = newRuns(url());
    await runs.submit(echo, "hunter2", { runId: "taken" });
    for (const error of [
      await quietly(runs.submit(echo, "trustno1", { runId: "taken" })),
      await quietly(runs.submit(other, "hunter2", { runId: "taken" })),
    ] as Error[]) {
      expect(error).toMatchObject({ code: "DUPLICATE_ID", runId: "taken", message: expect.stringContaining("choose another run id") });
      expect(error.message).not.toMatch(/hunter2|trustno1/);
    }
    expect(await runs.state(other, "taken")).toBe("unknown");
  });
});

describe("an engine without the code of a run", () => {
  it("gives it back to one that has it", async () => {
    const { runs, engine } = newRuns(url());
    const old = await engine([version(1)]);
    const wait = task("say", async (_: TaskContext, word: string): Promise<string> => {
      // With its only place taken, the other run can go nowhere but to the engine that does not have its code.
      await until(() => old.stats().refused > 0);
      return word;
    });
    const current = workflow("versioned", wait, { version: 2 });
    const started = await engine([current], { concurrency: 1 });
    const handles = await Promise.all(["a", "b"].map((word) => runs.submit(current, word)));
    expect(await Promise.all(handles.map(async (handle) => (await handle.result()).output))).toEqual(["a", "b"]);
    expect([old.stats().completed, old.stats().failed]).toEqual([0, 0]);
    expect([started.stats().completed, started.stats().refused]).toEqual([2, 0]);
  });

  it("lets it fail when all engines of the workflow have given it back, and says why", async () => {
    const { runs, engine } = newRuns(url());
    await Promise.all([engine([version(1)]), engine([version(2)])]);
    const error = await quietly((await runs.submit(version(3), "word", { runId: "new" })).result());
    expect(error).toMatchObject({ code: "TASK_NOT_REGISTERED", message: expect.stringContaining('workflow "versioned"') });
  });

  it("takes what was submitted by name alone", async () => {
    const { runs, engine } = newRuns(url());
    await engine([version(2)]);
    expect((await (await runs.submit("versioned", "word")).result()).output).toBe("word of 2");
  });

  it("leaves runs alone of workflows that it does not have", async () => {
    const { runs, engine } = newRuns(url());
    const started = await engine([echo]);
    const handle = await runs.submit(other, "word");
    expect((await (await runs.submit(echo, "word")).result()).output).toBe("word");
    expect(await handle.state()).toBe("waiting");
    expect(started.stats()).toMatchObject({ completed: 1, refused: 0 });
  });
});

describe("a job that was edited by hand", () => {
  const text = (value: string): string => JSON.stringify({ json: value });
  const good = {
    ...{ workflow: "echo", version: 1, graphHash: null, input: text("word"), digest: hash128(text("word")) },
    ...{ retryFailed: false, setbacks: 0, refusedBy: [] },
  };

  it.each([
    ["no object", "run.r", "rm -rf", "workflow"],
    ["nothing", "run.r", {}, "workflow"],
    ["another workflow", "run.r", { ...good, workflow: "other" }, 'workflow "other"'],
    ["a workflow that is no name", "run.r", { ...good, workflow: "../../etc" }, "workflow"],
    ["a version that is a text", "run.r", { ...good, version: "1" }, "version"],
    ["a graph that is a list", "run.r", { ...good, graphHash: [] }, "another list as graphHash"],
    ["another input", "run.r", { ...good, input: text("other") }, "another input"],
    ["an input that is no value", "run.r", { ...good, input: "{", digest: hash128("{") }, "no stored value"],
    ["an input with a prototype", "run.r", edited('{"json":{"__proto__":{"x":1}}}'), "no stored value"],
    ["too many setbacks", "run.r", { ...good, setbacks: -1 }, "setbacks"],
    ["a refusal by nobody", "run.r", { ...good, refusedBy: ["*"] }, "refusedBy"],
    ["an id that is none", "run.a b", good, "the id"],
    ["an id of something else", "job-r", good, "the id"],
  ])("fails its run, and nothing in it is imported: %s", async (_, jobId, data, said) => {
    const queue = newRuns(url());
    const started = await queue.engine([echo]);
    await addJob(queue, jobId, data);
    await until(() => started.stats().failed === 1);
    const reason = await queue.client.hget(`${queue.prefix}:${queue.queue}#runs.echo:${jobId}`, "failedReason");
    expect(reason).toContain("RunnerError: the job of run");
    expect(reason).toContain(said);
    if (jobId === "run.r") expect(await quietly(queue.runs.handle(echo, "r").result())).toMatchObject({ code: "RUNNER" });
    expect(await queue.store.open().then(() => queue.store.runs())).toEqual([]);
  });

  it("fails with what it returned or threw if that was edited", async () => {
    const queue = newRuns(url());
    await queue.engine([echo]);
    const handle = await queue.runs.submit(echo, "word", { runId: "edited" });
    await handle.result();
    const key = `${queue.prefix}:${queue.queue}#runs.echo:run.edited`;
    await queue.client.hset(key, "returnvalue", '"{}"');
    expect(await quietly(handle.result())).toMatchObject({ code: "RUNNER", message: expect.stringContaining("cannot be read") });
    await queue.client.hset(key, "failedReason", "job stalled", "stacktrace", '["no record"]');
    expect(await quietly(handle.result())).toMatchObject({ code: "RUNNER", message: expect.stringContaining('"job stalled"') });
  });

  function edited(input: string): object {
    return { ...good, input, digest: hash128(input) };
  }
});

async function addJob({ connection, queue, prefix }: TestRuns, jobId: string, data: unknown): Promise<void> {
  const { Queue } = await import("bullmq");
  const jobs = new Queue(`${queue}#runs.echo`, { connection: { url: connection }, prefix });
  await jobs.add("echo", data, { jobId });
  await jobs.close();
}
