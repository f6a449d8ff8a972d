import type { TaskGraph } from "./graph.js";
import type { GraphPlan } from "./graph-plan.js";
import type { TaskRegistry } from "./registry.js";

/** A named, versioned graph plus the tasks it may create while running: what a run is a run of. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly version: number;
  readonly graph: TaskGraph;
  readonly plan: GraphPlan;
  readonly registry: TaskRegistry;
}
