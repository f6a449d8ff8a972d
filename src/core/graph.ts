import { DefinitionError } from "./errors.js";
import { analyse, type GraphAnalysis } from "./graph-analysis.js";
import { buildPlan } from "./graph-build.js";
import { crossing, type DraftEdge, type DraftNode, place } from "./graph-draft.js";
import { endOf, headOf, type NodePart, partId } from "./graph-flow.js";
import { type GraphJSON, planToJSON, shapeText } from "./graph-json.js";
import type { GraphPlan } from "./graph-plan.js";
import type { GraphProblem, StartChoice } from "./graph-problem.js";
import { problemsOf, startNode } from "./graph-validate.js";
import { hash128 } from "./hash.js";
import { quoted } from "./ids.js";
import { renderDot } from "./render-dot.js";
import type { RenderOptions } from "./render-labels.js";
import { renderMermaid } from "./render-mermaid.js";
import { renderText } from "./render-text.js";
import type { AnyFlow, AnyTask } from "./task.js";

const NAME_LIMIT = 128;
const PLANS_KEPT = 8;

export interface TaskGraphOptions {
  /**
   * Tasks that no edge leads to are there for `ctx.goto`, provided that another is marked with `start: true`; otherwise
   * they are problems. Set by class workflows.
   */
  readonly jumpTargets?: boolean;
}

/**
 * Tasks, edges and groups, by name; data, checked before a run.
 *
 * ```ts
 * const graph = new TaskGraph("etl");
 * graph.add(fetch).add(left).add(right).add(store);
 * graph.edge(fetch, left).edge(fetch, right).edge(left, store).edge(right, store);
 * ```
 */
export class TaskGraph {
  readonly name: string;
  readonly #jumpTargets: boolean;
  readonly #nodes = new Map<string, DraftNode>();
  readonly #edges: DraftEdge[] = [];
  readonly #plans = new Map<string | null, GraphPlan>();
  readonly #problems = new Map<string | null, readonly GraphProblem[]>();
  #analysis: GraphAnalysis | null = null;

  constructor(name: string, options: TaskGraphOptions = {}) {
    this.name = checkedName(name);
    this.#jumpTargets = options.jumpTargets ?? false;
  }

  /**
   * Adds a task, or a flow with its tasks, groups and edges; what is at the top level already is used again.
   * Throws `DuplicateIdError` for a name that is taken, and then adds nothing.
   */
  add(flow: AnyFlow): this {
    const { nodes, edges } = place(this.name, flow, this.#nodes);
    for (const [id, node] of nodes) this.#nodes.set(id, node);
    this.#edges.push(...edges);
    return this.#changed();
  }

  /** Adds an edge between two nodes of the graph: from the end of a flow to the head of another. Throws `DefinitionError`. */
  edge(from: AnyFlow | string, to: AnyFlow | string): this {
    const edge = { from: this.#nodeOf(from, endOf, "from"), to: this.#nodeOf(to, headOf, "to") };
    const problem = crossing(edge.from, edge.to);
    if (problem !== null) throw new DefinitionError(`graph ${quoted(this.name)}: ${problem}`);
    this.#edges.push(edge);
    return this.#changed();
  }

  /** Whether there is a task or group of this name. */
  has(name: string): boolean {
    return this.#nodes.has(name);
  }

  /** All tasks, those inside groups included, in the order they were added. */
  tasks(): AnyTask[] {
    return [...this.#nodes.values()].flatMap(({ part }) => (part.kind === "task" ? [part] : []));
  }

  /** The tasks and groups by name. */
  get nodes(): GraphPlan["nodes"] {
    return this.plan().nodes;
  }

  /** Every reason why the graph cannot be run; none if it can. `start` names the node that a run would start with. */
  validate({ start }: StartChoice = {}): readonly GraphProblem[] {
    const key = start ?? null;
    const known = this.#problems.get(key);
    if (known !== undefined) return known;
    if (this.#problems.size >= PLANS_KEPT) this.#problems.clear();
    const problems = problemsOf(this.#analysed(), start);
    this.#problems.set(key, problems);
    return problems;
  }

  /**
   * The graph as the engine walks it, for a run from `start`; kept until the graph changes. Joins wait only for what a run from there
   * can reach. Edges to unknown names are left out: call `validate` first. Throws `InvalidGraphError` if `start` is no top-level node.
   */
  plan(start?: string): GraphPlan {
    const known = this.#plans.get(start ?? null);
    if (known !== undefined) return known;
    const analysis = this.#analysed();
    const plan = buildPlan(analysis, start === undefined ? null : startNode(analysis.draft, start));
    if (this.#plans.size >= PLANS_KEPT) this.#plans.clear();
    this.#plans.set(start ?? null, plan);
    return plan;
  }

  /** 32 hex digits that change with the shape: nodes, edges, joins, groups. Options of tasks and the order of adding do not matter. */
  hash(): string {
    return hash128(shapeText(this.#analysed()));
  }

  /** The graph as plain data, tasks as references. */
  toJSON(): GraphJSON {
    return planToJSON(this.plan());
  }

  /** A Mermaid flowchart; `run` marks what a run has done so far. */
  toMermaid(options: RenderOptions = {}): string {
    return renderMermaid(this.plan(), options);
  }

  /** A Graphviz digraph; `run` marks what a run has done so far. */
  toDot(options: RenderOptions = {}): string {
    return renderDot(this.plan(), options);
  }

  /** A list for a terminal, groups indented; `run` marks what a run has done so far. */
  toText(options: RenderOptions = {}): string {
    return renderText(this.plan(), options);
  }

  #analysed(): GraphAnalysis {
    this.#analysis ??= analyse({ name: this.name, nodes: this.#nodes, edges: this.#edges, jumpTargets: this.#jumpTargets });
    return this.#analysis;
  }

  #changed(): this {
    this.#analysis = null;
    this.#plans.clear();
    this.#problems.clear();
    return this;
  }

  #nodeOf(ref: AnyFlow | string, partOf: (flow: AnyFlow) => NodePart, side: string): DraftNode {
    const part = typeof ref === "string" ? null : partOf(ref);
    const id = part === null ? (ref as string) : partId(part);
    const node = this.#nodes.get(id);
    if (node !== undefined && (part === null || part === node.part)) return node;
    const found = node === undefined ? `there is no ${quoted(id)} in it` : `its ${quoted(id)} is another ${node.part.kind} of that name`;
    throw new DefinitionError(
      `edge ${side} ${quoted(id)} in graph ${quoted(this.name)}: ${found}; add the task first, with graph.add(...).`,
    );
  }
}

function checkedName(name: unknown): string {
  if (typeof name === "string" && name.length > 0 && name.length <= NAME_LIMIT && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name)) return name;
  throw new DefinitionError(
    `graph name ${quoted(name)} is not valid: expected 1 to ${NAME_LIMIT} visible characters; give the graph such a name.`,
  );
}
