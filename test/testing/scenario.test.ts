import {
  chain,
  each,
  InvalidOptionError,
  MemoryChannel,
  MemoryCheckpointStore,
  openCheckpointStore,
  parallel,
  type TaskContext,
  TaskGraph,
  type TaskHandler,
  task,
  workflow,
} from "cairnflow";
import { resumeScenario, ScenarioError, scenario, simulatedClock, throwOnce } from "cairnflow/testing";
import { describe, expect, it } from "vitest";

interface Order {
  readonly id: string;
}
interface OrderState {
  paid: number;
  note: string;
}
const validate = task("validate", async (ctx: TaskContext<OrderState>, order: Order) => {
  await ctx.channel.set("note", order.id);
  return order;
});
const pay = task("pay", { retry: { maxRetries: 2, initialWait: "1h", jitter: 0 } }, async (ctx: TaskContext<OrderState>, { id }: Order) => {
  ctx.checkpoint({}, { name: "paid" });
  await ctx.channel.increment("paid", 10);
  return `receipt ${id}`;
});
const ship = task("ship", async (ctx: TaskContext, receipt: string) => {
  await ctx.sleep("2d");
  return `shipped ${receipt}`;
});
const order = workflow("order", chain(validate, pay, ship));
const input = { id: "o1" };
const declined = { pay: throwOnce(new Error("declined")) };
const sleeper = (name: string) =>
  task(name, async (ctx: TaskContext, ms: number) => {
    await ctx.sleep(ms);
    return name;
  });

