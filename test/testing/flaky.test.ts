import {
  CheckpointStorageError,
  type CheckpointStore,
  CheckpointWriteError,
  CommitOutcomeUnknownError,
  chain,
  InvalidOptionError,
  MemoryChannel,
  MemoryCheckpointStore,
  resume,
  run,
  StoreUnavailableError,
  type TaskContext,
  task,
  workflow,
} from "cairnflow";
import { checkpointStoreContract, type FaultKind, flaky, jumpyClock, simulatedClock } from "cairnflow/testing";
import { describe, expect, it } from "vitest";
import { record } from "../../src/testing/checkpoint-store-support.js";
import { RecordedReplica } from "../engine/recorded-replica.js";

const add = task("add", async (ctx: TaskContext, n: number) => {
  await ctx.channel.append("seen", n);
  return n + 1;
});
const double = task("double", (_ctx: TaskContext, n: number) => n * 2);
const flow = workflow("sum", chain(add, double));

/** The error a promise rejects with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a store without a planned fault", () => {
  it.each(checkpointStoreContract)("$name", ({ check }) => check(async () => flaky(new MemoryCheckpointStore(), { faults: [] })));
});

describe("a flaky store", () => {
  const fails: readonly [kind: FaultKind, type: unknown, outcome: string, isThere: boolean][] = [
    ["fail", StoreUnavailableError, "not-applied", false],
    ["lostReply", CommitOutcomeUnknownError, "unknown", true],
    ["fullDisk", CheckpointWriteError, "not-applied", false],
  ];

  it.each(fails)("has a put meet %s, which says what is known of it", async (kind, type, outcome, isThere) => {
    const store = flaky(new MemoryCheckpointStore(), { faults: [{ call: "put", at: 2, kind }] });
    const writer = await store.acquire("r");
    await writer.put(record("r", 1, "c1"));
    expect(store.unfired).toEqual([{ call: "put", at: 2, kind }]);
    const error = await errorOf(writer.put(record("r", 2, "c2")));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ outcome, message: expect.stringContaining(`call 2 of put on the store at memory: has met`) });
    expect((await store.list("r")).length).toBe(isThere ? 2 : 1);
    expect(store.fired).toEqual([{ call: "put", kind, nth: 2 }]);
    expect(store.unfired).toEqual([]);
  });

  it("stays full for all that writes until it is healed, and can be read meanwhile", async () => {
    const store = flaky(new MemoryCheckpointStore(), { faults: [{ call: "append", at: 1, kind: "fullDisk" }] });
    const writer = await store.acquire("r");
    await writer.put(record("r", 1, "c1"));
    const journal = await writer.beginJournal(1);
    const full = await errorOf(journal.append(new Uint8Array([1])));
    expect(full).toBeInstanceOf(CheckpointStorageError);
    expect(full).toMatchObject({ cause: { code: "ENOSPC" } });
    expect(await errorOf(writer.put(record("r", 2, "c2")))).toBeInstanceOf(CheckpointWriteError);
    expect(await store.list("r")).toHaveLength(1);
    expect(await store.readJournal("r", 1)).toEqual([]);
    await writer.renew();
    store.heal();
    await writer.put(record("r", 2, "c2"));
    expect(store.fired.map(({ call }) => call)).toEqual(["append", "put"]);
  });

  it("has a slow call wait on the clock, and a hanging one for ever, undone", async () => {
    const clock = simulatedClock();
    const faults = [
      { call: "list", at: 1, kind: "slow", delayMs: 500 },
      { call: "put", at: 1, kind: "hang" },
    ] as const;
    const store = flaky(new MemoryCheckpointStore(), { faults, clock });
    const ended: string[] = [];
    void store.list("r").then(() => ended.push("list"));
    void (await store.acquire("r")).put(record("r", 1, "c1")).finally(() => ended.push("put"));
    await clock.advance(499);
    expect(ended).toEqual([]);
    await clock.advance("1 day");
    expect(ended).toEqual(["list"]);
    expect(await store.list("r")).toEqual([]);
    expect(store.fired.map(({ kind }) => kind)).toEqual(["slow", "hang"]);
  });

  it("meets the same faults of chance under one seed, and others under another", async () => {
    const firedUnder = async (seed: number): Promise<readonly number[]> => {
      const store = flaky(new MemoryCheckpointStore(), { faults: [{ call: ["list", "runs"], chance: 0.3, kind: "fail" }], seed });
      for (let turn = 0; turn < 50; turn++) await store.list("r").catch(() => {});
      return store.fired.map(({ nth }) => nth);
    };
    const [once, again, other] = [await firedUnder(1), await firedUnder(1), await firedUnder(2)];
    expect(once).toEqual(again);
    expect(once).not.toEqual(other);
    expect(once.length).toBeGreaterThan(5);
    expect(once.length).toBeLessThan(30);
  });

  it("counts several calls together where they share a fault", async () => {
    const store = flaky(new MemoryCheckpointStore(), { faults: [{ call: ["list", "runs"], at: 2, kind: "fail" }] });
    await store.list("r");
    expect(await errorOf(store.runs())).toBeInstanceOf(StoreUnavailableError);
    await store.list("r");
    expect(store.fired).toEqual([{ call: "runs", kind: "fail", nth: 1 }]);
  });

  it("lets a run be resumed to the same end after any of its calls has failed or lost its answer", async () => {
    const expected = await run(flow, 1, { checkpoints: new MemoryCheckpointStore() });
    let fired = 0;
    for (const kind of ["fail", "lostReply", "fullDisk"] as const) {
      for (const call of ["put", "beginJournal", "append"] as const) {
        const store = flaky(new MemoryCheckpointStore(), { faults: [{ call, at: 1, kind }] });
        const error = await errorOf(run(flow, 1, { checkpoints: store, durability: "step", runId: "r" }));
        expect(error, `${call} ${kind}`).toBeInstanceOf(Error);
        fired += store.fired.length > 0 && store.unfired.length === 0 ? 1 : 0;
        store.heal();
        const again = (await store.list("r")).length === 0;
        const options = { durability: "step" } as const;
        const end = await (again
          ? run(flow, 1, { ...options, checkpoints: store, runId: "r" })
          : resume(flow, { ...options, from: store, runId: "r" }));
        expect(end.output).toBe(expected.output);
      }
    }
    expect(fired).toBe(9);
  });
});

describe("a flaky channel", () => {
  it("in memory fails at a read or a commit, so that the task is tried again and its writes count once", async () => {
    const retried = task("retried", { retry: 2 }, async (ctx: TaskContext<{ sum: number }>) => {
      await ctx.channel.increment("sum", 5);
      return ctx.channel.get("sum");
    });
    const channel = flaky(new MemoryChannel<{ sum: number }>(), {
      faults: [
        { call: "commit", at: 1, kind: "fail" },
        { call: "read", at: 1, kind: "fail" },
      ],
    });
    const { output } = await run(workflow("w", retried), undefined, { channel, defaultRetry: 1, clock: atOnce() });
    expect(output).toBe(5);
    expect(await channel.get("sum")).toBe(5);
    expect(channel.fired.map(({ call }) => call).sort()).toEqual(["commit", "read"]);
    expect(channel.unfired).toEqual([]);
  });

  it.each(["claim", "begin", "send"] as const)("that is kept elsewhere fails at %s, and the run with it", async (call) => {
    const channel = flaky(new RecordedReplica(), { faults: [{ call, at: 1, kind: "fail" }] });
    expect(await errorOf(run(flow, 1, { channel }))).toBeInstanceOf(StoreUnavailableError);
    expect(channel.fired).toEqual([{ call, kind: "fail", nth: 1 }]);
  });

  it("that is kept elsewhere has a step whose answer was lost, and is set right by a resume", async () => {
    const replica = new RecordedReplica();
    const channel = flaky(replica, { faults: [{ call: "send", at: 2, kind: "lostReply" }] });
    const store = new MemoryCheckpointStore();
    const options = { channel, durability: "step" } as const;
    const error = await errorOf(run(flow, 1, { ...options, checkpoints: store, runId: "r" }));
    expect(error).toMatchObject({ code: "COMMIT_OUTCOME_UNKNOWN", outcome: "unknown" });
    expect(channel.unfired).toEqual([]);
    const { output } = await resume(flow, { ...options, from: store, runId: "r" });
    expect(output).toBe(4);
    expect(await replica.copy.get("seen")).toEqual([1]);
  });
});

describe("a plan", () => {
  const store = (options: unknown): unknown => flaky(new MemoryCheckpointStore() as CheckpointStore, options as never);
  const bad: readonly [what: string, options: unknown, says: string][] = [
    ["is no object", 3, "the options of flaky are 3"],
    ["has an unknown option", { faults: [], speed: 1 }, 'no option "speed"'],
    ["has no list of faults", {}, "option faults of flaky"],
    ["has a seed that is none", { faults: [], seed: Number.NaN }, "option seed of flaky"],
    ["has a clock that is none", { faults: [], clock: {} }, "option clock of flaky"],
    ["has a fault that is no object", { faults: ["put"] }, "faults[0]"],
    ["names an unknown call", { faults: [{ call: "putt", at: 1, kind: "fail" }] }, 'faults[0].call is "putt"'],
    ["names no call", { faults: [{ call: [], at: 1, kind: "fail" }] }, "faults[0].call is an empty list"],
    ["names an unknown kind", { faults: [{ call: "put", at: 1, kind: "explode" }] }, 'faults[0].kind is "explode"'],
    ["names the call before the first", { faults: [{ call: "put", at: 0, kind: "fail" }] }, "faults[0].at is 0"],
    ["has a chance above 1", { faults: [{ call: "put", chance: 1.5, kind: "fail" }] }, "faults[0].chance is 1.5"],
    ["says neither which call nor how often", { faults: [{ call: "put", kind: "fail" }] }, "neither of at and chance"],
    ["says both", { faults: [{ call: "put", at: 1, chance: 1, kind: "fail" }] }, "both of at and chance"],
    ["has a slow fault without a delay", { faults: [{ call: "put", at: 1, kind: "slow" }] }, "faults[0].delayMs is (undefined)"],
    ["has a negative delay", { faults: [{ call: "put", at: 1, kind: "slow", delayMs: -1 }] }, "faults[0].delayMs is -1"],
    ["delays what does not wait", { faults: [{ call: "put", at: 1, kind: "fail", delayMs: 1 }] }, "for the kind"],
    ["has an unknown part of a fault", { faults: [{ call: "put", at: 1, kind: "fail", often: 1 }] }, 'no option "often"'],
  ];

  it.each(bad)("that %s is refused", (_, options, says) => {
    expect(() => store(options)).toThrow(InvalidOptionError);
    expect(() => store(options)).toThrow(says);
  });

  it("for a channel in memory is refused if an answer of it should get lost", () => {
    const lost = { faults: [{ call: "commit", at: 1, kind: "lostReply" }] };
    expect(() => flaky(new MemoryChannel(), lost as never)).toThrow('faults[0].kind is "lostReply": expected "fail"');
  });

  it.each([null, "./folder", {}, 3])("for what is neither a store nor a channel is refused: %s", (target) => {
    expect(() => flaky(target as never, { faults: [] })).toThrow(InvalidOptionError);
  });
});

describe("a jumpy clock", () => {
  it("jumps in wall-clock time, while timers and monotonic time go on as they were", async () => {
    const clock = jumpyClock(simulatedClock({ start: 0 }));
    let fired = false;
    clock.after(1_000, () => (fired = true));
    clock.jumpForward("1 day");
    expect([clock.now(), clock.monotonic(), clock.offMs]).toEqual([86_400_000, 0, 86_400_000]);
    await clock.advance(999);
    expect(fired).toBe(false);
    clock.jumpBack("2 days");
    await clock.advance(1);
    expect(fired).toBe(true);
    expect([clock.now(), clock.monotonic(), clock.jumps]).toEqual([1_000 - 86_400_000, 1_000, 2]);
  });

  it("leaves the course of a run as it was, retries included", async () => {
    const clock = jumpyClock(simulatedClock());
    const again = task("again", { retry: { maxRetries: 3, initialWait: "1m", jitter: 0 } }, (ctx: TaskContext) => {
      if (ctx.attempt % 2 === 0) clock.jumpBack("1h");
      else clock.jumpForward("1h");
      if (ctx.attempt < 4) throw new Error("again");
      return ctx.attempt;
    });
    const running = run(workflow("w", again), undefined, { clock });
    await clock.runUntilIdle();
    expect((await running).output).toBe(4);
    expect(clock.jumps).toBe(4);
  });

  it("refuses what is no clock, and a jump of no duration", () => {
    expect(() => jumpyClock({} as never)).toThrow(InvalidOptionError);
    expect(() => jumpyClock(simulatedClock()).jumpForward(-1)).toThrow(InvalidOptionError);
  });
});

/** A clock on which all waiting is over at once. */
const atOnce = () => ({ now: () => 0, monotonic: () => 0, after: (_ms: number, fire: () => void) => (queueMicrotask(fire), () => {}) });
