import { describe, expect, it } from "vitest";
import { FatalError, SchemaError, TaskTimeoutError } from "../../src/core/errors.js";
import { checkedRetry, isRetriable, type RetryOptions, waitBefore } from "../../src/core/retry.js";

const policy = (options: Partial<RetryOptions> = {}) => checkedRetry({ maxRetries: 3, ...options });
const coded = (code: string) => Object.assign(new Error("failed"), { code });

describe("checkedRetry", () => {
  it("fills in what is left out", () => {
    expect(checkedRetry(3)).toEqual({
      ...{ maxRetries: 3, initialWaitMs: 0, factor: 2, maxWaitMs: 86_400_000, jitter: 0.25, on: null, never: [], onRetry: null },
    });
    expect(checkedRetry({ maxRetries: 1, initialWait: "3 days" }).maxWaitMs).toBe(3 * 86_400_000);
    expect(policy({ on: "ECONNRESET", never: [TypeError] })).toMatchObject({ on: ["ECONNRESET"], never: [TypeError] });
  });

  it.each([
    { maxRetries: -1 },
    { maxRetries: 0.5 },
    { maxRetries: Number.NaN },
    { maxRetries: Number.POSITIVE_INFINITY },
    { initialWait: -1 },
    { initialWait: "soon" },
    { maxWait: Number.NaN },
    { factor: 0.9 },
    { factor: Number.POSITIVE_INFINITY },
    { factor: "2" },
    { jitter: -0.1 },
    { jitter: 1.1 },
    { jitter: Number.NaN },
    { on: "" },
    { on: [5] },
    { never: null },
    { onRetry: "log" },
    { backoff: 2 },
  ])("refuses %o", (options) => {
    expect(() => policy(options as object)).toThrow(/retry.*: expected .*/);
  });
});

describe("waitBefore", () => {
  it("grows by the factor up to the longest wait", () => {
    const steady = policy({ initialWait: 100, maxWait: 1_000, jitter: 0 });
    expect([1, 2, 3, 4, 5, 6, 2_000].map((attempt) => waitBefore(steady, attempt, 0.9))).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it("adds or takes away the jitter after the cap", () => {
    const shaky = policy({ initialWait: 100, maxWait: 100 });
    expect([0, 0.5, 1].map((chance) => waitBefore(shaky, 3, chance))).toEqual([75, 100, 125]);
  });

  it("is 0 without a first wait, however many attempts failed", () => {
    expect(waitBefore(checkedRetry(3), 5_000, 0.5)).toBe(0);
  });
});

describe("isRetriable", () => {
  it("says yes to everything by default, except what another attempt cannot mend", () => {
    const plain = policy();
    for (const error of [new Error("x"), coded("ANY"), "text", undefined, null, 0, Symbol("s"), {}])
      expect(isRetriable(plain, error)).toBe(true);
    const abort = new DOMException("stopped", "AbortError");
    const memory = Object.assign(new Error("worker"), { code: "ERR_WORKER_OUT_OF_MEMORY" });
    for (const error of [new FatalError("no"), new SchemaError("no"), abort, memory, new RangeError("Array buffer allocation failed")]) {
      expect(isRetriable(plain, error)).toBe(false);
      expect(isRetriable(policy({ on: () => true }), error)).toBe(false);
    }
  });

  it("lets `never` win over `on`", () => {
    const both = policy({ on: Error, never: [TypeError, "E_CARD", (error) => error === 5] });
    expect(isRetriable(both, new Error("x"))).toBe(true);
    for (const error of [new TypeError("x"), coded("E_CARD"), 5]) expect(isRetriable(both, error)).toBe(false);
  });

  it("matches classes, codes (of causes, too), names and predicates", () => {
    const on = policy({ on: [RangeError, "E_BUSY", "LockError", (error) => error === "again"] });
    const named = Object.assign(new Error("x"), { name: "LockError" });
    const caused = new Error("outer", { cause: new Error("middle", { cause: coded("E_BUSY") }) });
    for (const error of [new RangeError("x"), coded("E_BUSY"), caused, named, "again"]) expect(isRetriable(on, error)).toBe(true);
    for (const error of [new Error("x"), coded("E_OTHER"), "once"]) expect(isRetriable(on, error)).toBe(false);
  });

  it("asks the error itself where no matcher answered", () => {
    const own = (retriable: unknown) => Object.assign(new Error("x"), { retriable });
    expect(isRetriable(policy(), own(false))).toBe(false);
    expect(isRetriable(policy({ on: TypeError }), own(true))).toBe(true);
    expect(isRetriable(policy({ on: Error }), own(false))).toBe(true);
    expect(isRetriable(policy({ on: "transient" }), own(true))).toBe(true);
    expect(isRetriable(policy(), own("no"))).toBe(true);
  });

  it("knows transient errors by code, name and status, through causes", () => {
    const transient = policy({ on: "transient" });
    const fetchFailed = new TypeError("fetch failed", { cause: coded("ECONNREFUSED") });
    const timeout = new DOMException("late", "TimeoutError");
    const yes = [coded("ETIMEDOUT"), fetchFailed, timeout, new TaskTimeoutError("late", 5), { status: 503 }, { statusCode: 429 }];
    for (const error of [...yes, { response: { status: 500 } }]) expect(isRetriable(transient, error)).toBe(true);
    for (const error of [new Error("x"), { status: 404 }, { status: "503" }, coded("ENOENT"), undefined]) {
      expect(isRetriable(transient, error)).toBe(false);
    }
  });

  it("survives whatever is thrown, and matchers that throw", () => {
    const throwing = () => {
      throw new Error("trap");
    };
    const proxy = new Proxy({}, { get: throwing, getPrototypeOf: throwing, has: throwing });
    const getter = Object.defineProperties({}, { name: { get: throwing }, code: { get: throwing }, cause: { get: throwing } });
    const circular: { cause?: unknown } = {};
    circular.cause = circular;
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const hard = policy({ on: [Error, "E", throwing, "transient", class NoError {} as never], never: [throwing, TypeError] });
    for (const error of [proxy, getter, circular, revoked, undefined, null, throwing]) expect(isRetriable(hard, error)).toBe(false);
  });
});
