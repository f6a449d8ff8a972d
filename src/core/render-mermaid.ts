import type { GraphPlan, PlanNode } from "./graph-plan.js";
import {
  groupNotes,
  marksOf,
  NODE_STATES,
  type NodeMark,
  type NodeState,
  plainText,
  type RenderOptions,
  withNotes,
} from "./render-labels.js";
import { membersOf } from "./render-members.js";

const STYLES: Record<NodeState, string> = {
  failed: "fill:#ffe3e3,stroke:#c92a2a,color:#000",
  running: "fill:#d0ebff,stroke:#1864ab,color:#000",
  pending: "fill:#fff3bf,stroke:#e67700,color:#000",
  completed: "fill:#d3f9d8,stroke:#2b8a3e,color:#000",
};

/** A plan as a Mermaid flowchart: starts are rounded, groups are subgraphs, back edges dotted. */
export function renderMermaid(plan: GraphPlan, { run }: RenderOptions = {}): string {
  const mark = marksOf(run);
  const members = membersOf(plan);
  const starts = new Set(plan.starts);
  const lines = ["---", `title: ${JSON.stringify(plainText(plan.name))}`, "---", "flowchart TD"];
  const write = (node: PlanNode, indent: string): void => {
    if (node.kind === "task") {
      lines.push(`${indent}${taskLine(node.id, starts.has(node.id), mark(node.id))}`);
      return;
    }
    lines.push(`${indent}subgraph ${nodeId(node.id)}["${label(node.id, [...groupNotes(node), ...(mark(node.id)?.notes ?? [])])}"]`);
    for (const member of members.get(node.id) ?? []) write(member, `${indent}  `);
    lines.push(`${indent}end`);
  };
  for (const node of members.get(null) ?? []) write(node, "  ");
  for (const node of plan.nodes.values())
    for (const { to, back } of node.next) lines.push(`  ${nodeId(node.id)} ${back ? "-.->" : "-->"} ${nodeId(to.id)}`);
  return [...lines, ...(run === undefined ? [] : stateLines(plan, mark)), ""].join("\n");
}

function taskLine(id: string, start: boolean, mark: NodeMark | null): string {
  const text = label(id, mark?.notes ?? []);
  return start ? `${nodeId(id)}(["${text}"])` : `${nodeId(id)}["${text}"]`;
}

function stateLines(plan: GraphPlan, mark: (id: string) => NodeMark | null): string[] {
  return NODE_STATES.flatMap((state) => {
    const ids = [...plan.nodes.keys()].filter((id) => mark(id)?.state === state).map(nodeId);
    return ids.length === 0 ? [] : [`  classDef ${state} ${STYLES[state]}`, `  class ${ids.join(",")} ${state}`];
  });
}

/** Mermaid reads `end`, `--` and more inside ids: a prefix and plain letters keep every id apart from its grammar, and from other ids. */
const nodeId = (id: string): string => `n_${id.replace(/[^A-Za-z0-9]/g, (char) => (char === "_" ? "__" : `_${hex(char)}`))}`;

const hex = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, "0");

/** Whatever is not a letter, a digit or harmless becomes an entity, so that no text can end the label or begin a directive. */
const label = (name: string, notes: readonly string[]): string =>
  plainText(withNotes(name, notes)).replace(/[^\p{L}\p{N} ._(),:+-]/gu, (char) => `#${char.codePointAt(0)};`);
