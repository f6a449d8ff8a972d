import { InvalidOptionError } from "../core/errors.js";
import { TaskGraph } from "../core/graph.js";
import { quoted } from "../core/ids.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { hasTaskMethods } from "./class-members.js";
import { definitionOf } from "./definition-of.js";
import { workflowNoteOf } from "./workflow-note.js";

/**
 * The workflows that modules export, by name: workflows, graphs, classes of tasks. Two of one name are refused, as nobody could say
 * which is meant. Throws `DefinitionError` for a class whose tasks cannot be read.
 */
export function workflowsIn(modules: Iterable<object>): Map<string, WorkflowDefinition> {
  const found = new Map<string, WorkflowDefinition>();
  for (const exported of new Set([...modules].flatMap((module) => Object.values(module)))) {
    if (!isWorkflow(exported)) continue;
    const definition = definitionOf(exported);
    const known = found.get(definition.name);
    if (known !== undefined && known.graph.hash() !== definition.graph.hash()) {
      throw new InvalidOptionError(
        `two workflows are called ${quoted(definition.name)}: expected each name once; give one of them another, or leave its module out.`,
      );
    }
    found.set(definition.name, definition);
  }
  return found;
}

function isWorkflow(value: unknown): boolean {
  if (value instanceof TaskGraph) return true;
  if (typeof value === "function") return workflowNoteOf(value) !== null || (isClass(value) && hasTaskMethods(value.prototype));
  return typeof value === "object" && value !== null && "definition" in value;
}

const isClass = (value: { readonly prototype?: unknown }): value is { readonly prototype: object } =>
  typeof value.prototype === "object" && value.prototype !== null;
