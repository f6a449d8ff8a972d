import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ThreadRunnerOptions } from "../../src/thread/index.js";
import { transpile } from "../file/transpile.js";

// Threads need plain JavaScript: what is tested here is the library as it is built.
const built = (door: string): Promise<unknown> => import(new URL(`../../dist/${door}.js`, import.meta.url).href);
const { ExecutionContext, openCheckpointStore } = (await built("index")) as typeof import("../../src/index.js");
const { threadRunner } = (await built("thread/index")) as typeof import("../../src/thread/index.js");
const address = new URL("./flows.mjs", import.meta.url);
const flows = (await import(address.href)) as Record<string, object>;

function threads(options: Partial<ThreadRunnerOptions> = {}) {
  const thread = threadRunner({ modules: [address], threads: 2, killAfterMs: 100, ...options });
  onTestFinished(() => thread.close());
  return thread;
}

type Options = NonNullable<Parameters<typeof ExecutionContext.create>[1]>;

const contextOf = (name: string, options: Options = {}) =>
  ExecutionContext.create(flows[name] as object, { handlers: { thread: threads() }, ...options });

describe('a task with the handler "thread"', () => {
  it("runs in a thread, with all that its context offers", async () => {
    const said: unknown[] = [];
    const logged: unknown[] = [];
    const note = (fields: object, message: string): void => void logged.push([fields, message]);
    const context = contextOf("counting", {
      runId: "r1",
      seed: "s",
      events: { taskProgress: ({ done, total, label }) => void said.push([done, total, label]) },
      logger: { debug: note, info: note, warn: note, error: note },
    });
    const { output } = await context.run();

    const here = ExecutionContext.create(flows["counting"] as object, { runId: "r1", seed: "s", handlers: { thread: asHere() } });
    const local = (await here.run()).output as object;
    expect(output).toEqual({ ...local, thread: expect.any(Number) });
    expect(output).toMatchObject({ sum: 42, seen: 2, keys: ["n"] });
    expect((output as { thread: number }).thread).toBeGreaterThan(0);
    expect(said).toEqual([[1, 2, "half"]]);
    expect(logged).toContainEqual([expect.objectContaining({ runId: "r1", taskId: "count", sum: 42 }), "counted"]);
    expect(context.metric("sum")).toBe(42);
    expect(await context.channel.get("n")).toBe(42);
  });

  it("leaves the engine's own thread free, and shares the pool with others", async () => {
    let beats = 0;
    const timer = setInterval(() => beats++, 5);
    const { output } = await contextOf("spreading").run();
    clearInterval(timer);
    expect(new Set(output as number[]).size).toBe(2);
    expect(beats).toBeGreaterThan(3);
  });

  it("is tried again when it throws, and when it ends its thread", async () => {
    expect((await contextOf("retried").run()).output).toBe(3);
    expect((await contextOf("deadly").run()).output).toBe("lived");
  });

  it("that never lets go of its thread loses it at its time-out", async () => {
    const error = await contextOf("hanging")
      .run()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "TASK_FAILED",
      cause: { name: "TaskTimeoutError", message: expect.stringContaining("its thread was ended") },
    });
  });

  it("hears that the run was stopped, and is saved as it was", async () => {
    const context = contextOf("waiting", { graceMs: 20 });
    context.events.on("taskStarted", () => void setTimeout(() => context.stop(), 20));
    expect(await context.run()).toMatchObject({ status: "stopped", steps: 0 });
  });

  it("may take a checkpoint in its middle", async () => {
    const context = contextOf("saving", { runId: "r1", checkpoints: "memory:threads" });
    expect((await context.run()).output).toBe(1);
    const saved = await openCheckpointStore("memory:threads").latest("r1");
    expect([saved?.info.name, saved?.channel, saved?.tasks]).toMatchObject(["half", new Map([["half", true]]), [{ taskId: "saver" }]]);
  });

  it.each([
    ["does not hold its workflow", new URL("../../dist/index.js", import.meta.url), "which is not served here"],
    ["cannot be imported", new URL("./nowhere.mjs", import.meta.url), "cannot be used: Error: Cannot find module"],
  ])("runs in the engine's own thread if the module named for it %s, with a warning", async (_, module, why) => {
    const warnings: string[] = [];
    const context = contextOf("counting", {
      handlers: { thread: threads({ modules: [module] }) },
      events: { warning: ({ code, message }) => void warnings.push(`${code} ${message}`) },
    });
    expect((await context.run()).output).toMatchObject({ sum: 42, thread: 0 });
    expect(warnings).toEqual([
      expect.stringMatching(`NOT_MOVED task "count" runs in the engine's own thread, as thread cannot run it: .*${why}`),
    ]);
  });

  it("fails its run, which can be resumed, when the threads are ended under it", async () => {
    const thread = threads();
    const context = contextOf("waiting", { handlers: { thread }, runId: "r2", checkpoints: "memory:closed-threads" });
    context.events.on("taskStarted", () => void setTimeout(() => thread.close(), 50));
    await expect(context.run()).rejects.toMatchObject({ code: "RUNNER" });
    const saved = await openCheckpointStore("memory:closed-threads").latest("r2");
    expect(saved?.tasks).toMatchObject([{ taskId: "patient" }]);
  });
});

/** A runner by which every body runs here: one whose code nobody has. */
const asHere = () => threads({ modules: [new URL("../../dist/index.js", import.meta.url)] });

describe("threadRunner", () => {
  it("says which package is missing, and can be closed all the same", () => {
    const folder = mkdtempSync(join(tmpdir(), "cairnflow-no-piscina-"));
    const program = transpile(new URL("./missing-process.ts", import.meta.url), folder);
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(fileURLToPath(new URL("../../node_modules/superjson", import.meta.url)), join(folder, "node_modules/superjson"));
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect([stdout, stderr]).toEqual([expect.stringMatching(/^MISSING_PACKAGE ERR_MODULE_NOT_FOUND .*`npm install piscina`/), ""]);
  });

  it.each([
    [{ modules: [] }, "modules"],
    [{ modules: ["./flows.js"] }, "modules"],
    [{ modules: ["data:text/javascript,0"] }, "modules"],
    [{ modules: ["https://example.com/flows.js"] }, "modules"],
    [{ modules: "x" as never }, "modules"],
    [{ threads: 0 }, "`threads` is 0: expected a whole number from 1 to 1024"],
    [{ threads: 1.5 }, "threads"],
    [{ killAfterMs: -1 }, "killAfterMs"],
    [{ idleMs: "1 s" as never }, "idleMs"],
  ])("refuses %j", (options, message) => {
    expect(() => threadRunner({ modules: [address], ...options })).toThrow(message);
  });
});
