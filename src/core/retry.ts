import { type Duration, toMs } from "./duration.js";
import { DefinitionError, FatalError, InvalidOptionError } from "./errors.js";
import { quoted } from "./ids.js";

/** Which errors are worth another attempt: classes, codes, names, or a predicate. */
export type ErrorMatcher = (abstract new (...args: never[]) => Error) | string | ((error: unknown) => boolean);

/** How a task is tried again, as the author writes it; `retry: 3` is short for `{ maxRetries: 3 }`. */
export interface RetryOptions {
  /** Attempts after the first one. */
  readonly maxRetries: number;
  /** Wait before the first retry; 0 unless given. */
  readonly initialWait?: Duration;
  /** Each wait is this many times the one before; 2 unless given. */
  readonly factor?: number;
  /** No wait is longer than this (before jitter); a day, or `initialWait` if that is longer, unless given. */
  readonly maxWait?: Duration;
  /** The share of a wait that chance may add or take away, 0 to 1; 0.25 unless given. */
  readonly jitter?: number;
  /**
   * Retries only these errors, and those whose own `retriable` property is `true`; `"transient"` stands for network, time-out,
   * 5xx and 429 errors. Default: everything whose own `retriable` property is not `false`.
   */
  readonly on?: ErrorMatcher | readonly ErrorMatcher[];
  /** Never retries these errors. */
  readonly never?: ErrorMatcher | readonly ErrorMatcher[];
  /** Called before each wait. What it throws is ignored. */
  readonly onRetry?: (error: unknown, retry: { readonly attempt: number; readonly waitMs: number }) => void;
}

/** Retry options after checking. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly initialWaitMs: number;
  readonly factor: number;
  readonly maxWaitMs: number;
  readonly jitter: number;
  readonly on: readonly ErrorMatcher[] | null;
  readonly never: readonly ErrorMatcher[];
  readonly onRetry: ((error: unknown, retry: { readonly attempt: number; readonly waitMs: number }) => void) | null;
}

const CAUSE_DEPTH = 8;
const NEVER_NAMES = new Set(["FatalError", "AbortError"]);
const MEMORY_CODES = new Set(["ERR_WORKER_OUT_OF_MEMORY", "ENOMEM"]);
const MEMORY_TEXT = /out of memory|array buffer allocation failed|cannot allocate memory/i;
const TRANSIENT_NAMES = new Set(["TimeoutError", "TaskTimeoutError"]);
const TRANSIENT_CODES = new Set([
  ...["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ESOCKETTIMEDOUT", "EAI_AGAIN", "ENOTFOUND"],
  ...["ENETDOWN", "ENETRESET", "ENETUNREACH", "EHOSTDOWN", "EHOSTUNREACH", "ERR_NETWORK", "ERR_STREAM_PREMATURE_CLOSE"],
  ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_SOCKET", "TASK_TIMEOUT"],
]);
const DAY_MS = 86_400_000;
const KNOWN = ["maxRetries", "initialWait", "factor", "maxWait", "jitter", "on", "never", "onRetry"];

/**
 * Checks retry options and fills in what they leave out. Throws `InvalidOptionError`.
 *
 * ```ts
 * checkedRetry({ maxRetries: 3, initialWait: "1s" }).initialWaitMs; // 1000
 * ```
 */
export function checkedRetry(options: number | RetryOptions): RetryPolicy {
  const given = typeof options === "number" ? { maxRetries: options } : checkedObject(options);
  const { maxRetries, initialWait = 0, factor = 2, maxWait, jitter = 0.25, on, never, onRetry } = given;
  const initialWaitMs = toMs(initialWait, "retry.initialWait");
  check(Number.isSafeInteger(maxRetries) && maxRetries >= 0, "retry.maxRetries", maxRetries, "a whole number from 0 up");
  check(Number.isFinite(factor) && factor >= 1, "retry.factor", factor, "a finite number from 1 up");
  check(typeof jitter === "number" && jitter >= 0 && jitter <= 1, "retry.jitter", jitter, "a number from 0 to 1");
  check(onRetry === undefined || typeof onRetry === "function", "retry.onRetry", onRetry, "a function");
  return Object.freeze({
    maxRetries,
    initialWaitMs,
    factor,
    maxWaitMs: maxWait === undefined ? Math.max(DAY_MS, initialWaitMs) : toMs(maxWait, "retry.maxWait"),
    jitter,
    on: on === undefined ? null : checkedMatchers(on, "retry.on"),
    never: never === undefined ? [] : checkedMatchers(never, "retry.never"),
    onRetry: onRetry ?? null,
  });
}

/**
 * Milliseconds to wait before the next attempt. `attempt` is the number of the one that failed in this visit, from 1;
 * `chance`, from 0 up to 1, decides where in the range of the jitter the wait lies.
 */
