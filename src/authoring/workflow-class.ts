import { DefinitionError } from "../core/errors.js";
import { TaskGraph } from "../core/graph.js";
import { quoted } from "../core/ids.js";
import type { AnyBody, AnyTask } from "../core/task.js";
import { hasTaskMethods, instanceMembers, staticMembers, type TaskMember } from "./class-members.js";
import { defineTask } from "./define-task.js";
import { shown } from "./option-checks.js";
import { classOf, workflowNoteOf } from "./workflow-note.js";

/** A class of tasks, read. */
export interface ClassTasks {
  /** In the order in which they are written, base classes first. */
  readonly tasks: readonly AnyTask[];
  /** The task that a method stands for, as in `ctx.goto(this.pay)`. */
  readonly methods: ReadonlyMap<AnyBody, AnyTask>;
  readonly graph: TaskGraph;
}

type Members = ReadonlyMap<string, TaskMember>;

/**
 * Reads the tasks of a class, or of an instance with its own dependencies, into a graph. A class is instantiated if its tasks need it
 * and its constructor takes nothing. `name` is the name of the graph, that of `@workflow` unless given. Throws `DefinitionError`.
 *
 * ```ts
 * const { graph, tasks } = tasksOfClass(new Order(db));
 * ```
 */
export function tasksOfClass(subject: object, name: string | null = null): ClassTasks {
  const Class = checkedClass(subject);
  const declared = staticMembers(Class);
  const statics = own(declared);
  const instance = typeof subject === "function" ? instantiated(Class, declared.size > 0) : subject;
  const ofInstance: Members = instance === null ? new Map() : own(instanceMembers(instance));
  if (statics.size + ofInstance.size === 0) throw withoutTasks(Class);
  const graph = new TaskGraph(name ?? graphName(Class), { jumpTargets: true });
  const methods = new Map<AnyBody, AnyTask>();
  const tasks = [...made(statics, ofInstance, methods), ...made(ofInstance, statics, methods)];
  for (const task of tasks) graph.add(task);
  return { tasks, methods, graph };
}

type Constructor = (new () => object) & { readonly name: string };

function checkedClass(subject: unknown): Constructor {
  const Class = classOf(subject);
  if (typeof Class === "function" && typeof Class.prototype === "object" && Class !== Object) return Class as Constructor;
  throw new DefinitionError(
    `found ${shown(subject)} where a workflow class is expected: pass a class with @task methods, or an instance of one.`,
  );
}

/** Tasks that registered themselves in a graph belong to that one. */
const own = (members: Members): Members => new Map([...members].filter(([, { note }]) => note.graph === null));

/** An instance to run the tasks of a class on; `null` if it seems to have static tasks only and cannot be instantiated. */
function instantiated(Class: Constructor, hasStatics: boolean): object | null {
  const needed = hasTaskMethods(Class.prototype as object) || !hasStatics;
  if (Class.length > 0) {
    if (needed) throw new DefinitionError(`class ${Class.name} takes ${Class.length} arguments: ${instanceHint(Class)}.`);
    return null;
  }
  try {
    return new Class();
  } catch (cause) {
    if (!needed) return null;
    if (cause instanceof DefinitionError) throw cause;
    throw new DefinitionError(`class ${Class.name} cannot be instantiated without arguments: ${instanceHint(Class)}.`, {
      cause,
    });
  }
}

const instanceHint = ({ name }: Constructor): string =>
  `expected a constructor that takes none; pass an instance, workflowOf(new ${name}(deps))`;

function withoutTasks(Class: Constructor): DefinitionError {
  const elsewhere = [...staticMembers(Class).values()][0]?.note.graph;
  return new DefinitionError(
    elsewhere
      ? `the tasks of class ${Class.name} registered themselves in graph ${quoted(elsewhere.name)}: run that graph, or drop option graph.`
      : `class ${Class.name} has no tasks: expected at least one method with @task(); mark one.`,
  );
}

function graphName(Class: Constructor): string {
  const note = workflowNoteOf(Class);
  if (note) return note.name;
  throw new DefinitionError(
    `class ${Class.name} has no workflow name (its own may change when the code is minified): expected one; put @workflow("name") on it.`,
  );
}

function made(members: Members, others: Members, methods: Map<AnyBody, AnyTask>): AnyTask[] {
  return [...members.values()].map((member) => {
    const task = taskOf(member, (name) => members.get(name)?.note.name ?? others.get(name)?.note.name ?? name);
    for (const fn of member.functions) methods.set(fn, task);
    return task;
  });
}

/** `nameOf` turns the name of a method into that of its task. */
function taskOf({ note, owner, className }: TaskMember, nameOf: (name: string) => string): AnyTask {
  const method: unknown = Reflect.get(owner, note.key);
  const qualname = `${className}.${note.key}`;
  if (typeof method !== "function")
    throw new DefinitionError(`task ${qualname} is ${shown(method)}: expected a function; do not assign to it.`);
  const settings = Object.freeze({
    ...note.settings,
    next: Object.freeze(note.settings.next.map(nameOf)),
    after: Object.freeze(note.settings.after.map(nameOf)),
  });
  return defineTask({ name: note.name, qualname, settings, body: method.bind(owner) as AnyBody });
}
