import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import {
  chain,
  InvalidOptionError,
  MissingPackageError,
  run,
  StoreUnavailableError,
  type TaskContext,
  TaskNotRegisteredError,
  task,
  UnsafeRedisConfigError,
  workflow,
} from "cairnflow";
import { type BullmqRunnerOptions, bullmqRunner, createWorker, type WorkerOptions } from "cairnflow/bullmq";
import { describe, expect, it } from "vitest";
import { loadPackages } from "../../src/bullmq/packages.js";
import { newChannel } from "../redis/channel-support.js";
import { ownRedis, sharedRedis } from "../servers/redis.js";
import { newQueue, quietly, until } from "./support.js";

const url = sharedRedis();
const locked = ownRedis({ settings: ["--requirepass", "secret"] });
const evicting = ownRedis({ settings: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"] });

const flow = workflow(
  "flow",
  task("one", { retry: 2 }, (): string => "new"),
  { version: 2 },
);

describe("what bullmqRunner and createWorker refuse", () => {
  it("is a run with a channel that workers cannot read, with the fix", async () => {
    const { runner } = newQueue(url());
    const error = await quietly(run(flow, undefined, { runner }));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toMatch(/"memory".*channel: new RedisChannel/);
  });

  it.each([
    ["no connection", { connection: undefined }],
    ["an address of something else", { connection: "http://127.0.0.1" }],
    ["a number as connection", { connection: 6379 }],
    ["no queue", { queue: undefined }],
    ["a queue *", { queue: "*" }],
    ["a queue __proto__", { queue: "__proto__" }],
    ["a queue a:b", { queue: "a:b" }],
    ["a prefix a:b", { prefix: "a:b" }],
    ["a prefix that is empty", { prefix: "" }],
    ["half a brace", { prefix: "{a" }],
    ["a time-out of 0", { connectTimeoutMs: 0 }],
    ["a logger that is none", { logger: console.log }],
  ])("is %s", async (_, bad) => {
    const options = { connection: url(), queue: "q", ...bad } as unknown as BullmqRunnerOptions;
    expect(() => bullmqRunner(options)).toThrow(InvalidOptionError);
    const channel = newChannel({ url: url() });
    await expect(createWorker({ ...options, channel, workflows: [flow] })).rejects.toThrow(InvalidOptionError);
  });

  it.each([
    ["no workflows", { workflows: [] }],
    ["workflows that are no list", { workflows: flow }],
    ["a channel that is none", { channel: {} }],
    ["a concurrency of 0", { concurrency: 0 }],
    ["tags that are no list", { tags: "gpu" }],
    ["tags that fit no task", { tags: ["gpu"] }],
    ["a tag *", { tags: ["*"] }],
    ["a tag __proto__", { tags: ["__proto__"] }],
    ["untagged that is no flag", { untagged: "yes" }],
    ["a lock of a millisecond", { lockMs: 1 }],
    ["checks that never come", { stalledCheckMs: Number.NaN }],
    ["stalls below 0", { maxStalls: -1 }],
  ])("of a worker is %s", async (_, bad) => {
    const options = { connection: url(), queue: "q", channel: newChannel({ url: url() }), workflows: [flow], ...bad };
    await expect(createWorker(options as unknown as WorkerOptions)).rejects.toThrow(InvalidOptionError);
  });

  it.each([
    ["checkMs", 0],
    ["patienceMs", 1],
  ])("of a runner is a %s of %i", (name, value) => {
    expect(() => bullmqRunner({ connection: url(), queue: "q", [name]: value })).toThrow(InvalidOptionError);
  });

  it("is a Redis that is not there, wants another password, or may drop jobs, and no message says the password", async () => {
    const cases = [
      ["redis://:wrong@127.0.0.1:1", StoreUnavailableError],
      [locked().url.replace("//", "//:wrong@"), StoreUnavailableError],
      [locked().url, StoreUnavailableError],
      [evicting().url, UnsafeRedisConfigError],
    ] as const;
    for (const [connection, refusal] of cases) {
      const options = { connection, queue: "q", connectTimeoutMs: 500 };
      const channel = newChannel({ url: url() });
      for (const start of [
        () => run(flow, undefined, { runner: bullmqRunner(options), channel }),
        () => createWorker({ ...options, channel, workflows: [flow] }),
      ]) {
        const error = (await quietly(start())) as Error;
        expect(error).toBeInstanceOf(refusal);
        expect(error.message).not.toContain("wrong");
      }
    }
    const { runner, worker } = newQueue(locked().url.replace("//", "//:secret@"));
    const served = await worker([flow]);
    expect(served.isHealthy).toBe(true);
    expect(inspect([runner, served], { depth: 20 })).not.toContain("secret");
  });

  it("is to work without the packages it needs, with how to get them", async () => {
    const missing = () => Promise.reject(new Error("no such package"));
    for (const load of [() => loadPackages(missing), () => loadPackages(undefined, missing)]) {
      const error = await quietly(load());
      expect(error).toBeInstanceOf(MissingPackageError);
      expect((error as Error).message).toContain("npm install bullmq ioredis");
    }
  });
});

describe("workers that do not have the code of a task", () => {
  const older = workflow(
    "flow",
    task("one", (): string => "old"),
    { version: 1 },
  );
  const other = workflow(
    "other",
    task("two", (): string => "two"),
  );

  it("give it back to those that have it", async () => {
    const { runner, worker, channel } = newQueue(url());
    const strangers = [await worker([older]), await worker([other])];
    const served = await worker([flow]);
    for (let n = 0; n < 10; n++) expect((await run(flow, undefined, { runner, channel })).output).toBe("new");
    expect(served.stats().processed).toBe(10);
    expect(strangers.map((one) => one.stats().processed)).toEqual([0, 0]);
    expect(strangers.reduce((sum, one) => sum + one.stats().refused, 0)).toBeGreaterThan(0);
  });

  it("let it fail when all of them have given it back, and name module and task", async () => {
    const { runner, worker, channel } = newQueue(url());
    const strangers = [await worker([older]), await worker([other])];
    const error = (await quietly(run(flow, undefined, { runner, channel }))) as Error;
    expect(error.cause).toBeInstanceOf(TaskNotRegisteredError);
    expect((error.cause as Error).message).toMatch(/task "one".*workflow "flow"/);
    expect(strangers.reduce((sum, one) => sum + one.stats().refused, 0)).toBeGreaterThanOrEqual(2);
  });
});

describe("a job that was edited by hand", () => {
  const edits: readonly (readonly [string, (data: Record<string, unknown>) => unknown])[] = [
    ["no object", () => "x"],
    ["another engine", (data) => ({ ...data, to: "../x" })],
    ["no list of refusals", (data) => ({ ...data, refusedBy: { __proto__: [] } })],
    ["no job", (data) => ({ ...data, job: 5 })],
    ["a job that is no JSON", (data) => ({ ...data, job: "import('fs')" })],
    ["a run that cannot be", (data) => ({ ...data, job: String(data["job"]).replace(/"runId":"[^"]+"/, '"runId":"a:*"') })],
    ["code from elsewhere", (data) => ({ ...data, job: String(data["job"]).replace('"reference"', '"import"') })],
  ];

  it.each(edits)("fails the run, and imports nothing: %s", async (_, edit) => {
    const { runner, worker, channel, client, queue, prefix } = newQueue(url());
    const running = quietly(run(flow, undefined, { runner, channel }));
    await until(async () => (await client.llen(`${prefix}:${queue}:wait`)) === 1);
    const [id] = await client.lrange(`${prefix}:${queue}:wait`, 0, 0);
    const key = `${prefix}:${queue}:${id}`;
    await client.hset(key, "data", JSON.stringify(edit(JSON.parse((await client.hget(key, "data")) ?? "") as Record<string, unknown>)));
    const served = await worker([flow]);
    expect(await running).toMatchObject({ name: "RunnerError", taskId: "one" });
    expect(served.stats()).toMatchObject({ processed: 0, unreadable: 1 });
  });

  it("is sent again if it was removed", async () => {
    const { runner, worker, channel, client, queue, prefix } = newQueue(url());
    const running = run(flow, undefined, { runner, channel });
    await until(async () => (await client.llen(`${prefix}:${queue}:wait`)) === 1);
    const [id] = await client.lrange(`${prefix}:${queue}:wait`, 0, 0);
    await client.del(`${prefix}:${queue}:wait`, `${prefix}:${queue}:${id}`);
    await delay(100);
    await worker([flow]);
    expect((await running).output).toBe("new");
    expect(runner.stats().resent).toBe(1);
  });
});

describe("tags", () => {
  const [plain, gpu, big] = ["plain", "gpu", "big"].map((name) =>
    task(
      name,
      { tags: name === "plain" ? [] : name === "gpu" ? ["gpu"] : ["gpu", "a:b"] },
      (_: TaskContext, seen: readonly string[] = []) => [...seen, name],
    ),
  );
  const tagged = workflow("tagged", chain(plain as never, gpu as never, big as never) as never);

  it("lead tasks to workers that have them all", async () => {
    const { runner, worker, channel } = newQueue(url());
    const [none, one, both] = [
      await worker([tagged]),
      await worker([tagged], { tags: ["gpu"] }),
      await worker([tagged], { tags: ["a:b", "gpu"], untagged: false }),
    ];
    await both.close();
    const running = run(tagged, undefined, { runner, channel });
    await until(() => one.stats().processed === 1);
    await delay(200);
    expect([none.stats().processed, one.stats().processed]).toEqual([1, 1]);
    const again = await worker([tagged], { tags: ["gpu", "a:b"] });
    expect((await running).output).toEqual(["plain", "gpu", "big"]);
    expect(again.stats().processed).toBe(1);
  });
});
