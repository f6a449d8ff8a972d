import type { EachNode, GraphPlan, PlanNode } from "../core/graph-plan.js";
import type { TaskRegistry } from "../core/registry.js";
import type { AnyTask } from "../core/task.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import type { BodyFacts } from "./coverage-model.js";
import { type GroupNode, itemsOf } from "./group-outcomes.js";

/** Values that stand for those of real runs, by task. */
export interface PathValues {
  readonly input: unknown;
  readonly samples: ReadonlyMap<string, unknown>;
  readonly inputs: ReadonlyMap<string, unknown>;
  readonly errors: ReadonlyMap<string, unknown>;
}

/** A body goes from one task to another. */
export interface Jump {
  readonly from: string;
  readonly to: string;
}

/** Where runs come to once certain bodies have jumped: all that edges lead to from there. */
export interface Region {
  /** The jumps it takes to come here, in order; none for what is reached from the start. */
  readonly jumps: readonly Jump[];
  /** The names of its nodes, and of a task outside the graph that was jumped to. */
  readonly nodes: ReadonlySet<string>;
}

/** A member of a group that a node runs in: any item of an `each`, or one branch. */
export interface Membership {
  readonly group: GroupNode;
  readonly member: number | "any";
}

/** A graph with what is known of bodies, and the ways through it. */
export class PathModel {
  readonly plan: GraphPlan;
  readonly registry: TaskRegistry;
  readonly regions: readonly Region[];
  readonly #regionOf = new Map<string, Region>();

  constructor(
    readonly definition: WorkflowDefinition,
    readonly start: string,
    readonly facts: Required<BodyFacts>,
    readonly values: PathValues,
  ) {
    this.plan = definition.plan;
    this.registry = definition.registry;
    this.regions = this.#explore();
  }

  /** The tasks of the graph, and those outside it that a jump leads to. */
  tasks(): { readonly name: string; readonly task: AnyTask }[] {
    return Array.from(this.registry.entries(), ({ task, ref, node }) => ({ name: node ?? ref.name, task }));
  }

  node(name: string): PlanNode {
    return this.plan.nodes.get(name) as PlanNode;
  }

  task(name: string): AnyTask {
    return this.tasks().find((entry) => entry.name === name)?.task as AnyTask;
  }

  /** The jumps it takes to come to a node, or `null` if no known way leads there. */
  jumpsTo(name: string): readonly Jump[] | null {
    return this.#regionOf.get(name)?.jumps ?? null;
  }

  /** All named jumps whose source can be reached. */
  jumps(): Jump[] {
    const all = Object.entries(this.facts.gotos).flatMap(([from, targets]) => [...new Set(targets)].map((to) => ({ from, to })));
    return all.filter(({ from }) => this.#regionOf.has(from));
  }

  /** Nodes and tasks that no known way leads to. */
  unreached(): string[] {
    const names = new Set([...this.plan.nodes.keys(), ...this.tasks().map(({ name }) => name)]);
    return [...names].filter((name) => !this.#regionOf.has(name));
  }

  /** The groups whose members a node runs in, the innermost first. What is jumped to runs where the task that jumps does. */
  memberships(name: string): Membership[] {
    const found: Membership[] = [];
    for (let at: string | null = name; at !== null; ) {
      const region = this.#regionOf.get(at);
      const group: string | null = this.plan.nodes.get(at)?.group ?? null;
      const source: string | null = region?.jumps.at(-1)?.from ?? null;
      if (group !== null && region?.nodes.has(group)) {
        found.push({ group: this.node(group) as GroupNode, member: this.#memberOf(this.node(group) as GroupNode, at) });
        at = group;
      } else at = source;
    }
    return found;
  }

  /** The number of members of a group, as the values that come to it have it. */
  sizeOf(group: GroupNode): number {
    if (group.kind === "parallel") return group.branches.length;
    const list = this.#inputOf(group);
    return Array.isArray(list) ? list.length : itemsOf(group);
  }

  /** What a task gives: its sample, or a value that what follows can take. */
  outputOf(name: string): unknown {
    if (this.values.samples.has(name)) return this.values.samples.get(name);
    const node = this.plan.nodes.get(name);
    const lists = (node?.next ?? []).filter(({ to, back }) => back || to.joins === null).map(({ to }) => madeInput(to));
    return fittingAll(lists);
  }

  /** What a run starts with. */
  get input(): unknown {
    return this.values.input === undefined ? madeInput(this.node(this.start)) : this.values.input;
  }

  /** The list that comes to an `each`, as far as it is known. */
  #inputOf(node: PlanNode): unknown {
    if (node.id === this.start) return this.input;
    const before = [...this.plan.nodes.values()].find(({ next }) => next.some(({ to }) => to === node));
    if (before?.kind === "task") return this.outputOf(before.id);
    if (before?.kind === "each") return new Array(this.sizeOf(before));
    const outer = node.group === null ? undefined : this.plan.nodes.get(node.group);
    if (outer === undefined || before !== undefined) return undefined;
    const given = this.#inputOf(outer);
    return outer.kind === "each" && Array.isArray(given) ? (given as unknown[])[0] : given;
  }

  /** By the fewest jumps: each region is left by jumps only when all of it has been seen. */
  #explore(): Region[] {
    const regions = [this.#region(this.start, [])];
    for (const region of regions) {
      for (const from of region.nodes) {
        for (const to of this.facts.gotos[from] ?? []) {
          if (!this.#regionOf.has(to)) regions.push(this.#region(to, [...region.jumps, { from, to }]));
        }
      }
    }
    return regions;
  }

  #region(first: string, jumps: readonly Jump[]): Region {
    const nodes = new Set<string>();
    const region: Region = { jumps, nodes };
    const rest = [first];
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      if (this.#regionOf.has(name)) continue;
      this.#regionOf.set(name, region);
      nodes.add(name);
      const node = this.plan.nodes.get(name);
      if (node === undefined) continue;
      rest.push(...node.next.map(({ to }) => to.id), ...headsOf(node).map(({ id }) => id));
    }
    return region;
  }

  #memberOf(group: GroupNode, name: string): number | "any" {
    if (group.kind === "each") return "any";
    return group.branches.findIndex(({ head }) => leadsTo(head, name));
  }
}

function leadsTo(head: PlanNode, name: string): boolean {
  const found = new Set([head]);
  for (const node of found) for (const { to } of node.next) found.add(to);
  return [...found].some(({ id }) => id === name);
}

const headsOf = (node: PlanNode): PlanNode[] =>
  node.kind === "task" ? [] : node.kind === "each" ? [node.branch.head] : node.branches.map(({ head }) => head);

/** The least that a node can take: a list where it, or what it begins with, goes through one. */
function madeInput(node: PlanNode): unknown {
  if (node.kind === "task") return null;
  if (node.kind === "parallel") return fittingAll(node.branches.map(({ head }) => madeInput(head)));
  return Array.from({ length: itemsOf(node as EachNode) }, () => madeInput(node.branch.head));
}

/** A list as long as the longest of these, with items that fit all of them; `null` if none is a list. */
function fittingAll(values: readonly unknown[]): unknown {
  const lists = values.filter((value): value is unknown[] => Array.isArray(value));
  if (lists.length === 0) return null;
  const item = fittingAll(lists.flat());
  return Array.from({ length: Math.max(...lists.map(({ length }) => length)) }, () => item);
}
