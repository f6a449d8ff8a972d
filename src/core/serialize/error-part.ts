import type { Copier } from "./copier.js";
import { isForbiddenKey } from "./limits.js";
import { Part } from "./part.js";
import { PathLabel } from "./path.js";

type ErrorClass = { readonly prototype: Error; new (message?: string): Error };

/** superjson makes every error an `Error`; here the built-in classes come back as themselves. */
export const BUILT_IN_ERRORS: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ["Error", Error],
  ["TypeError", TypeError],
  ["RangeError", RangeError],
  ["SyntaxError", SyntaxError],
  ["ReferenceError", ReferenceError],
  ["EvalError", EvalError],
  ["URIError", URIError],
  ["AggregateError", AggregateError as unknown as ErrorClass],
]);

/** Writes an error as its class, its hidden properties (message, stack, cause, errors) and its visible ones (code). */
export const copyError =
  (type: string) =>
  (walk: Copier, source: Error): unknown => {
    if (Object.prototype.toString.call(source) !== "[object Error]") throw new TypeError();
    const hidden: Record<string, unknown> = {};
    const visible: Record<string, unknown> = {};
    return walk.inside(hidden, () => {
      walk.inside(visible, () => {
        for (const key of Reflect.ownKeys(source)) copyProperty(walk, source, key, hidden, visible);
      });
      return Part.named("error", [type, hidden, visible]);
    });
  };

function copyProperty(
  walk: Copier,
  source: Error,
  key: string | symbol,
  hidden: Record<string, unknown>,
  visible: Record<string, unknown>,
): void {
  if (typeof key === "symbol") walk.refuseAt(new PathLabel("[symbol]"), "symbol as a key", "use a text as the key");
  if (isForbiddenKey(key)) walk.refuseAt(key, `key ${key}`, "rename it: it could change a prototype");
  const found = Object.getOwnPropertyDescriptor(source, key);
  const accessor = found?.get !== undefined || found?.set !== undefined;
  // Newer versions of V8 keep the stack behind a getter.
  if (accessor && key !== "stack") walk.refuseAt(key, "getter or setter", "store its value instead");
  const target = found?.enumerable === true ? visible : hidden;
  target[key] = walk.copyPart(key, accessor ? source.stack : found?.value);
}

/** The error that `copyError` wrote, or `null` if it wrote no such thing. */
export function reviveError(plain: unknown): Error | null {
  if (!Array.isArray(plain) || plain.length !== 3) return null;
  const [type, hidden, visible] = plain as unknown[];
  const Class = typeof type === "string" ? BUILT_IN_ERRORS.get(type) : undefined;
  if (Class === undefined || !isRecord(hidden) || !isRecord(visible)) return null;
  const error = type === "AggregateError" ? new AggregateError([]) : new Class();
  for (const key of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, key);
  for (const [key, value] of Object.entries(hidden)) define(error, key, value, false);
  for (const [key, value] of Object.entries(visible)) define(error, key, value, true);
  return error;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
