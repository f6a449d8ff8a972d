import { describe, expect, it } from "vitest";
import { registeredMethods, registeredTask } from "../../src/authoring/task.js";
import { tasksOfClass } from "../../src/authoring/workflow-class.js";
import { workflowNoteOf } from "../../src/authoring/workflow-note.js";
import { DefinitionError } from "../../src/core/errors.js";
import type { TaskGraph } from "../../src/core/graph.js";
import type { AnyTask } from "../../src/core/task.js";

type Class = new () => object;

/** Classes that each dialect compiles for itself. */
export interface Story {
  readonly Order: Class;
  readonly Dollars: Class;
  readonly Wrapped: Class;
  readonly Needs: new (rate: number) => object;
  readonly Nameless: Class;
  readonly inGraph: () => { readonly graph: TaskGraph; readonly Steps: object };
  readonly bad: Readonly<
    Record<"symbol" | "accessor" | "bare" | "twice" | "classItself" | "instanceInGraph" | "workflowOnMethod" | "underscore", () => unknown>
  >;
}

/** A decorator of another library that puts a function of its own in the place of the method, in both dialects. */
export function logged(...[target, key]: readonly unknown[]): any {
  const wrap = (fn: (...args: unknown[]) => unknown) =>
    async function (this: unknown, ...args: unknown[]) {
      return `logged ${await fn.apply(this, args)}`;
    };
  if (typeof target === "function") return wrap(target as never);
  const descriptor = Object.getOwnPropertyDescriptor(target, key as string);
  return { ...descriptor, value: wrap(descriptor?.value) };
}

/** Calls the body of a task as the engine would. */
export const call = (task: AnyTask | null | undefined, input?: unknown): unknown => task?.body({} as never, input as never);

const byName = (tasks: readonly AnyTask[]) => Object.fromEntries(tasks.map((task) => [task.name, task]));

/** What holds for decorated classes, whichever dialect compiled them. */
export function tellsTheStory(dialect: string, story: Story): void {
  describe(`a class with ${dialect} decorators`, () => {
    readsTasks(story);
    readsSubclasses(story);
    makesInstances(story);
    registersItself(story);
    refusesWhatIsNoTask(story);
  });
}

function readsTasks({ Order, Wrapped }: Story): void {
  it("is read into tasks with names, settings and edges between methods", () => {
    const { tasks, graph } = tasksOfClass(Order);
    expect(tasks.map((task) => task.name)).toEqual(["audit", "validate", "charge", "weigh", "ship"]);
    const { validate, charge, weigh } = byName(tasks);
    expect(validate?.settings).toMatchObject({ start: true, next: ["charge", "weigh"] });
    expect(charge?.settings).toMatchObject({ timeoutMs: 30_000, retry: { maxRetries: 3 }, next: ["ship"] });
    expect(weigh?.settings.after).toEqual(["validate"]);
    expect(charge?.qualname).toBe("Order.pay");
    expect(graph.name).toBe("order");
    expect(graph.validate()).toEqual([]);
    expect(graph.plan().nodes.get("ship")?.joins).toEqual(["charge", "weigh"]);
    expect(graph.plan().starts).toEqual(["validate"]);
  });

  it("binds methods to the instance and static ones to the class", async () => {
    const { tasks } = tasksOfClass(new Order());
    const { charge, audit } = byName(tasks);
    expect(await call(charge, { amount: 5 })).toBe("5 EUR");
    expect(call(audit)).toBe("Order");
  });

  it("knows the task that a method stands for", () => {
    const { methods, tasks } = tasksOfClass(Order);
    expect(methods.get(Order.prototype.pay)).toBe(byName(tasks)["charge"]);
    expect(methods.get(Order.prototype.helper)).toBeUndefined();
  });

  it("carries the note of its workflow", () => {
    expect(workflowNoteOf(Order)).toEqual({ name: "order", version: 3, tasks: [], migrations: new Map() });
    expect(workflowNoteOf(new Order())).toBe(workflowNoteOf(Order));
  });

  it("keeps a task that another decorator wraps", async () => {
    const { tasks, methods } = tasksOfClass(Wrapped);
    expect(await call(tasks[0], "x")).toBe("logged x");
    expect(methods.get(Wrapped.prototype.outer)).toBe(tasks[0]);
  });
}

function readsSubclasses({ Order, Dollars }: Story): void {
  it("lets a subclass override tasks, with or without options of its own", async () => {
    const { tasks, methods } = tasksOfClass(Dollars);
    const named = byName(tasks);
    expect(Object.keys(named)).toEqual(["audit", "validate", "charge", "weigh.twice", "ship"]);
    expect(await call(named["charge"], { amount: 5 })).toBe("$5 USD");
    expect(call(named["weigh.twice"])).toBe(14);
    expect(named["weigh.twice"]?.settings.after).toEqual([]);
    expect(named["validate"]?.settings.next).toEqual(["charge", "weigh.twice"]);
    expect(methods.get(Order.prototype.pay)).toBe(named["charge"]);
    expect(methods.get(Dollars.prototype.pay)).toBe(named["charge"]);
    expect(workflowNoteOf(Dollars)?.name).toBe("order");
  });
}

function makesInstances({ Needs, Nameless }: Story): void {
  it("is instantiated only if its constructor takes nothing", () => {
    expect(() => tasksOfClass(Needs)).toThrow(/class Needs takes 1 arguments.*workflowOf\(new Needs\(deps\)\)/);
    expect(call(tasksOfClass(new Needs(4)).tasks[0], 5)).toBe(20);
  });

  it("needs a name that no minifier changes", () => {
    expect(() => tasksOfClass(Nameless)).toThrow(/class Nameless has no workflow name.*@workflow\("name"\)/);
    expect(tasksOfClass(Nameless, "given").graph.name).toBe("given");
  });
}

function registersItself({ inGraph }: Story): void {
  it("registers static methods in the graph they name, bound to the class", () => {
    const { graph, Steps } = inGraph();
    expect(graph.tasks().map((task) => task.name)).toEqual(["clean", "store"]);
    expect(graph.validate()).toEqual([]);
    const clean = registeredTask((Steps as { clean?: unknown }).clean);
    expect(clean).toBe(graph.tasks()[0]);
    expect([...registeredMethods(graph.tasks()).keys()]).toEqual([
      (Steps as { clean?: unknown }).clean,
      (Steps as { store?: unknown }).store,
    ]);
    expect(call(clean, 5)).toBe(15);
    expect(clean?.qualname).toBe("Steps.clean");
    expect(() => tasksOfClass(Steps)).toThrow(/registered themselves in graph "etl"/);
  });
}

function refusesWhatIsNoTask({ bad }: Story): void {
  it.each([
    ["a method named by a symbol", bad.symbol, /named by Symbol\(key\)/],
    ["an accessor", bad.accessor, /"value"/],
    ["@task without parentheses", bad.bare, /without parentheses.*@task\(\)/],
    ["@task twice", bad.twice, /"run" has @task twice/],
    ["@task on a class", bad.classItself, /expected a method/],
    ["an instance method that registers itself", bad.instanceInGraph, /"run" has option graph, but no instance.*make it static/],
    ["@workflow on a method", bad.workflowOnMethod, /expected a class/],
    ["a method whose name is no id", bad.underscore, /"_run" is not a valid id/],
  ])("refuses %s", (_what, define, message) => {
    expect(define).toThrow(DefinitionError);
    expect(define).toThrow(message);
  });
}
