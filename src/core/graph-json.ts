import type { GraphAnalysis } from "./graph-analysis.js";
import type { Branch, EachNode, GraphPlan, ParallelNode, TaskNode } from "./graph-plan.js";
import { policyToJSON } from "./group-policy.js";
import type { TaskRef } from "./task-ref.js";

/** A graph as data: what a checkpoint keeps of it, and what tools read. Functions are references. */
export interface GraphJSON {
  readonly name: string;
  /** Where a run may start; a graph that can be run as it is has exactly one. */
  readonly starts: readonly string[];
  readonly nodes: readonly TaskNodeJSON[];
  readonly groups: readonly GroupJSON[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly back: boolean }[];
}

export interface TaskNodeJSON {
  readonly id: string;
  readonly group: string | null;
  readonly join: "all" | "any";
  /** How often the task may start; absent: as often as the run's `defaultMaxCycles` says. */
  readonly maxCycles?: number;
  readonly reference: TaskRef;
}

export interface GroupJSON {
  readonly id: string;
  readonly kind: "parallel" | "each";
  readonly group: string | null;
  readonly policy: string;
  /** `null` is no limit. */
  readonly concurrency: number | null;
  readonly branches: readonly { readonly key: string; readonly head: string; readonly last: string }[];
}

/** A plan as plain data, nodes and edges in the order they were added. */
export function planToJSON(plan: GraphPlan): GraphJSON {
  const nodes = [...plan.nodes.values()];
  return {
    name: plan.name,
    starts: [...plan.starts],
    nodes: nodes.flatMap((node) => (node.kind === "task" ? [taskToJSON(node)] : [])),
    groups: nodes.flatMap((node) => (node.kind === "task" ? [] : [groupToJSON(node)])),
    edges: nodes.flatMap((node) => node.next.map(({ to, back }) => ({ from: node.id, to: to.id, back }))),
  };
}

const taskToJSON = ({ id, group, task: { settings }, ref }: TaskNode): TaskNodeJSON => ({
  id,
  group,
  join: settings.join,
  ...(settings.maxCycles === null ? {} : { maxCycles: settings.maxCycles }),
  reference: ref,
});

function groupToJSON(node: ParallelNode | EachNode): GroupJSON {
  return {
    id: node.id,
    kind: node.kind,
    group: node.group,
    policy: policyToJSON(node.policy),
    concurrency: Number.isFinite(node.concurrency) ? node.concurrency : null,
    branches: (node.kind === "each" ? [node.branch] : node.branches).map(branchToJSON),
  };
}

const branchToJSON = ({ key, head, last }: Branch) => ({ key, head: head.id, last });

/**
 * What makes two graphs the same to a checkpoint, as one text: nodes, edges, joins and groups. Not part of it are names of
 * graphs and functions, options of tasks, marks of starts, and the order of adding. The order of branches is: results keep it.
 */
export function shapeText({ nodes, edges }: GraphAnalysis): string {
  const incoming = new Int32Array(nodes.length);
  for (const { to } of edges) incoming[to.index]!++;
  const shapes = nodes.map(({ id, index, part, branch, branches }) => {
    const group = branch?.group ?? null;
    if (part.kind === "task") return [id, "task", group, incoming[index]! > 1 ? part.settings.join : "all"];
    return [id, part.kind, group, policyToJSON(part.settings.policy), branches.map(({ head, last }) => [head?.id, last?.id])];
  });
  return JSON.stringify([shapes.sort(byText), edges.map(({ from, to }) => [from.id, to.id]).sort(byText)]);
}

/** By code units: the same on every machine, whatever its language. */
function byText(left: readonly unknown[], right: readonly unknown[]): number {
  const [a, b] = [left.slice(0, 2).join(" "), right.slice(0, 2).join(" ")];
  return a < b ? -1 : a > b ? 1 : 0;
}
