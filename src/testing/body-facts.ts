import { optionError } from "../authoring/option-checks.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { isPlainObject } from "../core/plain-object.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import type { BodyFacts } from "./coverage-model.js";

/** Checks what was said of the bodies of a workflow's tasks. Throws `InvalidOptionError`. */
export function checkedBodyFacts(definition: WorkflowDefinition, { gotos, iterates }: BodyFacts, what: string): Required<BodyFacts> {
  const jumps = checkedByTask(definition, gotos, `option gotos of ${what}`).map(
    ([from, targets]) => [from, checkedTasks(definition, targets, `option gotos.${from} of ${what}`)] as const,
  );
  return { gotos: Object.fromEntries(jumps), iterates: checkedTasks(definition, iterates ?? [], `option iterates of ${what}`) };
}

/** The entries of an object with the names of tasks for keys. */
export function checkedByTask(definition: WorkflowDefinition, record: unknown, what: string): [string, unknown][] {
  if (record === undefined) return [];
  if (!isPlainObject(record)) throw optionError(what, record, "an object by the names of tasks");
  const entries = Object.entries(record);
  for (const [name] of entries) checkedTask(definition, name, what);
  return entries;
}

function checkedTasks(definition: WorkflowDefinition, names: unknown, what: string): readonly string[] {
  if (!Array.isArray(names)) throw optionError(what, names, "a list of the names of tasks");
  return names.map((name: unknown) => checkedTask(definition, name, what));
}

function checkedTask({ name: workflow, registry }: WorkflowDefinition, name: unknown, what: string): string {
  const names = Array.from(registry.entries(), ({ ref, node }) => node ?? ref.name);
  if (typeof name === "string" && names.includes(name)) return name;
  throw new InvalidOptionError(
    `${what} names task ${quoted(name)}, which workflow ${quoted(workflow)} does not have: expected some of ${names.join(", ")}; correct it.`,
  );
}