export function waitBefore(policy: RetryPolicy, attempt: number, chance: number): number {
  if (policy.initialWaitMs === 0) return 0;
  const wait = Math.min(policy.initialWaitMs * policy.factor ** (attempt - 1), policy.maxWaitMs);
  return Math.round(wait * (1 + policy.jitter * (2 * chance - 1)));
}

function checkedObject(options: unknown): RetryOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidOptionError(
      `retry is ${shown(options)}: expected a number of retries, or options such as { maxRetries: 3, initialWait: "1s" }.`,
    );
  const unknown = Object.keys(options).filter((name) => !KNOWN.includes(name));
  if (unknown.length === 0) return options as RetryOptions;
  throw new InvalidOptionError(
    `retry has no option ${unknown.map(quoted).join(", ")}: expected ${KNOWN.join(", ")}; correct or remove it.`,
  );
}

function checkedMatchers(matchers: ErrorMatcher | readonly ErrorMatcher[], what: string): readonly ErrorMatcher[] {
  const list: readonly unknown[] = Array.isArray(matchers) ? matchers : [matchers];
  const isMatcher = (matcher: unknown): boolean => typeof matcher === "function" || (typeof matcher === "string" && matcher.length > 0);
  for (const matcher of list)
    check(isMatcher(matcher), what, matcher, 'error classes, codes or names, "transient", or functions of the error');
  return Object.freeze([...(list as readonly ErrorMatcher[])]);
}

function check(holds: boolean, what: string, found: unknown, expected: string): void {
  if (!holds) throw new InvalidOptionError(`${what} is ${shown(found)}: expected ${expected}; correct the value.`);
}

const shown = (value: unknown): string => (typeof value === "number" ? String(value) : quoted(value));

/**
 * Whether what a task threw is worth another attempt, in this order: never for fatal, abort, definition and memory errors and what
 * `never` matches; always for what `on` matches; else as the error's own `retriable` property says; else by `"transient"`, or,
 * without `on`, yes. Never throws, whatever was thrown.
 */
export function isRetriable(policy: RetryPolicy, error: unknown): boolean {
  if (isHopeless(error) || policy.never.some((matcher) => matches(matcher, error))) return false;
  const chosen = policy.on?.filter((matcher) => matcher !== "transient") ?? [];
  if (chosen.some((matcher) => matches(matcher, error))) return true;
  const own = property(error, "retriable");
  if (typeof own === "boolean") return own;
  return policy.on === null || (chosen.length < policy.on.length && isTransient(error));
}

function isHopeless(error: unknown): boolean {
  if (isInstance(error, FatalError) || isInstance(error, DefinitionError)) return true;
  if (NEVER_NAMES.has(property(error, "name") as string) || MEMORY_CODES.has(property(error, "code") as string)) return true;
  const message = property(error, "message");
  return isInstance(error, RangeError) && typeof message === "string" && MEMORY_TEXT.test(message);
}

function matches(matcher: ErrorMatcher, error: unknown): boolean {
  if (matcher === "transient") return isTransient(error);
  if (typeof matcher === "string") {
    return property(error, "name") === matcher || causesOf(error).some((cause) => property(cause, "code") === matcher);
  }
  if (isInstance(error, matcher)) return true;
  return !isErrorClass(matcher) && attempt(() => (matcher as (error: unknown) => boolean)(error) === true, false);
}

/** Network, time-out, 5xx and 429: errors that another attempt may not meet again. */
const isTransient = (error: unknown): boolean => causesOf(error).some(isTransientItself);

function isTransientItself(error: unknown): boolean {
  if (TRANSIENT_CODES.has(property(error, "code") as string) || TRANSIENT_NAMES.has(property(error, "name") as string)) return true;
  const statuses = [property(error, "status"), property(error, "statusCode"), property(property(error, "response"), "status")];
  return statuses.some((status) => typeof status === "number" && (status === 408 || status === 429 || (status >= 500 && status <= 599)));
}

/** An error and what caused it, as deep as is sensible. */
function causesOf(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && found.length < CAUSE_DEPTH; at = property(at, "cause")) found.push(at);
  return found;
}

const isErrorClass = (matcher: unknown): boolean =>
  attempt(() => matcher === Error || (matcher as { prototype?: unknown }).prototype instanceof Error, false);

/** `instanceof`, for a left side that may be a hostile proxy and a right side that may be an arrow function. */
const isInstance = (error: unknown, of: unknown): boolean =>
  attempt(() => typeof of === "function" && typeof of.prototype === "object" && error instanceof of, false);

/** A property of something hostile: a getter or a proxy may throw. */
const property = (of: unknown, key: string): unknown =>
  (typeof of === "object" && of !== null) || typeof of === "function"
    ? attempt(() => (of as Record<string, unknown>)[key], undefined)
    : undefined;

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
