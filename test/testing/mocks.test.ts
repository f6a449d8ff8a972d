import {
  chain,
  each,
  InvalidOptionError,
  MemoryCheckpointStore,
  parallel,
  resume,
  run,
  type TaskContext,
  type TaskRunner,
  task,
  workflow,
  workflowOf,
} from "cairnflow";
import { type Mocks, returns, simulatedClock, throwOnce, throwTimes, withMocks } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const double = task("double", (_ctx: TaskContext, n: number) => n * 2);
const describeIt = task("describe", (_ctx: TaskContext, n: number) => `it is ${n}`);
const flow = workflow("numbers", chain(double, describeIt), { version: 3 });
const nowhere: TaskRunner = {
  kind: "nowhere",
  fallsBack: false,
  begin: async () => {},
  run: () => Promise.reject(new RangeError("nobody is there")),
  end: async () => {},
};

describe("a mock", () => {
  it("takes the place of a body, with the context and the input of the task", async () => {
    const mocked = withMocks(flow, { double: (ctx, n: number) => n + ctx.taskId.length });
    expect((await mocked.run(1)).output).toBe("it is 7");
    expect((await flow.run(1)).output).toBe("it is 2");
  });

  it("may call the body that it takes the place of", async () => {
    const seen: unknown[] = [];
    const mocked = withMocks(flow, { double: (_ctx, n, original) => [seen.push(n), original()][1] });
    expect((await mocked.run(4)).output).toBe("it is 8");
    expect(seen).toEqual([4]);
  });

  it("may be put over another mock", async () => {
    const once = withMocks(flow, { double: () => 5 });
    const twice = withMocks(once, { double: (_ctx, _n, original) => (original() as number) + 1, describe: (_ctx, n) => n });
    expect((await twice.run(0)).output).toBe(6);
  });

  it("is called where other bodies queue the task or jump to it", async () => {
    const mend = task("mend", (_ctx: TaskContext, part: string) => `${part} mended`);
    const check = task("check", (ctx: TaskContext) => ctx.nextTask(mend, { input: "door" }));
    const leap = task("leap", (ctx: TaskContext) => ctx.goto(check));
    const mocked = withMocks(workflow("w", chain(leap, check), { tasks: [mend] }), { mend: returns("mocked") });
    const completed: string[] = [];
    await mocked.run(undefined, { events: { taskCompleted: ({ taskId }) => void completed.push(taskId) } });
    expect(completed).toEqual(["leap", "check", "mend"]);
    await expect(mocked.run()).rejects.toMatchObject({ taskId: "mend", cause: { code: "USAGE" } });
  });

  it("keeps the retries, the time-out and the policies of its task", async () => {
    const clock = simulatedClock();
    const slow = task("slow", { timeout: "1m", retry: { maxRetries: 2, initialWait: "1h", jitter: 0 } }, () => "real");
    const ends = withMocks(workflow("w", slow), { slow: (ctx) => (ctx.attempt < 3 ? ctx.sleep("2m") : "late") }).run(undefined, { clock });
    await clock.runUntilIdle();
    expect((await ends).output).toBe("late");
    expect(clock.now()).toBe(simulatedClock().now() + 2 * 60_000 + 3 * 3_600_000);
  });

  it("keeps the schemas of its task", async () => {
    const typed = task("typed", { input: z.coerce.number(), output: z.string() }, (_ctx, n: number) => `${n}`);
    const [echo, wrong] = [{ typed: (_ctx: TaskContext, n: unknown) => typeof n }, { typed: returns(1) }];
    expect((await withMocks(workflow("w", typed), echo).run("7")).output).toBe("number");
    await expect(withMocks(workflow("w", typed), wrong).run("7")).rejects.toMatchObject({ cause: { code: "SCHEMA" } });
  });

  it("runs here, whatever the handler of its task and the runner of the run", async () => {
    const far = task("far", { handler: "thread" }, () => "far");
    const board = task("board", { handler: "board", input: z.unknown() }, () => "board");
    const mocked = withMocks(workflow("w", chain(far, board)), { far: returns("near"), board: (_ctx, input) => [input, "here"] });
    expect((await mocked.run(undefined, { runner: nowhere })).output).toEqual(["near", "here"]);
    const handlers = { thread: nowhere, board: nowhere };
    const again = withMocks(workflow("w", chain(far, board)), { far: throwOnce(new Error("x")), board: returns("here") });
    expect((await again.run(undefined, { handlers, defaultRetry: { maxRetries: 1, initialWait: 1 } })).output).toBe("here");
  });

  it("stands for a method of a class", async () => {
    @workflow("shop")
    class Shop {
      @task({ start: true, next: "ship" })
      pack(_ctx: TaskContext, order: string): string {
        return `packed ${order}`;
      }
      @task()
      ship(_ctx: TaskContext, parcel: string): string {
        return `shipped ${parcel}`;
      }
    }
    expect((await run(withMocks(Shop, { pack: () => "mocked" }), "o")).output).toBe("shipped mocked");
    expect((await run(withMocks(workflowOf(new Shop()), { ship: () => "mocked" }), "o")).output).toBe("mocked");
  });

  it("leaves name, version, graph and references as they are: checkpoints fit both ways", async () => {
    const mocked = withMocks(flow, { describe: throwOnce(new Error("down")) });
    expect([mocked.name, mocked.version, mocked.graph.hash()]).toEqual([flow.name, flow.version, flow.graph.hash()]);
    const store = new MemoryCheckpointStore();
    await expect(mocked.run(3, { checkpoints: store, runId: "a" })).rejects.toThrow("describe");
    expect((await resume(flow, { from: store, runId: "a" })).output).toBe("it is 6");
    const broken = withMocks(flow, { describe: throwTimes(9, new Error("down")) });
    await expect(broken.run(3, { checkpoints: store, runId: "b" })).rejects.toThrow("describe");
    expect((await withMocks(flow, { describe: returns("mocked") }).resume({ from: store, runId: "b" })).output).toBe("mocked");
  });
});

