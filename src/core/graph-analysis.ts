import { crossing, type DraftEdge, type DraftNode } from "./graph-draft.js";
import { type GraphProblem, listed } from "./graph-problem.js";
import { quoted } from "./ids.js";

/** The nodes and edges of a graph as they were written down by `add` and `edge`. */
export interface GraphDraft {
  readonly name: string;
  readonly nodes: ReadonlyMap<string, DraftNode>;
  readonly edges: readonly DraftEdge[];
  /** Whether tasks that no edge leads to may be there for `ctx.goto` only, if another is marked as start. */
  readonly jumpTargets: boolean;
}

/** A draft with the edges that tasks ask for by `next` and `after`, and what follows from them. */
export interface GraphAnalysis {
  readonly draft: GraphDraft;
  /** In the order of adding: a node is at its `index`. */
  readonly nodes: readonly DraftNode[];
  readonly edges: readonly DraftEdge[];
  /** For each node the indexes of those its edges lead to. */
  readonly next: readonly (readonly number[])[];
  /** The nodes that no edge leads to, except one from itself. */
  readonly sources: readonly DraftNode[];
  /** Where a run may start: the tasks marked so or, without a mark, the sources at the top level. */
  readonly starts: readonly DraftNode[];
  /** Tasks that only `ctx.goto` reaches. */
  readonly jumpTargets: readonly DraftNode[];
  /** What is wrong with the edges. Such edges are left out. */
  readonly problems: readonly GraphProblem[];
}

/** Works out all that does not depend on the start a run chooses. */
export function analyse(draft: GraphDraft): GraphAnalysis {
  const nodes = [...draft.nodes.values()];
  const { edges, problems } = allEdges(draft, nodes);
  const next = nodes.map((): number[] => []);
  const reached = new Uint8Array(nodes.length);
  for (const { from, to } of edges) {
    next[from.index]?.push(to.index);
    if (from !== to) reached[to.index] = 1;
  }
  const sources = nodes.filter((node) => reached[node.index] === 0);
  const top = sources.filter((node) => node.branch === null);
  const marked = nodes.filter(isMarked);
  const starts = marked.length > 0 ? marked : top;
  const jumpTargets = draft.jumpTargets && marked.length > 0 ? top.filter((node) => !isMarked(node)) : [];
  return { draft, nodes, edges, next, sources, starts, jumpTargets, problems };
}

const isMarked = ({ part }: DraftNode): boolean => part.kind === "task" && part.settings.start;

interface Collected {
  readonly edges: DraftEdge[];
  readonly problems: GraphProblem[];
}

/** Edges in the order they were written, first those of the graph, then those of the tasks; each once. */
function allEdges(draft: GraphDraft, nodes: readonly DraftNode[]): Collected {
  const found: Collected = { edges: [], problems: [] };
  const known = new Set<number>();
  const add = (edge: DraftEdge): void => {
    const key = edge.from.index * nodes.length + edge.to.index;
    if (known.has(key)) return;
    known.add(key);
    found.edges.push(edge);
  };
  draft.edges.forEach(add);
  for (const node of nodes) addOptionEdges(draft, node, add, found.problems);
  return found;
}

function addOptionEdges(draft: GraphDraft, node: DraftNode, add: (edge: DraftEdge) => void, problems: GraphProblem[]): void {
  if (node.part.kind !== "task") return;
  for (const option of ["next", "after"] as const) {
    for (const name of node.part.settings[option]) {
      const other = draft.nodes.get(name);
      const edge = other === undefined ? null : option === "next" ? { from: node, to: other } : { from: other, to: node };
      const problem = edge === null ? unknownName(draft, node, option, name) : crossingProblem(node, option, edge);
      if (problem !== null) problems.push(problem);
      else if (edge !== null) add(edge);
    }
  }
}

function unknownName(draft: GraphDraft, node: DraftNode, option: string, name: string): GraphProblem {
  return {
    kind: "unknown-next",
    node: node.id,
    message:
      `task ${quoted(node.id)} has ${option}: ${quoted(name)}, which is not in graph ${quoted(draft.name)}: ` +
      `expected one of ${listed([...draft.nodes.keys()])}; correct the name, or add that task.`,
  };
}

function crossingProblem(node: DraftNode, option: string, edge: DraftEdge): GraphProblem | null {
  const message = crossing(edge.from, edge.to);
  return message === null ? null : { kind: "crosses-group", node: node.id, message: `option ${option}: ${message}` };
}
