import type { GraphAnalysis } from "./graph-analysis.js";
import { type Walk, walk } from "./graph-cycles.js";
import type { DraftBranch, DraftNode } from "./graph-draft.js";
import type { Branch, GraphPlan, PlanEdge, PlanNode } from "./graph-plan.js";
import { refOf } from "./registry.js";
import type { GroupSettings } from "./task.js";

interface Building {
  readonly node: PlanNode;
  readonly next: PlanEdge[];
}

/**
 * Builds the plan for a run from `start`, or from wherever it may start. What cannot be reached from there is part of
 * the plan, too (a task may be jumped to), but no join waits for it.
 */
export function buildPlan(analysis: GraphAnalysis, start: DraftNode | null): GraphPlan {
  const { draft, nodes, edges } = analysis;
  const starts = start === null ? analysis.starts : [start];
  const roots = [...starts, ...analysis.starts, ...analysis.sources, ...nodes].map((node) => node.index);
  const found = walk(analysis.next, roots);
  const built = buildNodes(draft.name, nodes, joinsOf(analysis, found));
  for (const { from, to } of edges) {
    const target = at(built, to).node;
    // What comes from another region comes only after a jump: no join waits for it, and it waits for nobody.
    const free = found.isBack(from.index, to.index) || (target.joins !== null && !sameRegion(found, from, to));
    at(built, from).next.push(Object.freeze({ to: target, back: free }));
  }
  const byId = new Map(built.map((building) => [building.node.id, frozen(building)]));
  return Object.freeze({ name: draft.name, nodes: byId, starts: Object.freeze(starts.map((node) => node.id)) });
}

const sameRegion = ({ regions }: Walk, from: DraftNode, to: DraftNode): boolean => regions[from.index] === regions[to.index];

/** For each node that joins all: its predecessors over forward edges that a run to the node can come by without a jump. */
function joinsOf({ nodes, edges }: GraphAnalysis, found: Walk): (readonly string[] | null)[] {
  const waits = nodes.map((): string[] => []);
  for (const { from, to } of edges) {
    if (sameRegion(found, from, to) && !found.isBack(from.index, to.index)) waits[to.index]?.push(from.id);
  }
  const joinsAny = ({ part }: DraftNode): boolean => part.kind === "task" && part.settings.join === "any";
  return nodes.map((node, index) => {
    const waited = waits[index] ?? [];
    return waited.length > 1 && !joinsAny(node) ? Object.freeze(waited) : null;
  });
}

/** From the last node to the first: the members of a group come after it, and it refers to them. */
function buildNodes(graph: string, nodes: readonly DraftNode[], joins: readonly (readonly string[] | null)[]): Building[] {
  const built = new Array<Building>(nodes.length);
  for (const draft of nodes.toReversed()) {
    const next: PlanEdge[] = [];
    built[draft.index] = { node: buildNode(draft, next, joins[draft.index] ?? null, graph, built), next };
  }
  return built;
}

function buildNode(
  { id, part, branch, branches }: DraftNode,
  next: readonly PlanEdge[],
  joins: readonly string[] | null,
  graph: string,
  built: readonly Building[],
): PlanNode {
  const group = branch?.group ?? null;
  if (part.kind === "task") return { kind: "task", id, group, next, joins, task: part, ref: Object.freeze(refOf(graph, part)) };
  const ways = branches.map((way) => buildBranch(way, built));
  if (part.kind === "each") return { kind: "each", id, group, next, joins, branch: ways[0] as Branch, ...limits(part.settings) };
  return { kind: "parallel", id, group, next, joins, branches: Object.freeze(ways), ...limits(part.settings) };
}

const limits = ({ policy, concurrency }: GroupSettings) => ({ policy, concurrency: concurrency ?? Number.POSITIVE_INFINITY });

function buildBranch(branch: DraftBranch, built: readonly Building[]): Branch {
  const head = branch.head as DraftNode;
  const last = (branch.last as DraftNode).id;
  return Object.freeze({ key: last, head: at(built, head).node, last });
}

const at = (built: readonly Building[], node: DraftNode): Building => built[node.index] as Building;

function frozen({ node, next }: Building): PlanNode {
  Object.freeze(next);
  return Object.freeze(node);
}