describe("a scenario", () => {
  it("goes on one attempt at a time, and gives what came of each", async () => {
    const story = scenario(order, { input, mocks: declined });
    const seen = [];
    for (let entry = await story.next(); entry !== null; entry = await story.next()) seen.push([entry.task, entry.attempt, entry.became]);
    expect(seen).toEqual([
      ["validate", 1, "completed"],
      ["pay", 1, "retrying"],
      ["pay", 2, "completed"],
      ["ship", 1, "completed"],
    ]);
    expect([story.result?.output, await story.next()]).toEqual(["shipped receipt o1", null]);
  });

  it("does nothing before it is told to", async () => {
    let calls = 0;
    const story = scenario(
      workflow(
        "w",
        task("count", () => ++calls),
      ),
    );
    await new Promise(setImmediate);
    expect([calls, story.trace.length]).toEqual([0, 0]);
    await story.toEnd();
    expect(calls).toBe(1);
  });

  it("stops before a task begins, with its input to be seen", async () => {
    const story = scenario(order, { input, mocks: declined });
    expect(await story.until("pay")).toMatchObject({ taskId: "pay", attempt: 1, input });
    expect(story.trace.map(({ task }) => task)).toEqual(["validate"]);
    expect(story.completedTasks).toEqual(["validate"]);
    expect((await story.until("ship")).input).toBe("receipt o1");
    expect(await story.next()).toMatchObject({ task: "ship" });
  });

  it("stops after a task has completed, its retries included", async () => {
    const story = scenario(order, { input, mocks: declined });
    expect(await story.after("pay")).toMatchObject({ attempt: 2, output: "receipt o1", at: 3_600_000 });
    expect(await story.channel.get("paid")).toBe(10);
    expect(story.pending.map(({ taskId }) => taskId)).toEqual(["ship"]);
  });

  it("stops at a checkpoint by its name, each once", async () => {
    const loop = task("loop", (ctx: TaskContext) => {
      ctx.checkpoint({ n: ctx.cycle }, { name: "again" });
      if (ctx.cycle < 3) ctx.nextIteration();
    });
    const story = scenario(workflow("w", loop));
    for (const n of [1, 2, 3]) expect((await story.untilCheckpoint("again")).metadata).toEqual({ n });
    await expect(story.untilCheckpoint("again")).rejects.toThrow(ScenarioError);
  });

  it("lets time pass as far as it is told, and everything happen within it", async () => {
    const story = scenario(order, { input, mocks: declined });
    await story.advance("59m");
    expect(story.trace.length).toBe(2);
    expect(story.pending).toMatchObject([{ taskId: "pay", attempt: 2 }]);
    await story.advance("1m");
    expect(story.running).toMatchObject([{ taskId: "ship" }]);
    await story.advance("2 days");
    expect([story.result?.status, story.clock.now() - simulatedClock().now()]).toEqual(["completed", 49 * 3_600_000]);
  });

  it("runs side by side what waits side by side: time passes once", async () => {
    const both = workflow("w", parallel([sleeper("slow"), sleeper("quick")]));
    const story = scenario(both, { input: 1_000, mocks: { quick: (ctx) => ctx.sleep(400) } });
    await story.toEnd();
    expect(story.trace.map(({ task, at }) => [task, at])).toEqual([
      ["quick", 400],
      ["slow", 1_000],
    ]);
  });

  it("gives attempts that end at one time one after the other", async () => {
    const story = scenario(workflow("w", parallel([sleeper("a"), sleeper("b")])), { input: 5 });
    expect([(await story.next())?.task, (await story.next())?.task, await story.next()]).toEqual(["a", "b", null]);
  });

  it("takes calls that are not awaited one after the other", async () => {
    const story = scenario(order, { input });
    const entries = await Promise.all([story.next(), story.next(), story.toEnd()]);
    expect(entries.slice(0, 2)).toMatchObject([{ task: "validate" }, { task: "pay" }]);
  });

  it("rejects as the run does, and keeps the error", async () => {
    const story = scenario(order, { input, mocks: { validate: () => Promise.reject(new RangeError("bad order")) } });
    await expect(story.toEnd()).rejects.toMatchObject({ code: "TASK_FAILED", taskId: "validate" });
    expect(story.error).toMatchObject({ code: "TASK_FAILED" });
    expect([story.result, await story.next()]).toEqual([null, expect.objectContaining({ task: "validate", became: "failed" })]);
  });

  it("begins with the channel it is given: values, or a channel", async () => {
    const story = scenario(order, { input, channel: { paid: 5 } });
    await story.after("pay");
    expect(await story.channel.get("paid")).toBe(15);
    const channel = new MemoryChannel<OrderState>();
    await channel.set("paid", 1);
    const other = scenario(order, { input, channel });
    expect((await other.after("pay")).changes).toEqual({ paid: { before: 1, after: 11 } });
    expect(await channel.get("paid")).toBe(11);
  });

  it("takes the same ids, chance and time at every run", async () => {
    const chance = task("chance", (ctx: TaskContext) => {
      ctx.checkpoint();
      return [ctx.random(), ctx.uuid(), ctx.now(), ctx.idempotencyKey()];
    });
    const texts = [];
    for (let run = 0; run < 2; run++) {
      const story = scenario(workflow("w", chance));
      const { checkpoint } = await story.toEnd();
      texts.push(`${story.trace} ${JSON.stringify(checkpoint)}`);
    }
    expect(texts[0]).toBe(texts[1]);
    const other = scenario(workflow("w", chance), { seed: 2, runId: "other" });
    await other.toEnd();
    expect(String(other.trace)).not.toBe(texts[0]?.split(" {")[0]);
    expect(other.runId).toBe("other");
  });

  it("runs bodies here, whatever their handler, except by handlers that it is given", async () => {
    const far = task("far", { handler: "thread" }, () => "here");
    const asked = task("asked", { handler: "people" }, (_ctx, input: string) => input);
    const people: TaskHandler = { run: ({ input, invoke }) => [input, invoke()] };
    const story = scenario(workflow("w", chain(far, asked)), { handlers: { people } });
    expect((await story.toEnd()).output).toEqual(["here", "here"]);
  });

  it("holds back jumps, dynamic tasks and members of groups alike", async () => {
    const mend = task("mend", (_ctx: TaskContext, n: number) => n);
    const spread = task("spread", (ctx: TaskContext, n: number) => ctx.nextTask(mend, { input: n, id: `mend-${n}` }));
    const story = scenario(workflow("w", each(spread), { tasks: [mend] }), { input: [1, 2] });
    expect(await story.until("mend")).toMatchObject({ taskId: "mend-1" });
    expect((await story.after("mend")).output).toBe(1);
    expect(await story.after("mend")).toMatchObject({ task: "mend-2", name: "mend" });
  });

  it("waits for bodies that take real time", async () => {
    const real = task("real", () => new Promise((resolve) => setTimeout(resolve, 30, "done")));
    expect((await scenario(workflow("w", real)).toEnd()).output).toBe("done");
  });

  it("stops in good order, or when it is disposed of", async () => {
    const story = scenario(order, { input });
    await story.until("ship");
    expect(await story.stop("enough")).toMatchObject({ status: "stopped", message: "enough" });
    {
      await using left = scenario(order, { input });
      await left.until("pay");
    }
    await using unused = scenario(order, { input });
    expect(unused.trace).toHaveLength(0);
  });
});

