import { DefinitionError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { notesOn, noteWorkflow, type WorkflowNote } from "./notes.js";
import { checkedWorkflowOptions, type WorkflowOptions } from "./workflow-options.js";

/** A class, whatever its constructor takes. */
export type AnyClass = abstract new (...args: never[]) => object;

/** Decorates a class, in the standard and in the legacy dialect. */
export type WorkflowDecorator = <Of extends AnyClass>(Class: Of, context?: ClassDecoratorContext<Of>) => void;

/**
 * The decorator `@workflow(name, options)`: notes on a class which workflow it is. Throws `DefinitionError`.
 *
 * ```ts
 * \@workflow("order", { version: 2 })
 * class Order { ... }
 * ```
 */
export function workflowDecorator(name: string, options?: WorkflowOptions): WorkflowDecorator {
  checkedId(name, "workflow name");
  const note: WorkflowNote = Object.freeze({ name, ...checkedWorkflowOptions(options, `@workflow(${quoted(name)})`) });
  return (Class: unknown, ...rest: readonly unknown[]): void => {
    const context = rest[0] as DecoratorContext | undefined;
    if (typeof Class !== "function" || rest.length > 1 || (context !== undefined && context.kind !== "class"))
      throw new DefinitionError(
        `@workflow(${quoted(name)}) was put on something else than a class: expected a class; on methods put @task().`,
      );
    noteWorkflow(Class, note);
  };
}

/** What `@workflow` noted on a class (or the class of an instance) or on one it extends; `null` if there is none. */
export function workflowNoteOf(subject: unknown): WorkflowNote | null {
  for (let at = classOf(subject); typeof at === "function"; at = Object.getPrototypeOf(at)) {
    const note = notesOn(at)?.workflow;
    if (note) return note;
  }
  return null;
}

/** A class itself, or the class that an object is an instance of. */
export function classOf(subject: unknown): unknown {
  if (typeof subject === "function") return subject;
  const prototype: unknown = typeof subject === "object" && subject !== null ? Object.getPrototypeOf(subject) : null;
  return (prototype as { readonly constructor?: unknown } | null)?.constructor;
}
