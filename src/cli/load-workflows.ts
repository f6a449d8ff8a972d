import type { Runnable } from "../authoring/definition-of.js";
import { workflowNoteOf } from "../authoring/workflow-note.js";
import { DefinitionError } from "../core/errors.js";
import { expectedNames } from "../core/expected-names.js";
import { TaskGraph } from "../core/graph.js";
import { quoted } from "../core/ids.js";
import { Workflow, workflowOf } from "../workflow.js";
import { importModule } from "./import-module.js";

/** Imports modules that the operator has named, and gives the workflows they export, each once. Throws `DefinitionError`. */
export async function loadWorkflows(modules: readonly string[], folder = process.cwd()): Promise<readonly Runnable[]> {
  const found = new Set<Runnable>();
  for (const path of modules) {
    const values = Object.values(await importModule(path, folder));
    const exported = values.filter(isWorkflow);
    if (exported.length === 0) throw noneIn(path, values);
    for (const workflow of exported) found.add(workflow);
  }
  return [...found];
}

/** The one workflow of modules that is named, or the only one they export. Throws `DefinitionError`. */
export async function loadWorkflow(
  modules: readonly string[],
  name: string | undefined,
  folder: string,
): Promise<Workflow<unknown, unknown>> {
  const workflows = (await loadWorkflows(modules, folder)).map((one) => (one instanceof Workflow ? one : workflowOf(one)));
  const named = name === undefined ? workflows : workflows.filter((one) => one.name === name);
  const [only, ...more] = named;
  if (only !== undefined && more.length === 0) return only as Workflow<unknown, unknown>;
  const listed = modules.map(quoted).join(", ");
  const names = workflows.map((one) => one.name);
  if (only === undefined) throw new DefinitionError(`${listed} exports no workflow ${quoted(name)}: ${expectedNames(name ?? "", names)}`);
  throw new DefinitionError(
    `${listed} exports ${named.length} workflows${name === undefined ? "" : ` named ${quoted(name)}`}: expected one; say which as --workflow: ${[...new Set(names)].map(quoted).join(", ")}.`,
  );
}

function noneIn(path: string, values: readonly unknown[]): DefinitionError {
  const isForeign = values.some(
    (value) => typeof value === "object" && value !== null && Object.hasOwn(Object(Reflect.get(value, "definition")), "registry"),
  );
  return new DefinitionError(
    isForeign
      ? `module ${quoted(path)} exports a workflow of another copy of cairnflow than this command: use the cairn that is installed beside it, as \`npx cairn\` does.`
      : `module ${quoted(path)} exports no workflow: expected what workflow() gives, or a class with @workflow; export it there.`,
  );
}

const isWorkflow = (value: unknown): value is Runnable =>
  value instanceof Workflow || value instanceof TaskGraph || (typeof value === "function" && workflowNoteOf(value) !== null);
