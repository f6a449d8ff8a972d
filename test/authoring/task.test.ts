import { describe, expect, it } from "vitest";
import { z } from "zod";
import { notesOn } from "../../src/authoring/notes.js";
import { registeredTask, task } from "../../src/authoring/task.js";
import { DefinitionError, InvalidIdError, InvalidOptionError } from "../../src/core/errors.js";
import { TaskGraph } from "../../src/core/graph.js";
import type { TaskContext } from "../../src/core/task-context.js";

const body = () => 1;
/** What JavaScript, which no compiler checks, may pass. */
const loose = task as (...args: unknown[]) => unknown;

describe("task(name, body)", () => {
  it("is a frozen task with every setting at its default", () => {
    const made = task("load", body);
    expect(Object.isFrozen(made) && Object.isFrozen(made.settings)).toBe(true);
    expect(made).toMatchObject({ kind: "task", name: "load", qualname: "body", body });
    expect(made.settings).toEqual({
      ...{ module: null, start: false, next: [], after: [], join: "all", retry: null, timeoutMs: null, maxCycles: null, critical: false },
      ...{ checkpoint: null, formerly: [], input: null, output: null, handler: "inline", tags: [] },
    });
    expect(task("arrow", () => 1).qualname).toBe("arrow");
  });

  it("keeps its options, checked", () => {
    const schema = z.number();
    const { settings } = task(
      "a",
      {
        ...{ module: "shop/orders", start: true, next: "b", after: ["c", "d"], join: "any", retry: 2, timeout: "1m", maxCycles: 7 },
        ...{ critical: true, checkpoint: "before", formerly: ["old/module#a1", "a0"], handler: "thread", tags: ["gpu", "team:ml"] },
        input: schema,
      },
      (_ctx: TaskContext, amount: number) => amount,
    );
    expect(settings).toMatchObject({
      ...{ module: "shop/orders", start: true, next: ["b"], after: ["c", "d"], join: "any", timeoutMs: 60_000, maxCycles: 7 },
      ...{ critical: true, checkpoint: "before", formerly: ["old/module#a1", "a0"], handler: "thread", tags: ["gpu", "team:ml"] },
    });
    expect(settings.retry).toMatchObject({ maxRetries: 2, factor: 2, jitter: 0.25, initialWaitMs: 0 });
    expect(settings.input).toBe(schema);
  });

  it("registers itself in the graph it names", () => {
    const graph = new TaskGraph("g");
    const a = task("a", { graph, next: "b" }, body);
    task("b", { graph }, body);
    expect(graph.tasks()[0]).toBe(a);
    expect(graph.validate()).toEqual([]);
    expect(registeredTask(body)).toBeNull();
  });

  it("refuses an anonymous task, whatever the function is called", () => {
    for (const args of [[body], ["", body], [undefined, body], [null, body], [{ retry: 1 }, body], [5, body]]) {
      expect(() => loose(...args)).toThrow(DefinitionError);
      expect(() => loose(...args)).toThrow(/an anonymous task needs a name/);
    }
  });

  it("refuses a name that is no id, and a body that is no function", () => {
    expect(() => loose("a b", body)).toThrow(InvalidIdError);
    expect(() => loose("../a", body)).toThrow(/task name "\.\.\/a" is not a valid id/);
    expect(() => loose("a")).toThrow(/the body of task "a" is \(undefined\)/);
    expect(() => loose("a", {}, "run")).toThrow(/the body of task "a" is "run"/);
    expect(() => loose("a", { name: "b" }, body)).toThrow(/has option name/);
  });
});

describe("task options", () => {
  it.each([
    ["maxCycles", [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "3", null]],
    ["timeout", [0, -1, Number.NaN, "soon", {}, null]],
    ["retry", [-1, 1.5, Number.NaN, "3", null, [3], {}, { maxRetries: -1 }, { maxRetries: 1, tries: 2 }]],
    ["join", ["some", true]],
    ["checkpoint", ["during", true]],
    ["critical", ["yes", 1]],
    ["start", ["yes"]],
    ["next", ["", 5, ["a", "a"], [null], "a b"]],
    ["after", ["", {}]],
    ["formerly", ["#a", "a#", "mod#a#b", 5]],
    ["module", ["", "a b", "/etc", 5]],
    ["handler", ["", "a b", 5]],
    ["tags", ["", "a,b", 5]],
    ["input", [5, {}, { "~standard": {} }, { "~standard": { version: 2, validate: body } }, null]],
    ["output", ["zod"]],
    ["graph", [{}, "etl", null]],
  ])("refuses %s out of its range, and says so", (option, values) => {
    for (const value of values) {
      expect(() => loose("a", { [option]: value }, body), `${option}: ${JSON.stringify(value)}`).toThrow(DefinitionError);
      expect(() => loose("a", { [option]: value }, body)).toThrow(
        new RegExp(`${option}.*expected|${option}.*twice|${option}.*not a valid id`),
      );
      expect(() => loose({ [option]: value }), "as a decorator, before it meets a method").toThrow(DefinitionError);
    }
  });

  it("refuses unknown options and lists the known ones", () => {
    expect(() => loose("a", { retries: 3 }, body)).toThrow(InvalidOptionError);
    expect(() => loose("a", { retries: 3 }, body)).toThrow(/task "a" has no option "retries": expected one of name, module, .*graph/);
    expect(() => loose("a", "fast", body)).toThrow(/options of task "a" are "fast"/);
    expect(() => loose({ name: "a b" })).toThrow(InvalidIdError);
  });
});

describe("notes", () => {
  it("are shared by all copies of the library and mirrored as metadata", () => {
    const method = (_ctx: TaskContext) => 1;
    const decorate = task({ name: "noted" }) as unknown as (owner: object, key: string, descriptor: PropertyDescriptor) => void;
    decorate({}, "method", { value: method });
    const store = (globalThis as Record<symbol, unknown>)[Symbol.for("cairnflow.notes/1")] as WeakMap<object, unknown>;
    expect(store.get(method)).toBe(notesOn(method));
    expect(notesOn(method)?.task).toMatchObject({ key: "method", name: "noted" });
    expect(Reflect.getMetadata("cairnflow:task", method)).toBe(notesOn(method)?.task);
  });
});
