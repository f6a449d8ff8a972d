import { describe, expect, it } from "vitest";
import { CairnError, LimitExceededError } from "../../src/core/errors.js";
import { type JobMessage, messageText, readMessage } from "../../src/core/job-message.js";
import { capture } from "../../src/core/serialize/index.js";
import { expectSafe, spec } from "./remote-fixtures.js";

const checkpoint: JobMessage = {
  kind: "checkpoint",
  request: { id: "c1", name: "half", reason: "requested", metadata: capture({ loss: 1 }, "m"), taskId: "train", cycle: 4 },
  ops: [
    { kind: "set", key: "a", value: capture(1, "a"), expiresAt: 5 },
    { kind: "increment", key: "b", by: 2, expiresAt: null },
  ],
};

/** As data that can be compared: stored values as their texts, numbers as people write them. */
const plain = (message: JobMessage): unknown => JSON.parse(JSON.stringify(message, (_, value: unknown) => shown(value)));
const shown = (value: unknown): unknown =>
  hasText(value) ? value.text() : ["number", "bigint"].includes(typeof value) ? String(value) : value;
const hasText = (value: unknown): value is { text(): string } => typeof (value as { text?: unknown } | null)?.text === "function";

const messages: readonly JobMessage[] = [
  { kind: "progress", done: 1.5, total: null, label: null },
  { kind: "progress", done: Number.NaN, total: Number.POSITIVE_INFINITY, label: "\u2028 <b>" },
  { kind: "log", level: "warn", fields: { at: new Date(1), deep: { a: [1n] } }, message: "said" },
  { kind: "remember", key: "drawn", value: capture(new Set([1]), "m") },
  checkpoint,
];

describe("a message of a body", () => {
  it.each(messages)("is read as it was written: $kind", (message) => {
    expect(plain(readMessage(messageText(message), spec))).toEqual(plain(message));
  });

  it("tells fields of a log that cannot travel by their texts", () => {
    const text = messageText({ kind: "log", level: "info", fields: { fn: () => 1, n: 1 }, message: "m" });
    expect(readMessage(text, spec)).toMatchObject({ fields: { fn: "() => 1", n: "1" } });
  });

  it("says that a checkpoint is of the task that it is of, whatever the message says", () => {
    const text = messageText(checkpoint).replace('"id":"c1"', '"id":"c1","taskId":"other","cycle":9');
    expect(readMessage(text, spec)).toMatchObject({ request: { taskId: "train", cycle: 4 } });
  });

  it("is refused if it writes a result, names what cannot be a key or id, is of another kind, or is too long", () => {
    for (const [from, to] of [
      ['"key":"a"', '"key":"train.__result__"'],
      ['"key":"a"', '"key":"__proto__"'],
      ['"id":"c1"', '"id":"../c1"'],
      ['"kind":"checkpoint"', '"kind":"eval"'],
    ] as const) {
      const text = messageText(checkpoint).replace(from, to);
      expect(text).not.toBe(messageText(checkpoint));
      expect(() => readMessage(text, spec), to).toThrow(CairnError);
    }
    expect(() => readMessage(" ".repeat(16 * 1024 * 1024 + 1), spec)).toThrow(LimitExceededError);
  });

  it.each(messages)("is refused with an error of ours if it is damaged, and changes nothing else: $kind", (message) => {
    expectSafe(messageText(message), (text) => readMessage(text, spec));
  });
});
