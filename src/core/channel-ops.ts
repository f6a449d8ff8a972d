import type { ChannelOp, RunChannelBackend } from "./channel.js";
import { UsageError } from "./errors.js";
import { quoted } from "./ids.js";
import { capture, type StoredValue } from "./serialize/index.js";

/** What is under a key after one operation; `undefined` is nothing. */
export function applyOp(before: StoredValue | undefined, op: ChannelOp): StoredValue | undefined {
  switch (op.kind) {
    case "set":
      return op.value;
    case "delete":
      return undefined;
    case "append":
      return capture([...listIn(before, op), ...op.items.map((item) => item.read())], `channel.${op.key}`);
    case "prepend":
      return capture([...op.items.map((item) => item.read()), ...listIn(before, op)], `channel.${op.key}`);
    case "increment":
      return capture(numberIn(before, op.key) + op.by, `channel.${op.key}`);
    case "update":
      return before === op.seen ? op.value : capture(op.fn(before?.read()), `channel.${op.key}`);
  }
}

/** The write that gives a key what it holds now: for writes that cannot be repeated elsewhere. */
export function asItIs(channel: Pick<RunChannelBackend, "entry">, key: string): Extract<ChannelOp, { readonly kind: "set" | "delete" }> {
  const entry = channel.entry(key);
  return entry === undefined ? { kind: "delete", key } : { kind: "set", ...entry };
}

function listIn(before: StoredValue | undefined, op: ChannelOp): readonly unknown[] {
  const value = before === undefined ? [] : before.read();
  if (Array.isArray(value)) return value;
  throw wrongKind(op.key, op.kind, "a list");
}

function numberIn(before: StoredValue | undefined, key: string): number {
  const value = before === undefined ? 0 : before.read();
  if (typeof value === "number") return value;
  throw wrongKind(key, "increment", "a number");
}

/** What `append`, `prepend` and `increment` say about a key that holds something else. */
export const wrongKind = (key: string, call: string, expected: string): UsageError =>
  new UsageError(`${call} on channel key ${quoted(key)} found a value that is not ${expected}: use set or update, or another key.`);
