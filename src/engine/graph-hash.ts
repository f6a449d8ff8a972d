import type { WorkflowDefinition } from "../core/workflow-definition.js";

const hashes = new WeakMap<WorkflowDefinition, string>();

/** The hash of a workflow's graph, worked out once: it goes with every job. */
export function graphHashOf(definition: WorkflowDefinition): string {
  let hash = hashes.get(definition);
  if (hash === undefined) {
    hash = definition.graph.hash();
    hashes.set(definition, hash);
  }
  return hash;
}
