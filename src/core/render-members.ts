import type { GraphPlan, PlanNode } from "./graph-plan.js";

/** The nodes directly in each group, in the order they were added; those of `null` are at the top level. */
export function membersOf(plan: GraphPlan): ReadonlyMap<string | null, readonly PlanNode[]> {
  const members = new Map<string | null, PlanNode[]>();
  for (const node of plan.nodes.values()) {
    const known = members.get(node.group);
    if (known === undefined) members.set(node.group, [node]);
    else known.push(node);
  }
  return members;
}
