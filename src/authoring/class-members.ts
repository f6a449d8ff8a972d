import type { AnyBody } from "../core/task.js";
import { notesOn, type TaskNote } from "./notes.js";

/** A property of a class or instance that is a task. */
export interface TaskMember {
  readonly note: TaskNote;
  /** What the task is called on. */
  readonly owner: object;
  /** The name of the class it is written in, for people. */
  readonly className: string;
  /** Every function that has this place, overridden ones included: each of them names the task in calls such as `ctx.goto`. */
  readonly functions: Set<AnyBody>;
}

/** The tasks of an instance by property: methods along the prototype chain, and fields of its own. Overrides win. */
export const instanceMembers = (instance: object): Map<string, TaskMember> =>
  membersOf(instance, [...chainOf(Object.getPrototypeOf(instance), Object.prototype), instance]);

/** The static tasks of a class by property, inherited ones included. Overrides win. */
export const staticMembers = (Class: object): Map<string, TaskMember> => membersOf(Class, chainOf(Class, Function.prototype));

/** Whether a prototype or one it inherits from has a method marked as a task. */
export const hasTaskMethods = (prototype: object): boolean => membersOf(prototype, chainOf(prototype, Object.prototype)).size > 0;

/** An object and what it inherits from, base first, without `end` and what comes before it. */
function chainOf(from: unknown, end: object): object[] {
  const found: object[] = [];
  for (let at = from; at !== null && at !== undefined && at !== end; at = Object.getPrototypeOf(at)) found.unshift(at as object);
  return found;
}

function membersOf(owner: object, layers: readonly object[]): Map<string, TaskMember> {
  const members = new Map<string, TaskMember>();
  for (const layer of layers) {
    const noted = notesOn(layer)?.members;
    for (const key of Object.getOwnPropertyNames(layer)) {
      const value: unknown = Object.getOwnPropertyDescriptor(layer, key)?.value;
      if (typeof value === "function") meet(members, owner, layer, key, value as AnyBody, noted?.get(key));
    }
    if (layer === owner) for (const note of noted?.values() ?? []) meetWrapped(members, owner, note);
  }
  return members;
}

/** Takes one function into account. One that overrides a task without `@task` of its own takes its place, with the same options. */
function meet(members: Map<string, TaskMember>, owner: object, layer: object, key: string, fn: AnyBody, noted: TaskNote | undefined): void {
  const note = noted ?? notesOn(fn)?.task;
  if (note?.key === key) decide(members, owner, layer, note);
  members.get(key)?.functions.add(fn);
}

/** Takes into account a task that only its owner knows of, because another decorator has put a function of its own in its place. */
function meetWrapped(members: Map<string, TaskMember>, owner: object, note: TaskNote): void {
  decide(members, owner, owner, note);
  const fn: unknown = Reflect.get(owner, note.key);
  if (typeof fn === "function") members.get(note.key)?.functions.add(fn as AnyBody);
}

function decide(members: Map<string, TaskMember>, owner: object, layer: object, note: TaskNote): void {
  const known = members.get(note.key);
  if (known?.note === note) return;
  members.set(note.key, { note, owner, className: classNameOf(layer), functions: known?.functions ?? new Set() });
}

function classNameOf(layer: object): string {
  const Class: unknown = typeof layer === "function" ? layer : (layer as { readonly constructor?: unknown }).constructor;
  const name = (Class as { readonly name?: unknown } | undefined)?.name;
  return typeof name === "string" && name !== "" ? name : "(class)";
}
