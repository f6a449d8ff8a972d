import { task, workflow } from "cairnflow";
import { describe, expect, it } from "vitest";
import type { ChannelOp } from "../../src/core/channel.js";
import { CairnError, FatalError, LimitExceededError, TaskNotRegisteredError } from "../../src/core/errors.js";
import type { TaskOutcome } from "../../src/core/outcome.js";
import { outcomeText, readOutcome, UpdateConflict } from "../../src/core/outcome-text.js";
import type { RegisteredTask } from "../../src/core/registry.js";
import { capture } from "../../src/core/serialize/index.js";
import { expectSafe, spec } from "./remote-fixtures.js";

const { registry } = workflow(
  "flow",
  task("train", () => 1),
).definition;

function find(module: string, name: string): RegisteredTask {
  const found = registry.resolve({ module, name });
  if (found === undefined) throw new TaskNotRegisteredError(`no ${name}`);
  return found;
}

const stored = (value: unknown) => capture(value, "value");
const ops: readonly ChannelOp[] = [
  { kind: "set", key: "a/b", value: stored(new Map([[1, -0]])), expiresAt: 17 },
  { kind: "delete", key: "gone" },
  { kind: "append", key: "list", items: [stored(1), stored("two")], expiresAt: null },
  { kind: "prepend", key: "list", items: [stored(null)], expiresAt: null },
  { kind: "increment", key: "sum", by: 0.5, expiresAt: null },
  { kind: "update", key: "state", fn: () => 1, seen: stored({ n: 1 }), value: stored({ n: 2 }), expiresAt: null },
];
const ref = registry.find(registry.resolve({ module: registry.module, name: "train" })?.task as never)?.ref;
const returned: TaskOutcome = {
  kind: "returned",
  value: stored([undefined, 1n]),
  ops,
  requests: {
    next: [{ ref: ref as NonNullable<typeof ref>, node: "somewhere", id: "named", input: stored(1), jump: true, maxRetries: 2 }],
    iteration: stored(undefined),
    checkpoints: [{ id: "c1", name: null, reason: "requested", metadata: stored({ a: 1 }), taskId: "train", cycle: 4 }],
    terminate: { message: null },
    cancel: { message: "enough" },
    metrics: new Map([
      ["loss", Number.NaN],
      ["best", Number.NEGATIVE_INFINITY],
    ]),
    artifacts: [{ path: "a.bin", type: null, description: "x", taskId: "train" }],
  },
};
const text = outcomeText({ outcome: returned, memo: new Map([["drawn", stored(5)]]) });
const read = (of: string) => readOutcome(of, spec, find);

describe("the text of an outcome", () => {
  it("is read as it was written, with the places of tasks as they are here", () => {
    const { outcome, memo } = read(text);
    if (outcome.kind !== "returned" || outcome.requests === null) throw new Error("expected what was returned");
    expect(outcome.value.read()).toEqual([undefined, 1n]);
    expect(outcomeText({ outcome, memo })).toBe(text);
    expect(outcome.requests.next[0]).toMatchObject({ node: "train", id: "named", jump: true, maxRetries: 2 });
    expect([...outcome.requests.metrics.values()]).toEqual([Number.NaN, Number.NEGATIVE_INFINITY]);
    expect(outcome.requests.artifacts[0]?.taskId).toBe("train");
  });

  it("tells what was thrown with its causes, and whether another attempt is worth it", () => {
    const error = Object.assign(new TypeError("bad", { cause: new FatalError("deep") }), { code: "E1" });
    const { outcome } = read(outcomeText({ outcome: { kind: "threw", error, retriable: false }, memo: null }));
    expect(outcome).toMatchObject({
      kind: "threw",
      retriable: false,
      error: { name: "TypeError", code: "E1", message: "bad", cause: { name: "FatalError" } },
    });
    expect(read(outcomeText({ outcome: { kind: "threw", error: undefined }, memo: null })).outcome).not.toHaveProperty("retriable");
  });

  it("has an update applied only to the value that it was made of", () => {
    const { outcome } = read(text);
    const update = (outcome as Extract<TaskOutcome, { kind: "returned" }>).ops.find((op) => op.kind === "update");
    expect(update?.fn({ n: 1 })).toEqual({ n: 2 });
    expect(() => update?.fn({ n: 3 })).toThrow(UpdateConflict);
    expect(() => update?.fn(undefined)).toThrow(UpdateConflict);
  });

  it("is refused if it writes a result, names what cannot be, queues what is not known, or is too long", () => {
    for (const [from, to] of [
      ['"key":"a/b"', '"key":"train.__result__"'],
      ['"key":"state"', '"key":"train.__result__"'],
      ['"key":"sum"', '"key":"__proto__"'],
      ['"kind":"append"', '"kind":"eval"'],
      ['"name":"train"', '"name":"__proto__"'],
      ['"id":"named"', '"id":"a:b"'],
      ['["loss"', '["*"'],
    ] as const) {
      const changed = text.replace(from, to);
      expect(changed).not.toBe(text);
      expect(() => read(changed), to).toThrow(CairnError);
    }
    expect(() => read(" ".repeat(64 * 1024 * 1024 + 1))).toThrow(LimitExceededError);
  });

  it("is refused with an error of ours if it is damaged, and changes nothing else", () => {
    expectSafe(text, read);
  });
});
