import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Runnable } from "../authoring/definition-of.js";
import { workflowNoteOf } from "../authoring/workflow-note.js";
import { DefinitionError } from "../core/errors.js";
import { TaskGraph } from "../core/graph.js";
import { quoted } from "../core/ids.js";
import { Workflow } from "../workflow.js";

/** Imports modules that the operator has named, and gives the workflows they export, each once. Throws `DefinitionError`. */
export async function loadWorkflows(modules: readonly string[]): Promise<readonly Runnable[]> {
  const found = new Set<Runnable>();
  for (const path of modules) {
    const exported = Object.values(await imported(path)).filter(isWorkflow);
    if (exported.length === 0) {
      throw new DefinitionError(
        `module ${quoted(path)} exports no workflow: expected what workflow() gives, or a class with @workflow; export it there.`,
      );
    }
    for (const workflow of exported) found.add(workflow);
  }
  return [...found];
}

async function imported(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new DefinitionError(`module ${quoted(path)} cannot be loaded: ${String(cause)}; mend it, or its path.`, { cause });
  }
}

const isWorkflow = (value: unknown): value is Runnable =>
  value instanceof Workflow || value instanceof TaskGraph || (typeof value === "function" && workflowNoteOf(value) !== null);
