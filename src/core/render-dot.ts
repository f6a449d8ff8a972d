import type { GraphPlan, PlanEdge, PlanNode } from "./graph-plan.js";
import { groupNotes, marksOf, type NodeState, plainText, type RenderOptions, withNotes } from "./render-labels.js";
import { membersOf } from "./render-members.js";

const COLORS: Record<NodeState, string> = { failed: "#ffe3e3", running: "#d0ebff", pending: "#fff3bf", completed: "#d3f9d8" };

/** A plan as a Graphviz digraph: starts are bold, groups are clusters, back edges dashed. */
export function renderDot(plan: GraphPlan, { run }: RenderOptions = {}): string {
  const mark = marksOf(run);
  const members = membersOf(plan);
  const starts = new Set(plan.starts);
  const lines = [`digraph ${text(plan.name)} {`, "  compound=true;", `  node [shape=box, style="rounded,filled", fillcolor=white];`];
  const write = (node: PlanNode, indent: string): void => {
    const found = mark(node.id);
    const color = found === null ? [] : [`fillcolor="${COLORS[found.state]}"`, `class=${found.state}`];
    const notes = found?.notes ?? [];
    if (node.kind === "task") {
      const bold = starts.has(node.id) ? ["penwidth=2"] : [];
      lines.push(`${indent}${text(node.id)} [${[`label=${text(withNotes(node.id, notes))}`, ...bold, ...color].join(", ")}];`);
      return;
    }
    lines.push(
      `${indent}subgraph ${text(clusterId(node))} {`,
      `${indent}  label=${text(withNotes(node.id, [...groupNotes(node), ...notes]))};`,
    );
    for (const line of found === null ? [] : ["style=filled", ...color]) lines.push(`${indent}  ${line};`);
    for (const member of members.get(node.id) ?? []) write(member, `${indent}  `);
    lines.push(`${indent}}`);
  };
  for (const node of members.get(null) ?? []) write(node, "  ");
  for (const node of plan.nodes.values()) for (const edge of node.next) lines.push(`  ${edgeLine(plan, node, edge)}`);
  return [...lines, "}", ""].join("\n");
}

/** Graphviz draws edges between tasks only: one to a group goes to a task in it and is cut off at the border. */
function edgeLine(plan: GraphPlan, from: PlanNode, { to, back }: PlanEdge): string {
  const attributes = [
    ...(from.kind === "task" ? [] : [`ltail=${text(clusterId(from))}`]),
    ...(to.kind === "task" ? [] : [`lhead=${text(clusterId(to))}`]),
    ...(back ? ["style=dashed", "constraint=false"] : []),
  ];
  const suffix = attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`;
  return `${text(lastTask(plan, from))} -> ${text(firstTask(to))}${suffix};`;
}

const clusterId = (node: PlanNode): string => `cluster_${node.id}`;

function firstTask(node: PlanNode | undefined): string {
  while (node !== undefined && node.kind !== "task") node = node.kind === "each" ? node.branch.head : node.branches[0]?.head;
  return node?.id ?? "";
}

function lastTask(plan: GraphPlan, node: PlanNode | undefined): string {
  while (node !== undefined && node.kind !== "task")
    node = plan.nodes.get((node.kind === "each" ? node.branch : node.branches[0])?.last ?? "");
  return node?.id ?? "";
}

/** A quoted text; a backslash would start an escape such as `\N`. */
const text = (value: string): string => `"${plainText(value).replace(/[\\"]/g, "\\$&")}"`;
