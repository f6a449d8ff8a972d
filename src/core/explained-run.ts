import type { ExplainedGroup, ExplainedJoin, ExplainedTask, MemberPlace, QueuedBy, WaitsFor } from "./explanation.js";
import type { GroupJSON, TaskNodeJSON } from "./graph-json.js";
import type { GroupDetails, RunDetails, TaskDetails } from "./run-details.js";
import type { TaskOrigin } from "./task-origin.js";
import type { ScopeKey } from "./task-spec.js";

/** The details of a run with the questions that an explanation asks of them. */
export class ExplainedRun {
  readonly #nodes: ReadonlyMap<string, TaskNodeJSON>;
  readonly #groupNodes: ReadonlyMap<string, GroupJSON>;
  readonly #groups: ReadonlyMap<number, GroupDetails>;

  constructor(readonly details: RunDetails) {
    this.#nodes = new Map(details.graph.nodes.map((node) => [node.id, node]));
    this.#groupNodes = new Map(details.graph.groups.map((group) => [group.id, group]));
    this.#groups = new Map(details.groups.map((group) => [group.serial, group]));
  }

  /** How often a node may start, or `null` if that is not recorded. */
  maxCycles(node: string | null): number | null {
    return node === null ? null : (this.#nodes.get(node)?.maxCycles ?? this.details.limits.defaultMaxCycles);
  }

  /** The members that something is in, the outermost first. */
  within(key: ScopeKey | null): readonly MemberPlace[] {
    const places: MemberPlace[] = [];
    for (let at = key; at !== null; at = this.#groups.get(at.group)?.member ?? null) places.unshift(this.#place(at));
    return places;
  }

  queuedBy({ node, origin, member, lineage, isStart, inputs }: TaskDetails, taskId: string, cycle: number): QueuedBy {
    if (origin !== null) return this.#recorded(origin, node, taskId, inputs);
    if (node === null) return dynamicOrigin(lineage, taskId, cycle);
    if (member !== null && cycle === 1 && this.#headOf(member) === node) return this.#asMember(member);
    return isStart && cycle === 1 && node === this.details.start ? { kind: "start" } : this.#unrecorded(node);
  }

  /** What becomes of a task that has failed for good. */
  afterFailure(specId: string, member: ScopeKey | null): WaitsFor {
    const group = member === null ? undefined : this.#groups.get(member.group);
    if (group === undefined || group.status === "failed") return { kind: "resume" };
    const { concurrency } = this.#groupNodes.get(group.node) ?? { concurrency: null };
    if (group.held.includes(specId) && concurrency !== null) return { kind: "room", group: group.node, concurrency };
    const underWay = group.members.filter((status) => status === "running").length;
    return { kind: "siblings", group: group.node, underWay, notStarted: group.total - group.members.length };
  }

  joins(tasks: readonly ExplainedTask[]): ExplainedJoin[] {
    const standing = new Map(tasks.map((task) => [task.taskId, task.status]));
    const groups = new Set(this.details.groups.map((group) => group.node));
    return this.details.joins.map(({ node, member, present }) => ({
      task: node,
      within: this.within(member),
      present,
      missing: this.#forwardTo(node)
        .filter((from) => !present.includes(from))
        .map((from) => ({ from, standing: standing.get(from) ?? (groups.has(from) ? "running" : "not under way") })),
    }));
  }

  groups(): ExplainedGroup[] {
    return this.details.groups.map((group) => this.#explainGroup(group));
  }

  #explainGroup(group: GroupDetails): ExplainedGroup {
    const { node, member, cycle, total, failures, status, members } = group;
    const known = this.#groupNodes.get(node);
    const underWay = members.flatMap((standing, place) => (standing === "running" ? [place + 1] : []));
    return {
      group: node,
      within: this.within(member),
      queuedBy: this.#groupQueuedBy(group),
      cycle,
      total,
      failures,
      status,
      policy: known?.policy ?? "unknown",
      concurrency: known?.concurrency ?? null,
      ended: members.length - underWay.length,
      notStarted: total - members.length,
      underWay,
    };
  }

  #groupQueuedBy({ node, member, cycle, origin }: GroupDetails): QueuedBy {
    if (origin !== null) return this.#recorded(origin, node, node, []);
    if (member !== null && cycle === 1 && this.#headOf(member) === node) return this.#asMember(member);
    return cycle === 1 && member === null && node === this.details.start ? { kind: "start" } : this.#unrecorded(node);
  }

  #asMember(member: ScopeKey): QueuedBy {
    const group = this.#groups.get(member.group) as GroupDetails;
    return { kind: "member", place: this.#place(member), groupQueuedBy: this.#groupQueuedBy(group) };
  }

  #recorded({ via, from, cycle }: TaskOrigin, node: string | null, taskId: string, inputs: readonly string[]): QueuedBy {
    const by = { from: from ?? taskId, cycle: cycle ?? 1 };
    if (via === "edge") return { kind: "edge", ...by, back: this.#isBack(by.from, node) };
    if (via !== "join") return { kind: via, ...by };
    const missing = node === null ? [] : this.#forwardTo(node).filter((one) => !inputs.includes(one));
    return { kind: "join", last: from === null ? null : by, present: inputs, missing };
  }

  #unrecorded(node: string): QueuedBy {
    return { kind: "unrecorded", edgesFrom: this.details.graph.edges.filter((edge) => edge.to === node).map((edge) => edge.from) };
  }

  #isBack(from: string, to: string | null): boolean {
    return this.details.graph.edges.some((edge) => edge.from === from && edge.to === to && edge.back);
  }

  #forwardTo(node: string): string[] {
    return this.details.graph.edges.filter((edge) => edge.to === node && !edge.back).map((edge) => edge.from);
  }

  /** The node that a member begins with. */
  #headOf({ group, member }: ScopeKey): string | null {
    const node = this.#groupNodes.get(this.#groups.get(group)?.node ?? "");
    return (node?.kind === "each" ? node.branches[0] : node?.branches[member])?.head ?? null;
  }

  #place({ group, member }: ScopeKey): MemberPlace {
    const { node, cycle, total } = this.#groups.get(group) as GroupDetails;
    const known = this.#groupNodes.get(node);
    const branch = known?.kind === "parallel" ? (known.branches[member]?.key ?? null) : null;
    return { group: node, cycle, number: member + 1, total, branch };
  }
}

/** Who queued a dynamic task: its lineage ends with `<task>#<cycle>.<place>`, and a later cycle is an iteration of its own. */
function dynamicOrigin(lineage: string | null, taskId: string, cycle: number): QueuedBy {
  if (cycle > 1) return { kind: "iteration", from: taskId, cycle: cycle - 1 };
  const [, name, visit] = /([^/~#]+)(?:~[^/#]*)?#(\d+)\.\d+$/.exec(lineage ?? "") ?? [];
  if (name === undefined) return { kind: "unrecorded", edgesFrom: [] };
  return { kind: "nextTask", from: name, cycle: Number(visit) };
}
