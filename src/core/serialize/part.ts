/**
 * What superjson cannot keep exactly, as `[name, plain]`. It is an array because superjson goes on into arrays,
 * so that what is inside `plain` may be rich again and everything stays in one document.
 */
export class Part extends Array<unknown> {
  static named(name: string, plain: unknown): Part {
    const part = new Part();
    part.push(name, plain);
    return part;
  }
}

/** The name under which parts stand in a document, as superjson's `["custom", name]`. */
export const PART_TYPE = "cairnflow";

/** What precedes the name of a user's codec, so that it cannot be taken for one of ours. */
export const CLASS_PREFIX = "class:";

/** Whether an object has no prototype; superjson would give it one. */
export function isNullObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}
