import type { GraphPlan, PlanNode } from "./graph-plan.js";
import { groupNotes, marksOf, plainText, type RenderOptions, withNotes } from "./render-labels.js";
import { membersOf } from "./render-members.js";

/** A plan as a list for a terminal: one line for each node and where it leads, the members of a group indented below it. */
export function renderText(plan: GraphPlan, { run }: RenderOptions = {}): string {
  const mark = marksOf(run);
  const members = membersOf(plan);
  const starts = new Set(plan.starts);
  const lines = [plan.name];
  const write = (node: PlanNode, indent: string): void => {
    const notes = [...(starts.has(node.id) ? ["start"] : []), ...ownNotes(node), ...(mark(node.id)?.notes ?? [])];
    lines.push(`${indent}${withNotes(node.id, notes)}${leadsTo(node)}`);
    if (node.kind !== "task") for (const member of members.get(node.id) ?? []) write(member, `${indent}  `);
  };
  for (const node of members.get(null) ?? []) write(node, "  ");
  return `${lines.map(plainText).join("\n")}\n`;
}

function ownNotes(node: PlanNode): string[] {
  if (node.kind !== "task") return groupNotes(node);
  return node.task.settings.join === "any" ? ["join any"] : [];
}

const leadsTo = (node: PlanNode): string =>
  node.next.length === 0 ? "" : ` -> ${node.next.map(({ to, back }) => (back ? `${to.id} (back)` : to.id)).join(", ")}`;
