import { DefinitionError, DuplicateIdError } from "./errors.js";
import { branchesOf, type NodePart, partId, partsOf } from "./graph-flow.js";
import { quoted } from "./ids.js";
import type { AnyFlow, EachFlow, ParallelFlow } from "./task.js";

/** A node of a graph that is still being written. */
export interface DraftNode {
  readonly id: string;
  /** Its place in the order of adding, from 0. */
  readonly index: number;
  readonly part: NodePart;
  /** The branch it is written in; `null` at the top level. Edges stay within one branch. */
  readonly branch: DraftBranch | null;
  /** The branches of a group; none for a task. */
  readonly branches: readonly DraftBranch[];
}

/** A branch of a group, where its nodes belong. */
export interface DraftBranch {
  readonly group: string;
  head: DraftNode | null;
  last: DraftNode | null;
}

export interface DraftEdge {
  readonly from: DraftNode;
  readonly to: DraftNode;
}

/** What a flow adds to a graph. It is worked out whole before anything is added, so that an error leaves the graph as it was. */
export interface Placement {
  readonly nodes: ReadonlyMap<string, DraftNode>;
  readonly edges: readonly DraftEdge[];
}

interface Placing {
  readonly graph: string;
  readonly known: ReadonlyMap<string, DraftNode>;
  readonly nodes: Map<string, DraftNode>;
  readonly edges: DraftEdge[];
  readonly used: Set<DraftNode>;
}

/** Takes a flow apart into nodes and edges. Nodes the graph has at its top level already are used again. */
export function place(graph: string, flow: AnyFlow, known: ReadonlyMap<string, DraftNode>): Placement {
  const placing: Placing = { graph, known, nodes: new Map(), edges: [], used: new Set() };
  const parts = partsOf(flow);
  if (!isKnownAlone(parts, known)) placeParts(placing, parts, null);
  return placing;
}

/** Adding what is in the graph already changes nothing, wherever in the graph it is. */
function isKnownAlone(parts: readonly NodePart[], known: ReadonlyMap<string, DraftNode>): boolean {
  const [only, second] = parts;
  return only !== undefined && second === undefined && known.get(partId(only))?.part === only;
}

function placeParts(placing: Placing, parts: readonly NodePart[], branch: DraftBranch | null): void {
  let previous: DraftNode | null = null;
  for (const part of parts) {
    const node = knownNode(placing, part, branch) ?? placeNode(placing, part, branch);
    placing.used.add(node);
    if (previous !== null) placing.edges.push({ from: previous, to: node });
    if (branch !== null) {
      branch.head ??= node;
      branch.last = node;
    }
    previous = node;
  }
}

function knownNode(placing: Placing, part: NodePart, branch: DraftBranch | null): DraftNode | null {
  const id = partId(part);
  const found = placing.nodes.get(id) ?? placing.known.get(id);
  if (found === undefined) return null;
  if (found.part !== part)
    throw new DuplicateIdError(
      `graph ${quoted(placing.graph)} has another ${found.part.kind} named ${quoted(id)}: names are ids, so each may be used once; rename one of the two.`,
    );
  if (branch === null && found.branch === null && !placing.used.has(found)) return found;
  throw new DuplicateIdError(
    `${part.kind} ${quoted(id)} is put into graph ${quoted(placing.graph)} twice: one ${part.kind} is one node; ` +
      `give a second one another name, or run this one again with ctx.nextIteration() or ctx.goto().`,
  );
}

function placeNode(placing: Placing, part: NodePart, branch: DraftBranch | null): DraftNode {
  const id = partId(part);
  const branches: DraftBranch[] = [];
  const node: DraftNode = { id, index: placing.known.size + placing.nodes.size, part, branch, branches };
  placing.nodes.set(id, node);
  if (part.kind === "task") {
    if (branch !== null && part.settings.start) throw startInGroup(id, branch.group);
  } else {
    placeBranches(placing, part, id, branches);
  }
  return node;
}

function placeBranches(placing: Placing, group: ParallelFlow | EachFlow, id: string, branches: DraftBranch[]): void {
  for (const flow of branchesOf(group)) {
    const branch: DraftBranch = { group: id, head: null, last: null };
    placeParts(placing, partsOf(flow), branch);
    branches.push(branch);
  }
}

function startInGroup(id: string, group: string): DefinitionError {
  return new DefinitionError(
    `task ${quoted(id)} is marked start: true inside group ${quoted(group)}: a run starts at the top level of a graph; ` +
      `remove the mark, and run with start: ${quoted(group)} if the group comes first.`,
  );
}

/** What is wrong with an edge that leads into, out of, or across the branches of a group; `null` if nothing is. */
export function crossing(from: DraftNode, to: DraftNode): string | null {
  if (from.branch === to.branch) return null;
  return (
    `an edge from ${quoted(from.id)} (${placeOf(from)}) to ${quoted(to.id)} (${placeOf(to)}) crosses the border of a group: ` +
    `expected both in one branch; lead it to or from the group itself, or use ctx.goto() inside the branch.`
  );
}

const placeOf = (node: DraftNode): string => (node.branch === null ? "top level" : `in group ${quoted(node.branch.group)}`);
