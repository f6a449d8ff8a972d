import { chain, each, resume, StoreUnavailableError, type TaskContext, task, workflow } from "cairnflow";
import { submit } from "cairnflow/bullmq";
import { describe, expect, it } from "vitest";
import { afterwards } from "../redis/support.js";
import { sharedRedis } from "../servers/redis.js";
import { newRuns, type TestRuns } from "./run-support.js";
import { quietly, until } from "./support.js";

const url = sharedRedis();

/** How often each run has done something, by its id. */
const done = new Map<string, number>();
const noted = (runId: string): number => done.get(runId) ?? 0;

const list = task("list", (ctx: TaskContext, count: number): readonly number[] => {
  done.set(ctx.runId, noted(ctx.runId) + 1);
  return Array.from({ length: count }, (_, n) => n);
});
const square = task("square", (ctx: TaskContext, n: number): Promise<number> => ctx.channel.increment("n", n).then(() => n * n));
const sum = task("sum", async (ctx: TaskContext, all: readonly number[]) => [all.reduce((a, b) => a + b, 0), await ctx.channel.get("n")]);
const squares = workflow("squares", chain(list, each(square), sum));

const broken = { isMended: false };
const first = task("first", (ctx: TaskContext, word: string): string => {
  done.set(ctx.runId, noted(ctx.runId) + 1);
  return word;
});
const second = task("second", (_: TaskContext, word: string): string => {
  if (!broken.isMended) throw new TypeError("no such column");
  return `${word}!`;
});
const mending = workflow("mending", chain(first, second));

const waiting = task("waiting", async (ctx: TaskContext, _: string): Promise<string> => {
  done.set(ctx.runId, noted(ctx.runId) + 1);
  await ctx.sleep("10m");
  return "never";
});
const endless = workflow("endless", waiting);

const echo = workflow(
  "echo",
  task("say", (_: TaskContext, value: unknown): unknown => value),
);

describe("a run that is submitted", () => {
  it("is run by an engine, and its result comes back", async () => {
    const queue = newRuns(url());
    const handle = await queue.runs.submit(squares, 4, { runId: "r1" });
    expect([handle.runId, handle.workflow, await handle.state()]).toEqual(["r1", "squares", "waiting"]);
    const engine = await queue.engine([squares]);
    const result = await handle.result({ timeoutMs: 30_000 });
    expect(result).toEqual({ runId: "r1", status: "completed", output: [14, 6], steps: 6 });
    expect(await queue.runs.state(squares, "r1")).toBe("completed");
    expect(engine.stats()).toMatchObject({ completed: 1, failed: 0, running: 0 });
    expect(engine.isHealthy).toBe(true);
  });

  it("comes back from one call as well, whose handle connects when it is used", async () => {
    const { connection, queue, prefix, engine } = newRuns(url());
    const handle = await submit(squares, 3, { connection, queue, prefix });
    await engine([squares]);
    expect((await handle.result()).output).toEqual([5, 3]);
    expect(await handle.state()).toBe("completed");
  });

  it("is one run, however often it is submitted", async () => {
    const { runs, engine, client, prefix, queue } = newRuns(url());
    const [a, b] = await Promise.all([1, 2].map(() => runs.submit(squares, 2, { runId: "once" })));
    await engine([squares]);
    expect(await a?.result()).toEqual(await b?.result());
    const again = await runs.submit(squares, 2, { runId: "once" });
    expect(await again.state()).toBe("completed");
    expect((await again.result()).output).toEqual([1, 1]);
    expect(noted("once")).toBe(1);
    expect(await client.zcard(`${prefix}:${queue}#runs.squares:completed`)).toBe(1);
  });

  it.each(["123", "constructor", "A.b-c_d"])("may be called %s", async (runId) => {
    const { runs, engine } = newRuns(url());
    await engine([squares]);
    expect((await (await runs.submit(squares, 1, { runId })).result()).runId).toBe(runId);
  });

  it("gives its values exactly, or refuses to take them", async () => {
    const { runs, engine } = newRuns(url());
    await engine([echo]);
    const value = { at: new Date(5), of: new Map([["a", new Set([1n])]]), not: Number.NaN };
    expect((await (await runs.submit(echo, value)).result()).output).toEqual(value);
    expect((await (await runs.submit(echo)).result()).output).toBeUndefined();
    expect(await quietly(runs.submit(echo, () => 1))).toMatchObject({ code: "NOT_SERIALIZABLE" });
  });

  it("is found by its name alone, without its code", async () => {
    const { runs, engine } = newRuns(url());
    await engine([squares]);
    const handle = await runs.submit("squares", 2, { runId: "by-name" });
    expect((await handle.result()).output).toEqual([1, 1]);
    expect((await runs.handle("squares", "by-name").result()).steps).toBe(4);
    expect((await runs.submit(squares, 2, { runId: "by-name" })).runId).toBe("by-name");
  });

  it("is counted by workflow and state", async () => {
    const { runs, engine } = newRuns(url());
    await (await runs.submit(squares, 1)).state();
    await runs.submit(mending, "a");
    expect([...(await runs.counts())]).toEqual([
      ["mending", { waiting: 1, running: 0, completed: 0, failed: 0 }],
      ["squares", { waiting: 1, running: 0, completed: 0, failed: 0 }],
    ]);
    await engine([squares]);
    await until(async () => (await runs.counts()).get("squares")?.completed === 1);
  });
});