describe("a killed scenario", () => {
  it("is resumed from its newest checkpoint, and does nothing more itself", async () => {
    const clock = simulatedClock();
    const story = scenario(order, { input, clock });
    await story.untilCheckpoint("paid");
    await story.advance("1d");
    story.kill();
    const before = String(story.trace);
    await expect(story.next()).rejects.toThrow(ScenarioError);
    expect(clock.pendingTimers).toEqual([]);
    const later = await resumeScenario(order, { from: story.store, clock, mocks: { ship: (_ctx, receipt) => [receipt, "again"] } });
    expect((await later.toEnd()).output).toEqual(["receipt o1", "again"]);
    expect(later.trace.map(({ task, attempt }) => [task, attempt])).toEqual([["ship", 1]]);
    expect([String(story.trace), story.result]).toEqual([before, null]);
  });

  it("is resumed from an older checkpoint by its name, and stores further ones beside those there are", async () => {
    const loop = task("loop", async (ctx: TaskContext<{ sum: number }>) => {
      const sum = await ctx.channel.increment("sum", ctx.cycle);
      ctx.checkpoint({}, { name: `at-${ctx.cycle}` });
      if (ctx.cycle < 4) ctx.nextIteration();
      return sum;
    });
    const flow = workflow("w", loop);
    const store = new MemoryCheckpointStore();
    const story = scenario(flow, { checkpoints: { store }, runId: "r" });
    await story.untilCheckpoint("at-3");
    story.kill();
    const later = await resumeScenario(flow, { from: store, runId: "r", at: "at-2" });
    const added = await later.untilCheckpoint("at-4");
    const ids = (await openCheckpointStore(store).list("r")).map(({ id }) => id);
    expect([ids[0], new Set(ids).size]).toEqual([added.id, ids.length]);
    await later.toEnd();
    expect(later.trace.map(({ cycle, output }) => [cycle, output])).toEqual([
      [3, 6],
      [4, 10],
    ]);
  });
});

describe("a scenario that does not go on ends with a report", () => {
  it("when a body waits for something that does not happen", async () => {
    const stuck = workflow(
      "w",
      chain(
        validate,
        task("deaf", () => new Promise(() => {})),
      ),
    );
    const story = scenario(stuck, { input, patience: 30 });
    await expect(story.toEnd()).rejects.toThrow(
      /"w" does not go on: under way: "deaf" \(cycle 1, attempt 1\); pending: none; timers: none/,
    );
    await expect(story.next().then(() => story.next())).rejects.toThrow(ScenarioError);
  });

  it("when timers are set for ever, saying what waits and since when", async () => {
    const restless = task("restless", async (ctx: TaskContext) => {
      for (;;) await ctx.sleep("1m");
    });
    const story = scenario(workflow("w", restless), { maxMoves: 50 });
    await expect(story.toEnd()).rejects.toThrow(/within 50 bodies and timers: under way: "restless" \(cycle 1, attempt 1\) for 49m.*in 1m/);
  });

  it("when tasks follow each other for ever", async () => {
    const graph = new TaskGraph("w");
    const ping = task("ping", { start: true, next: "pong" }, () => 1);
    graph.add(ping).add(task("pong", { next: "ping" }, () => 2));
    await expect(scenario(graph, { maxMoves: 20 }).toEnd()).rejects.toThrow(/within 20 bodies/);
    await expect(scenario(graph, { maxSteps: 10 }).toEnd()).rejects.toMatchObject({ code: "STEP_LIMIT" });
  });

  it("when the run ends before it came where it was to go", async () => {
    const ended = scenario(order, { input, mocks: { validate: (ctx) => ctx.terminate("no stock") } });
    await expect(ended.until("ship")).rejects.toThrow(/ended \(completed\) before task "ship" began; it ran "validate"/);
    await expect(ended.after("pay")).rejects.toThrow(/before task "pay" completed/);
    const failed = scenario(order, { input, mocks: { validate: () => Promise.reject(new Error("x")) } });
    await expect(failed.untilCheckpoint("paid")).rejects.toMatchObject({ code: "SCENARIO", cause: { code: "TASK_FAILED" } });
  });
});

describe("a scenario refuses", () => {
  it.each([
    [{ inptu: 1 }, /no option "inptu"/],
    [{ runner: {} }, /no option "runner"/],
    [{ clock: {} }, /simulatedClock/],
    [{ channel: 5 }, /option channel/],
    [{ channel: { "a b": 1 } }, /channel key/],
    [{ channel: { "pay.__result__": 1 } }, /mock the task/],
    [{ channel: { f: () => 1 } }, /channel\.f/],
    [{ strictDeterminism: "yes" }, /strictDeterminism/],
    [{ maxMoves: 0 }, /maxMoves/],
    [{ patience: "soon" }, /patience/],
    [{ runId: "../x" }, /run id/],
    [{ mocks: { pya: () => 1 } }, /expected one of validate, pay, ship/],
  ])("options that do not fit: %j", (options, message) => {
    expect(() => scenario(order, { input, ...options } as never)).toThrow(message);
  });

  it("tasks and names that there are not", async () => {
    const story = scenario(order, { input });
    await expect(story.until("pya")).rejects.toThrow(/expected one of validate, pay, ship/);
    await expect(story.after("constructor")).rejects.toThrow(InvalidOptionError);
    await expect(story.untilCheckpoint("../paid")).rejects.toMatchObject({ code: "INVALID_ID" });
    await expect(story.advance("soon")).rejects.toThrow(InvalidOptionError);
  });

  it("a resume from where nothing is", async () => {
    await expect(resumeScenario(order, { from: new MemoryCheckpointStore() })).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
    await expect(resumeScenario(order, { from: new MemoryCheckpointStore(), input: 1 } as never)).rejects.toThrow(/no option "input"/);
  });
});
