import { CheckpointCorruptError } from "../core/errors.js";
import type { GraphJSON, GroupJSON } from "../core/graph-json.js";
import type { Branch, GraphPlan, PlanEdge, PlanNode } from "../core/graph-plan.js";
import { quoted } from "../core/ids.js";

/** A graph that was read as data, as the plan that is drawn: of its tasks only what drawings show. Throws `CheckpointCorruptError`. */
export function planOf({ name, starts, nodes, groups, edges }: GraphJSON): GraphPlan {
  const drafts = new Map<string, Record<string, unknown>>();
  for (const { id, group, join, reference } of nodes)
    drafts.set(id, { kind: "task", id, group, next: [], joins: null, task: { settings: { join } }, ref: reference });
  for (const { id, group } of groups) drafts.set(id, { id, group, next: [], joins: null });
  const node = (id: string): PlanNode => {
    const found = drafts.get(id);
    if (found === undefined)
      throw new CheckpointCorruptError(`the stored graph ${quoted(name)} names ${quoted(id)}, which it does not have.`);
    return found as unknown as PlanNode;
  };
  for (const group of groups) Object.assign(node(group.id), groupPart(group, node));
  for (const { from, to, back } of edges) (node(from).next as PlanEdge[]).push({ to: node(to), back });
  return { name, starts, nodes: drafts as unknown as GraphPlan["nodes"] };
}

function groupPart({ kind, policy, concurrency, branches }: GroupJSON, node: (id: string) => PlanNode): object {
  const parts: readonly Branch[] = branches.map(({ key, head, last }) => ({ key, head: node(head), last }));
  const limits = { kind, policy, concurrency: concurrency ?? Number.POSITIVE_INFINITY };
  return kind === "each" ? { ...limits, branch: parts[0] } : { ...limits, branches: parts };
}
