import { DefinitionError } from "../core/errors.js";
import type { TaskGraph } from "../core/graph.js";
import { checkedId, quoted } from "../core/ids.js";
import type { AnyBody, TaskSettings } from "../core/task.js";
import { defineTask } from "./define-task.js";
import { noteMember, noteRegistered, notesOn, noteTask, type TaskNote } from "./notes.js";
import { optionError } from "./option-checks.js";
import type { MethodTaskOptions } from "./task-options.js";
import { checkedSettings } from "./task-settings.js";

type MemberContext = ClassMethodDecoratorContext | ClassFieldDecoratorContext;

/** What the options of `@task` say before the method is known. */
interface Draft {
  readonly name: string | null;
  readonly settings: TaskSettings;
  readonly graph: TaskGraph | null;
}

/** The decorator for checked options: one function that tells the two dialects apart by what it is called with. */
export function taskDecorator(options: MethodTaskOptions): (...args: unknown[]) => unknown {
  const draft: Draft = {
    settings: checkedSettings(options, "@task"),
    name: options.name === undefined ? null : checkedId(options.name, "option name of @task"),
    graph: checkedGraph(options.graph, "@task"),
  };
  return (...[target, key, descriptor]: unknown[]) => {
    if (isStandardContext(key)) return decorateStandard(draft, target, key);
    if (typeof key === "string" || typeof key === "symbol") return decorateLegacy(draft, target as object, key, descriptor);
    throw new DefinitionError(`@task was put on ${typeof target === "function" ? "a class or function" : quoted(target)}: ${EXPECTED}`);
  };
}

const EXPECTED = "expected a method; put @task() on the methods of a class, or write task(name, fn).";

/** Whether `@task` without parentheses was put on a member: that is, `task` itself was called as its decorator. */
export const isDecoratorCall = (args: readonly unknown[]): boolean =>
  isStandardContext(args[1]) || (isOwner(args[0]) && (typeof args[1] === "string" || typeof args[1] === "symbol"));

const isOwner = (value: unknown): boolean => typeof value === "function" || (typeof value === "object" && value !== null);

/** Returns the graph of the options, or `null` if they name none. */
export function checkedGraph(graph: TaskGraph | undefined, what: string): TaskGraph | null {
  if (graph === undefined) return null;
  if (typeof graph === "object" && graph !== null && typeof graph.add === "function") return graph;
  throw optionError(`option graph of ${what}`, graph, "a TaskGraph");
}

function isStandardContext(value: unknown): value is DecoratorContext {
  return typeof value === "object" && value !== null && "kind" in value && "addInitializer" in value;
}

function decorateStandard(draft: Draft, target: unknown, context: DecoratorContext): unknown {
  if (context.kind !== "method" && context.kind !== "field")
    throw new DefinitionError(`@task was put on the ${context.kind} ${quoted(String(context.name))}: ${EXPECTED}`);
  if (context.private)
    throw new DefinitionError(
      `@task was put on the private ${context.kind} ${quoted(String(context.name))}: a task is found by its name; drop the #.`,
    );
  const note = noteFor(draft, context.name, context.static);
  return context.kind === "method" ? markMethod(target as AnyBody, context, note) : fieldInitializer(note);
}

function markMethod(method: AnyBody, context: MemberContext, note: TaskNote): void {
  markOnce(method, note);
  context.addInitializer(function (this: unknown) {
    adopt(this as object, note, method);
  });
}

/** A field has its function only when an instance is made (or the class, for a static one). */
function fieldInitializer(note: TaskNote): (this: object, initial: unknown) => unknown {
  return function (this: object, initial: unknown) {
    if (typeof initial !== "function")
      throw new DefinitionError(
        `@task was put on field ${quoted(note.key)}, which holds ${quoted(initial)}: expected a function; assign one.`,
      );
    noteTask(initial, note);
    adopt(this, note, initial as AnyBody);
    return initial;
  };
}

function decorateLegacy(draft: Draft, owner: object, key: string | symbol, descriptor: unknown): void {
  if (typeof descriptor === "number") throw new DefinitionError(`@task was put on a parameter of ${quoted(String(key))}: ${EXPECTED}`);
  const method = (descriptor as PropertyDescriptor | undefined)?.value as unknown;
  if (typeof method !== "function") throw notAMethod(key, descriptor as PropertyDescriptor | undefined);
  const note = noteFor(draft, key, typeof owner === "function");
  markOnce(method as AnyBody, note);
  adopt(owner, note, method as AnyBody);
}

function notAMethod(key: string | symbol, descriptor: PropertyDescriptor | undefined): DefinitionError {
  const found = descriptor?.get || descriptor?.set ? "an accessor" : "a field";
  return new DefinitionError(
    `@task was put on ${found}, ${quoted(String(key))}: with legacy decorators (experimentalDecorators) only methods can be tasks; ` +
      "write it as a method, or compile with standard decorators, where arrow function fields can be tasks.",
  );
}

function noteFor(draft: Draft, key: string | symbol, isStatic: boolean): TaskNote {
  if (typeof key === "symbol")
    throw new DefinitionError(`@task was put on a method named by ${String(key)}: a task is found by its name; name the method by a text.`);
  if (draft.graph !== null && !isStatic)
    throw new DefinitionError(
      `method ${quoted(key)} has option graph, but no instance to run on: make it static, ` +
        "or drop the option and use the class as a workflow.",
    );
  const name = draft.name ?? checkedId(key, "task name (the method's own, unless option name gives another)");
  return Object.freeze({ key, name, settings: draft.settings, graph: draft.graph });
}

function markOnce(method: AnyBody, note: TaskNote): void {
  if (notesOn(method)?.task) throw new DefinitionError(`method ${quoted(note.key)} has @task twice: expected once; merge their options.`);
  noteTask(method, note);
}

/** Tells a class, prototype or instance of its task; a task with a graph registers itself there. */
function adopt(owner: object, note: TaskNote, method: AnyBody): void {
  noteMember(owner, note);
  if (note.graph === null) return;
  const call = (ctx: never, input: never): unknown => (owner as Record<string, AnyBody>)[note.key]?.call(owner, ctx, input);
  const qualname = `${(owner as { readonly name?: unknown }).name}.${note.key}`;
  const task = defineTask({ name: note.name, qualname, settings: note.settings, body: call });
  note.graph.add(task);
  noteRegistered(method, task);
  const wrapped: unknown = Reflect.get(owner, note.key);
  if (typeof wrapped === "function") noteRegistered(wrapped as AnyBody, task);
}