describe("runs of one workflow", () => {
  it("are apart when three of them are run at once under one prefix", async () => {
    const { runs, engine } = newRuns(url());
    await engine([squares], { concurrency: 3 });
    const handles = await Promise.all([2, 3, 4].map((count) => runs.submit(squares, count, { runId: `apart-${count}` })));
    const outputs = await Promise.all(handles.map(async (handle) => (await handle.result()).output));
    expect(outputs).toEqual([
      [1, 1],
      [5, 3],
      [14, 6],
    ]);
  });

  it("are not more at a time than the limit over all engines", async () => {
    const { runs, engine, client } = newRuns(url());
    const key = `live-${Math.random()}`;
    const crowd = workflow(
      "crowd",
      task("enter", async (ctx: TaskContext): Promise<number> => {
        const live = await client.incr(key);
        await ctx.sleep(20);
        await client.decr(key);
        return live;
      }),
    );
    const limits = { crowd: { concurrency: 1 } };
    await Promise.all([engine([crowd], { limits }), engine([crowd], { limits })]);
    const handles = await Promise.all(Array.from({ length: 6 }, () => runs.submit(crowd)));
    expect(await Promise.all(handles.map(async (handle) => (await handle.result()).output))).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("are begun as fast as the limit over all engines says", async () => {
    const { runs, engine, client, prefix, queue } = newRuns(url());
    const handles = await Promise.all(Array.from({ length: 6 }, (_, n) => runs.submit(squares, 1, { runId: `slow-${n}` })));
    const limits = { squares: { max: 2, ms: 1_000 } };
    const engines = await Promise.all([engine([squares], { limits }), engine([squares], { limits })]);
    await Promise.all(handles.map((handle) => handle.result()));
    const begun = await Promise.all(
      handles.map(async ({ runId }) => Number(await client.hget(`${prefix}:${queue}#runs.squares:run.${runId}`, "processedOn"))),
    );
    const [a = 0, , b = 0, , c = 0] = begun.sort((one, other) => one - other);
    expect([b - a, c - b].every((pause) => pause > 800)).toBe(true);
    expect(engines.reduce((all, one) => all + one.stats().completed, 0)).toBe(6);
  });
});

describe("a run that fails", () => {
  it("has its result reject with what it failed with, and is gone on with when that is asked for", async () => {
    const { runs, engine } = newRuns(url());
    const started = await engine([mending]);
    const handle = await runs.submit(mending, "word", { runId: "mended" });
    const error = (await quietly(handle.result())) as Error & { code?: string };
    expect([error.name, error.code]).toEqual(["TaskFailedError", "TASK_FAILED"]);
    expect(error.message).toContain('task "second" failed at its only attempt: TypeError: no such column');
    expect(error.cause).toMatchObject({ name: "TypeError", message: "no such column" });
    expect(await handle.state()).toBe("failed");
    expect(started.stats()).toMatchObject({ completed: 0, failed: 1 });
    broken.isMended = true;
    afterwards(() => void (broken.isMended = false));
    expect(await quietly((await runs.submit(mending, "word", { runId: "mended" })).result())).toMatchObject({ code: "TASK_FAILED" });
    const again = await runs.submit(mending, "word", { runId: "mended", retryFailed: true });
    expect((await again.result()).output).toBe("word!");
    expect(noted("mended")).toBe(1);
  });

  it("is told again from its checkpoints when its job is gone, and not done again unless that is asked for", async () => {
    const { runs, engine, client, prefix, queue } = newRuns(url());
    await engine([mending]);
    await quietly((await runs.submit(mending, "word", { runId: "told" })).result());
    await forget({ client, prefix, queue }, "mending", "told");
    broken.isMended = true;
    afterwards(() => void (broken.isMended = false));
    const error = await quietly((await runs.submit(mending, "word", { runId: "told" })).result());
    expect(error).toMatchObject({ code: "TASK_FAILED" });
    await forget({ client, prefix, queue }, "mending", "told");
    const again = await runs.submit(mending, "word", { runId: "told", retryFailed: true });
    expect((await again.result()).output).toBe("word!");
  });
});

describe("a run that has ended longer ago than its job is kept", () => {
  it("has its result told from its checkpoints, and nothing is done again", async () => {
    const { runs, engine, client, prefix, queue } = newRuns(url());
    await engine([squares]);
    const before = await (await runs.submit(squares, 3, { runId: "old" })).result();
    await forget({ client, prefix, queue }, "squares", "old");
    expect(await runs.state(squares, "old")).toBe("unknown");
    expect(await quietly(runs.handle(squares, "old").result())).toMatchObject({ code: "RUNNER", outcome: "unknown" });
    expect(await (await runs.submit(squares, 3, { runId: "old" })).result()).toEqual(before);
    expect(noted("old")).toBe(1);
  });

  it("has its result told by an engine that could not run it any more", async () => {
    const { runs, engine, client, prefix, queue } = newRuns(url());
    const before = await engine([squares]);
    await (await runs.submit(squares, 3, { runId: "outlived" })).result();
    await before.close();
    await forget({ client, prefix, queue }, "squares", "outlived");
    await engine([workflow("squares", chain(list, sum), { version: 7 })]);
    expect((await (await runs.submit("squares", 3, { runId: "outlived" })).result()).output).toEqual([5, 3]);
  });

  it("is forgotten with its job, when that is no longer kept", async () => {
    const { runs, engine, client, prefix, queue } = newRuns(url());
    await engine([squares], { keepMs: 1_000 });
    await (await runs.submit(squares, 1, { runId: "brief" })).result();
    await until(async () => (await client.pttl(`${prefix}:${queue}#runs:run:brief`)) > 0);
    await until(async () => (await client.exists(`${prefix}:${queue}#runs:run:brief`)) === 0);
  });

  it("keeps its id: another input is refused by its checkpoints", async () => {
    const { runs, engine, client, prefix, queue } = newRuns(url());
    await engine([squares]);
    await (await runs.submit(squares, 3, { runId: "kept" })).result();
    await forget({ client, prefix, queue }, "squares", "kept");
    const error = await quietly((await runs.submit(squares, 4, { runId: "kept" })).result());
    expect(error).toMatchObject({ code: "DUPLICATE_ID", message: expect.stringContaining("another input") });
  });
});

describe("a result that is waited for", () => {
  it("can be given up, which the run does not notice", async () => {
    const { runs, engine } = newRuns(url());
    const handle = await runs.submit(squares, 2);
    expect(await quietly(handle.result({ timeoutMs: 50 }))).toMatchObject({ code: "RUNNER", outcome: "unknown", runId: handle.runId });
    await engine([squares]);
    expect((await handle.result()).output).toEqual([1, 1]);
  });

  it("is not had any more once the queue is closed", async () => {
    const { runs } = newRuns(url());
    const handle = await runs.submit(squares, 2);
    const waited = quietly(handle.result());
    await handle.state();
    await runs.close();
    expect(await waited).toMatchObject({ code: "USAGE" });
    expect(await quietly(handle.state())).toMatchObject({ code: "USAGE" });
  });
});

describe("a run that is cancelled", () => {
  it("is taken out of the queue if it waits, and comes back when that is asked for", async () => {
    const { runs, engine } = newRuns(url());
    const handle = await runs.submit(squares, 2, { runId: "out" });
    expect(await runs.cancel(squares, "out")).toBe("waiting");
    expect(await handle.state()).toBe("cancelled");
    expect(await quietly(handle.result())).toMatchObject({ code: "RUN_CANCELLED" });
    expect(await runs.cancel(squares, "out")).toBe("cancelled");
    expect(await (await runs.submit(squares, 2, { runId: "out" })).state()).toBe("cancelled");
    const again = await runs.submit(squares, 2, { runId: "out", retryFailed: true });
    await engine([squares]);
    expect((await again.result()).output).toEqual([1, 1]);
    expect(await runs.cancel(squares, "out")).toBe("completed");
  });

  it("is stopped by its engine if it is under way, and can be gone on with", async () => {
    const { runs, engine, store } = newRuns(url());
    await engine([endless]);
    const handle = await runs.submit(endless, "x", { runId: "under-way" });
    await until(() => noted("under-way") === 1);
    expect(await runs.cancel(endless, "under-way")).toBe("running");
    expect(await quietly(handle.result())).toMatchObject({ code: "RUN_CANCELLED" });
    expect(await handle.state()).toBe("cancelled");
    expect(await store.owner("under-way")).toBeNull();
    await runs.submit(endless, "x", { runId: "under-way", retryFailed: true });
    await until(() => noted("under-way") === 2);
    expect(await handle.state()).toBe("running");
  });

  it("is left as it is if it was never submitted", async () => {
    const { runs, client, prefix, queue } = newRuns(url());
    expect(await runs.cancel(squares, "nobody")).toBe("unknown");
    expect(await client.keys(`${prefix}:${queue}*`)).toEqual([]);
  });
});

describe("a run that somebody has", () => {
  it("waits until they let go of it, and is gone on with then", async () => {
    const { runs, engine, store } = newRuns(url());
    await store.open();
    const theirs = await store.acquire("theirs");
    const keepUp = setInterval(() => theirs.renew(), 200);
    afterwards(() => clearInterval(keepUp));
    const started = await engine([squares]);
    const handle = await runs.submit(squares, 2, { runId: "theirs" });
    await until(async () => (await handle.state()) === "running");
    expect(noted("theirs")).toBe(0);
    clearInterval(keepUp);
    await theirs.release();
    expect((await handle.result()).output).toEqual([1, 1]);
    expect(started.stats()).toMatchObject({ completed: 1, failed: 0 });
  });

  it("is dropped when they take it over by hand, and has their result", async () => {
    const { runs, engine, store } = newRuns(url());
    let holds = 0;
    const hold = task("hold", async (ctx: TaskContext, word: string): Promise<string> => {
      if (holds++ === 0) await ctx.sleep("10m");
      return word;
    });
    const held = workflow("held", hold);
    const started = await engine([held]);
    const handle = await runs.submit(held, "w", { runId: "by-hand" });
    await until(() => holds === 1);
    expect((await resume(held, { from: store, runId: "by-hand", takeOver: true, durability: "step" })).output).toBe("w");
    expect((await handle.result()).output).toBe("w");
    expect(started.stats()).toMatchObject({ replaced: 1, completed: 1, failed: 0 });
  });
});

describe("a run whose store is away", () => {
  it("is put off until the store is back", async () => {
    const { runs, engine, store } = newRuns(url());
    let refusals = 2;
    const owner: typeof store.owner = (runId) =>
      refusals-- > 0 ? Promise.reject(new StoreUnavailableError("the store is away")) : store.owner(runId);
    const checkpoints = new Proxy(store, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        return name === "owner" ? owner : typeof value === "function" ? value.bind(of) : value;
      },
    });
    const started = await engine([squares], { checkpoints });
    expect((await (await runs.submit(squares, 2)).result()).output).toEqual([1, 1]);
    expect(refusals).toBeLessThan(0);
    expect(started.stats()).toMatchObject({ putOff: 2, completed: 1, failed: 0 });
  });
});

/** What happens when a run is no longer kept. */
async function forget({ client, prefix, queue }: Pick<TestRuns, "client" | "prefix" | "queue">, workflow: string, runId: string) {
  const base = `${prefix}:${queue}#runs`;
  const removed = await client.del(`${base}.${workflow}:run.${runId}`, `${base}:run:${runId}`);
  expect(removed).toBe(2);
  await client.zrem(`${base}.${workflow}:completed`, `run.${runId}`);
  await client.zrem(`${base}.${workflow}:failed`, `run.${runId}`);
}