describe("a series of calls", () => {
  it("returns its outputs one a call, then fails and says so", async () => {
    const mocked = withMocks(workflow("w", each(double)), { double: returns(10, 20) });
    expect((await mocked.run([1, 2])).output).toEqual([10, 20]);
    const used = withMocks(flow, { double: returns(10) });
    await used.run(1);
    const error = await used.run(1, { defaultRetry: 3 }).catch((caught) => caught);
    expect(error).toMatchObject({ code: "TASK_FAILED", attempts: 1, cause: { code: "USAGE" } });
    expect(error.cause.message).toContain('the mock of task "double" was given 1 output and is called once more');
  });

  it("is counted afresh by each workflow that it is given to", async () => {
    const mocks: Mocks = { double: returns(1) };
    for (let use = 0; use < 2; use++) expect((await withMocks(flow, mocks).run(0)).output).toBe("it is 1");
  });

  it("throws as often as it was told, then leaves the task to its own body", async () => {
    const clock = simulatedClock();
    const running = withMocks(flow, { double: throwTimes(2, new Error("not yet")) }).run(4, { clock, defaultRetry: 2 });
    await clock.runUntilIdle();
    expect((await running).output).toBe("it is 8");
  });

  it("of nothing, or of a strange number, is refused", () => {
    expect(() => returns()).toThrow(InvalidOptionError);
    for (const times of [0, -1, 1.5, Number.NaN, "2"])
      expect(() => throwTimes(times as number, new Error("x"))).toThrow(InvalidOptionError);
  });
});

describe("mocks that do not fit are refused", () => {
  it.each(["duoble", "constructor", "toString", "hasOwnProperty", ""])(
    "for a task %j that there is not, naming those there are",
    (name) => {
      expect(() => withMocks(flow, { [name]: () => 1 })).toThrow(/does not have: expected one of double, describe/);
    },
  );

  it("when they are no plain object, or set its prototype", () => {
    for (const mocks of [
      null,
      5,
      [],
      new Map(),
      JSON.parse('{"__proto__": 1}'),
      { ["__proto__" as never]: () => 1 },
      { __proto__: () => 1 },
    ])
      expect(() => withMocks(flow, mocks as unknown as Mocks)).toThrow(InvalidOptionError);
  });

  it.each([null, 5, "double", {}, [1], { begin: 1 }])("when one is %j", (mock) => {
    expect(() => withMocks(flow, { double: mock as never })).toThrow(InvalidOptionError);
  });

  it("when their name is that of two tasks, naming both in full", async () => {
    const one = task("same", { module: "a" }, () => "a");
    const two = task("same", { module: "b" }, () => "b");
    const go = task("go", (ctx: TaskContext) => ctx.nextTask(two, { id: "second" }));
    const w = workflow("w", parallel([one, go]), { tasks: [two] });
    expect(() => withMocks(w, { same: () => 1 })).toThrow(/"a#same" or "b#same"/);
    expect((await withMocks(w, { "a#same": () => "mocked" }).run()).output).toEqual({ same: "mocked", go: undefined });
    expect(() => withMocks(w, { "c#same": () => 1 })).toThrow(InvalidOptionError);
  });
});
