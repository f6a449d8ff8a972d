import type { TaskGraph } from "./graph.js";
import type { GraphPlan } from "./graph-plan.js";
import type { TaskRegistry } from "./registry.js";
import type { Rehearsal } from "./rehearsal.js";
import type { Migration } from "./saved-run.js";

/** A named, versioned graph plus the tasks it may create while running: what a run is a run of. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly version: number;
  readonly graph: TaskGraph;
  readonly plan: GraphPlan;
  readonly registry: TaskRegistry;
  /** How runs saved under older versions are carried forward, by the version each leads to. */
  readonly migrations: ReadonlyMap<number, Migration>;
  /** Only in tests. */
  readonly rehearsal?: Rehearsal;
}
