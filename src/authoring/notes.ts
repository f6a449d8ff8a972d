import "reflect-metadata/lite";
import type { TaskGraph } from "../core/graph.js";
import type { AnyBody, AnyTask, TaskSettings } from "../core/task.js";
import type { WorkflowSettings } from "./workflow-options.js";

/** What `@task` leaves behind: a task that still lacks its class and instance. */
export interface TaskNote {
  /** The property of the class. */
  readonly key: string;
  readonly name: string;
  /** `next` and `after` name methods as written; reading the class turns them into task names. */
  readonly settings: TaskSettings;
  /** The graph the task registers itself in, or `null` for a task of its class. */
  readonly graph: TaskGraph | null;
}

/** What `@workflow` leaves on a class. */
export interface WorkflowNote extends WorkflowSettings {
  readonly name: string;
}

interface Notes {
  /** On a function: the task it is. */
  task?: TaskNote;
  /** On a static method that registered itself in a graph: the task made of it. */
  registered?: AnyTask;
  /** On such a task: the functions that stand for it. */
  functions?: Set<AnyBody>;
  /** On a class, prototype or instance: its tasks by property, so that a decorator that wraps a task does not lose it. */
  members?: Map<string, TaskNote>;
  /** On a class. */
  workflow?: WorkflowNote;
}

const STORE = Symbol.for("cairnflow.notes/1");
const TASK = "cairnflow:task";
const WORKFLOW = "cairnflow:workflow";

/** One store for every copy of the library in a process; the number in its name is the shape of the notes. */
function store(): WeakMap<object, Notes> {
  const place = globalThis as { [STORE]?: WeakMap<object, Notes> };
  place[STORE] ??= new WeakMap();
  return place[STORE];
}

/** The notes on a function, class or object, or `undefined`. */
export const notesOn = (subject: object): Readonly<Notes> | undefined => store().get(subject);

function writableNotes(subject: object): Notes {
  const known = store().get(subject);
  if (known) return known;
  const fresh: Notes = {};
  store().set(subject, fresh);
  return fresh;
}

/** Notes that a function is a task, and mirrors it as metadata for other libraries to read. */
export function noteTask(fn: object, note: TaskNote): void {
  writableNotes(fn).task = note;
  Reflect.defineMetadata(TASK, note, fn);
}

/** Notes that a property of a class, prototype or instance is a task. */
export function noteMember(owner: object, note: TaskNote): void {
  const notes = writableNotes(owner);
  notes.members ??= new Map();
  notes.members.set(note.key, note);
}

/** Notes which task a static method became in the graph it registered itself in. */
export function noteRegistered(fn: AnyBody, task: AnyTask): void {
  writableNotes(fn).registered = task;
  const notes = writableNotes(task);
  notes.functions ??= new Set();
  notes.functions.add(fn);
}

/** Notes the workflow that a class is, and mirrors it as metadata for other libraries to read. */
export function noteWorkflow(Class: object, note: WorkflowNote): void {
  writableNotes(Class).workflow = note;
  Reflect.defineMetadata(WORKFLOW, note, Class);
}
