import { type CheckpointView, canResume, MemoryCheckpointStore, openCheckpointStore, TaskFailedError, task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";

/** A proxy of which everything that can be asked throws. */
const bristly = (): object =>
  new Proxy(
    {},
    new Proxy({} as ProxyHandler<object>, {
      get: () => () => {
        throw new Error("a trap");
      },
    }),
  );

function cyclic(): Error {
  const [first, second] = [new Error("first"), new Error("second")];
  first.cause = second;
  second.cause = first;
  return first;
}

function withGetters(): Error {
  const error = new Error("hidden");
  for (const key of ["name", "message", "stack", "cause", "code", "retriable"]) {
    Object.defineProperty(error, key, {
      get: () => {
        throw new Error(`the getter of ${key}`);
      },
    });
  }
  return error;
}

function throwing(thrown: () => unknown): () => never {
  return () => {
    throw thrown();
  };
}

const later = <Value>(act: () => Value): Promise<Value> =>
  new Promise((resolve, reject) => setTimeout(() => attempt(act, resolve, reject), 1));

function attempt<Value>(act: () => Value, resolve: (value: Value) => void, reject: (error: unknown) => void): void {
  try {
    resolve(act());
  } catch (error) {
    reject(error);
  }
}

const THEN = "then";

/** A value that `await` treats as a promise, and that does with it what it is told to. */
function thenable(then: unknown): unknown {
  const property = typeof then === "function" ? { value: then } : { get: throwing(() => new Error("in the getter")) };
  return Object.defineProperty({}, THEN, property);
}

const BODIES: Readonly<Record<string, () => unknown>> = {
  "throws undefined": throwing(() => undefined),
  "throws null": throwing(() => null),
  "throws a symbol": throwing(() => Symbol("thrown")),
  "throws a bigint": throwing(() => 10n ** 1_000n),
  "throws a function": throwing(() => () => {}),
  "throws an object without a prototype": throwing(() => Object.create(null)),
  "throws a proxy whose traps throw": throwing(bristly),
  "throws a revoked proxy": throwing(() => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }),
  "throws an error with a cyclic cause": throwing(cyclic),
  "throws an error whose cause is a proxy whose traps throw": throwing(() => new Error("outer", { cause: bristly() })),
  "throws an error with getters that throw": throwing(withGetters),
  "throws an error with a huge message": throwing(() => new Error("m".repeat(10_000_000))),
  "throws an error with fields that are no texts": throwing(() =>
    Object.assign(new Error("x"), { name: 1, message: {}, stack: [], code: {} }),
  ),
  "throws an error with half a character": throwing(() => new Error(`${"m".repeat(3_999)}\u{1f600} \ud800`)),
  "throws an error that says __proto__": throwing(() => Object.assign(new Error("__proto__"), { code: "constructor", name: "__proto__" })),
  "rejects later": () => later(throwing(() => new TypeError("late"))),
  "rejects later with undefined": () => later(throwing(() => undefined)),
  "returns a thenable that throws": () => thenable(throwing(() => new Error("in then"))),
  "returns a thenable that rejects with a proxy whose traps throw": () =>
    thenable((_: unknown, reject: (error: unknown) => void) => reject(bristly())),
  "returns a thenable that rejects twice and then resolves": () =>
    thenable((resolve: (value: unknown) => void, reject: (error: unknown) => void) => {
      reject(new Error("once"));
      reject(new Error("twice"));
      resolve("too late");
    }),
  "returns a thenable whose `then` is a getter that throws": () => thenable(null),
  "returns a proxy whose traps throw": bristly,
  "returns a function": () => () => {},
  "returns a cyclic object": () => {
    const value: Record<string, unknown> = {};
    value["self"] = value;
    return value;
  },
  "returns an object nested too deep": () => Array.from({ length: 100_000 }).reduce((inner) => [inner], null),
};

describe("a task that", () => {
  it.each(Object.entries(BODIES))("%s fails the run, and leaves a checkpoint that can be loaded and resumed", async (_, body) => {
    const store = new MemoryCheckpointStore();
    let isHostile = true;
    const hostile = task("hostile", () => (isHostile ? body() : "well"));
    const target = workflow("hostile", hostile);
    const error = await target.run(undefined as never, { runId: "r1", checkpoints: { store } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskFailedError);
    expect((error as TaskFailedError).message.length).toBeLessThan(10_000);
    const view = (await openCheckpointStore(store).latest("r1")) as CheckpointView;
    expect(view).toMatchObject({ status: "failed", tasks: [{ taskId: "hostile", status: "failed" }] });
    expect(view.tasks[0]?.lastError?.message).toMatch(/^task "hostile" failed at its only attempt/);
    expect(await canResume(target, { from: store, runId: "r1" })).toMatchObject({ resumable: true, problems: [] });
    isHostile = false;
    expect(await target.resume({ from: store, runId: "r1" })).toMatchObject({ status: "completed", output: "well", steps: 1 });
  });

  it("resolves a thenable twice is taken at its first word", async () => {
    const twice = task("twice", () => thenable((resolve: (value: unknown) => void) => [resolve(1), resolve(2)]) as PromiseLike<number>);
    expect((await workflow("twice", twice).run(undefined as never)).output).toBe(1);
  });
});
