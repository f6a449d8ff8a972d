import { chain, type TaskContext, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";
import { ownRedis, sharedRedis } from "../servers/redis.js";
import { EngineProcesses } from "./engine-processes.js";
import { gatedFlow } from "./run-fault-flow.js";
import { newRuns } from "./run-support.js";
import { until } from "./support.js";

const url = sharedRedis();
const durable = ownRedis({ persists: true });

const ONCE_EACH = { one: 1, two: 1, three: 1, four: 1, last: 1 };
const SHORT = { lockMs: 1_000, leaseMs: 1_000 };

describe("an engine", () => {
  it("that is killed leaves its run to another, which goes on from its last step", async () => {
    const engines = new EngineProcesses(url(), SHORT);
    await engines.start("A");
    const handle = await engines.runs.submit(gatedFlow, 1, { runId: "killed" });
    await engines.atWork("killed", "three by A");
    engines.signal("A", "SIGKILL");
    expect(await engines.ended("A")).toBe("SIGKILL");
    await engines.start("B");
    await engines.atWork("killed", "three by B");
    await engines.openGate("killed");
    expect((await handle.result()).output).toEqual([16, 4]);
    expect(await engines.ledger("killed")).toEqual(["one by A", "two by A", "three by A", "three by B", "four by B", "last by B"]);
    expect(await engines.commits("killed")).toEqual(ONCE_EACH);
    expect(await engines.stats("B")).toMatchObject({ completed: 1, failed: 0 });
  });

  it("that is paused and replaced commits nothing more, and drops its run quietly", async () => {
    const engines = new EngineProcesses(url(), SHORT);
    await engines.start("A");
    const handle = await engines.runs.submit(gatedFlow, 1, { runId: "paused" });
    await engines.atWork("paused", "three by A");
    engines.signal("A", "SIGSTOP");
    await engines.start("B");
    await engines.atWork("paused", "three by B");
    await engines.openGate("paused");
    expect((await handle.result()).output).toEqual([16, 4]);
    engines.signal("A", "SIGCONT");
    await until(async () => (await engines.stats("A")).replaced === 1);
    expect(await engines.stats("A")).toMatchObject({ completed: 0, failed: 0, running: 0 });
    expect(await engines.commits("paused")).toEqual(ONCE_EACH);
    expect((await handle.result()).output).toEqual([16, 4]);
    expect(await handle.state()).toBe("completed");
  });

  it("that gets SIGTERM hands its run over at once, whatever lock and lease say, and ends with 0", async () => {
    const engines = new EngineProcesses(url(), { lockMs: 600_000, leaseMs: 600_000 });
    await engines.start("A");
    const handle = await engines.runs.submit(gatedFlow, 1, { runId: "ended" });
    await engines.atWork("ended", "three by A");
    await engines.start("B");
    engines.signal("A", "SIGTERM");
    expect(await engines.ended("A")).toBe(0);
    await engines.atWork("ended", "three by B");
    await engines.openGate("ended");
    expect((await handle.result()).output).toEqual([16, 4]);
    expect(await engines.commits("ended")).toEqual(ONCE_EACH);
  });

  it("that dies again and again without getting any further is not given the run for ever", async () => {
    const engines = new EngineProcesses(url(), SHORT);
    const handle = await engines.runs.submit(gatedFlow, 1, { runId: "poison" });
    for (const name of ["A", "B", "C", "D"]) {
      await engines.start(name);
      await engines.atWork("poison", `three by ${name}`);
      engines.signal(name, "SIGKILL");
      expect(await engines.ended(name)).toBe("SIGKILL");
    }
    await engines.start("E");
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "POISON_TASK", message: expect.stringContaining("three") });
    await engines.openGate("poison");
    const again = await engines.runs.submit(gatedFlow, 1, { runId: "poison", retryFailed: true });
    expect((await again.result()).output).toEqual([16, 4]);
  });
});

describe("a Redis that is restarted with its data", () => {
  it("is waited for by engines and by those who wait for a result", async () => {
    const { runs, engine } = newRuns(durable().url);
    const gate = new Gate();
    const held = workflow(
      "held",
      chain(
        task("hold", (_: TaskContext, n: number) => gate.pass(n)),
        task("add", (_: TaskContext, n: number) => n + 1),
      ),
    );
    const started = await engine([held], { lockMs: 60_000 });
    const result = (await runs.submit(held, 1, { runId: "restarted" })).result();
    await gate.reached;
    await durable().restart(async () => gate.open());
    expect((await result).output).toBe(2);
    expect(started.stats()).toMatchObject({ completed: 1, failed: 0 });
  });
});

/** Holds a task until it is opened, and says when one is there. */
class Gate {
  #say: () => void = () => {};
  #let: () => void = () => {};
  readonly reached = new Promise<void>((resolve) => (this.#say = resolve));
  readonly #opened = new Promise<void>((resolve) => (this.#let = resolve));

  async pass<Value>(value: Value): Promise<Value> {
    this.#say();
    await this.#opened;
    return value;
  }

  open(): void {
    this.#let();
  }
}
