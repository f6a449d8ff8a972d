/** An error as data: what a checkpoint, a group's record or a worker can carry. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly stack: string | null;
  readonly cause: ErrorRecord | null;
  /** Of a group: the ids of the members that failed. */
  readonly failures?: readonly string[];
}

const MESSAGE_LIMIT = 4_000;
const STACK_LIMIT = 8_000;
const CAUSE_DEPTH = 8;

/** Writes down anything that was thrown: capped, without cycles, and without ever throwing itself. */
export function toErrorRecord(thrown: unknown, depth = 0): ErrorRecord {
  if (typeof thrown !== "object" || thrown === null) {
    return { name: "NonError", message: `a task threw ${describeThrown(thrown)}`, code: null, stack: null, cause: null };
  }
  const cause = depth < CAUSE_DEPTH ? property(thrown, "cause") : undefined;
  const code = property(thrown, "code");
  return {
    name: text(property(thrown, "name"), 200) ?? "Error",
    message: text(property(thrown, "message"), MESSAGE_LIMIT) ?? "a task threw an object without a message",
    code: typeof code === "number" ? String(code) : text(code, 200),
    stack: text(property(thrown, "stack"), STACK_LIMIT),
    cause: cause === undefined || cause === null || cause === thrown ? null : toErrorRecord(cause, depth + 1),
  };
}

/** An error made of a record, for the time after a resume, when the one that was thrown is gone. */
export function fromErrorRecord(record: ErrorRecord): Error {
  const error = new Error(record.message, record.cause ? { cause: fromErrorRecord(record.cause) } : undefined);
  error.name = record.name;
  if (record.stack !== null) error.stack = record.stack;
  if (record.code !== null) Object.defineProperty(error, "code", { value: record.code, enumerable: true });
  return error;
}

/** A value that was thrown although it is no error, named without risk. */
function describeThrown(thrown: unknown): string {
  if (typeof thrown === "string") return JSON.stringify(thrown.slice(0, MESSAGE_LIMIT));
  return typeof thrown === "symbol" || typeof thrown === "function" ? `a ${typeof thrown}` : String(thrown);
}

/** A property of something hostile: a getter or a proxy may throw. */
function property(of: object, key: string): unknown {
  try {
    return (of as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

const text = (value: unknown, limit: number): string | null => (typeof value === "string" ? value.slice(0, limit) : null);
