import type { EachNode, GraphPlan, ParallelNode, PlanEdge, PlanNode, TaskNode } from "./graph-plan.js";
import { groupFailure, groupResult } from "./group-result.js";
import { resultKey } from "./result-key.js";
import type { GroupFacts, GroupRun } from "./run-state.js";
import { StoredValue } from "./serialize/index.js";
import { freshSpec, type Step } from "./step.js";
import type { TaskOrigin } from "./task-origin.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** How many groups without members may lead to one another within a step. */
const EMPTY_GROUPS = 1_000;

/** What comes along an edge. */
export interface Token {
  readonly scope: ScopeKey | null;
  /** The node whose output it is. */
  readonly from: string;
  /** Which visit of it that was. */
  readonly cycle: number;
  readonly value: StoredValue;
  /** The serial of the spec whose step sent it. */
  readonly parent: number | null;
}

/** Brings an output to the end of an edge: a join waits for its other inputs, everything else is entered at once. */
export function arrive(step: Step, edge: PlanEdge, token: Token): void {
  const { to } = edge;
  const { scope, from, cycle } = token;
  step.walked?.push({ kind: "edge", from, to: to.id, via: "edge", back: edge.back });
  if (edge.back || to.joins === null) return enter(step, to, scope, token.value, token.parent, { via: "edge", from, cycle });
  step.apply({ kind: "joined", scope: token.scope, node: to.id, from: token.from, value: token.value });
  const tokens = step.state.scope(token.scope).joins?.get(to.id);
  if (tokens?.size === to.joins.length) fireJoin(step, to, scope, token.parent, { via: "join", from, cycle });
}

/** Queues what a run starts with. */
export function startRun(step: Step, plan: GraphPlan, input: StoredValue): void {
  step.apply({ kind: "began", input });
  enter(step, plan.nodes.get(step.state.start) as PlanNode, null, input, null, null);
  // A group without members ends at once.
  settleIdleScopes(step, plan);
}

/** Queues a task, or opens a group. */
export function enter(
  step: Step,
  node: PlanNode,
  scope: ScopeKey | null,
  input: StoredValue,
  parent: number | null,
  origin: TaskOrigin | null,
): void {
  if (node.kind === "task") step.apply({ kind: "queued", spec: specOf(step, node, scope, input, parent, origin) });
  else openGroup(step, node, scope, input, parent, origin);
}

function specOf(
  step: Step,
  node: TaskNode,
  scope: ScopeKey | null,
  input: StoredValue,
  parent: number | null,
  origin: TaskOrigin | null,
): TaskSpec {
  return freshSpec(step, {
    taskId: node.id,
    node: node.id,
    ref: node.ref,
    input,
    maxRetries: node.task.settings.retry?.maxRetries ?? step.defaultMaxRetries,
    cycle: step.state.visits(scope, node.id) + 1,
    parent,
    origin,
    scope,
    lineage: null,
  });
}

/** Runs a join with the inputs it has, as a record in the order of its edges. */
function fireJoin(step: Step, node: PlanNode, scope: ScopeKey | null, parent: number | null, origin: TaskOrigin): void {
  const tokens = step.state.scope(scope).joins?.get(node.id) as ReadonlyMap<string, StoredValue>;
  const record = new Map<string, StoredValue>();
  for (const from of node.joins ?? []) {
    const value = tokens.get(from);
    if (value !== undefined) record.set(from, value);
  }
  step.apply({ kind: "joinFired", scope, node: node.id });
  enter(step, node, scope, StoredValue.record(record), parent, origin);
}

function openGroup(
  step: Step,
  node: ParallelNode | EachNode,
  scope: ScopeKey | null,
  input: StoredValue,
  parent: number | null,
  origin: TaskOrigin | null,
): void {
  const { state } = step;
  const outer = scope === null ? null : (state.groups.get(scope.group) as GroupRun);
  const serial = state.serial + 1;
  const facts: GroupFacts = {
    serial,
    node: node.id,
    scope,
    parent,
    origin,
    cycle: state.visits(scope, node.id) + 1,
    input,
    total: node.kind === "parallel" ? node.branches.length : input.length,
    anonymous: node.kind === "each" || outer?.anonymous === true,
  };
  step.apply({ kind: "groupOpened", group: facts });
  const group = state.groups.get(serial) as GroupRun;
  if (group.total === 0) closeEmpty(step, node, group);
  else startMembers(step, node, group);
}

/** Groups without members lead on at once: around a cycle of nothing else that would never end. */
function closeEmpty(step: Step, node: ParallelNode | EachNode, group: GroupRun): void {
  if (++step.emptyGroups <= EMPTY_GROUPS) return closeGroup(step, node, group);
  const message = `group "${node.id}" leads to itself over empty lists for ever: put a task into the cycle that can end it.`;
  step.failRun({ name: "CycleLimitError", message, code: "CYCLE_LIMIT", stack: null, cause: null });
}

/** Starts members as long as there are some and the group's `concurrency` leaves room; those that are to be tried again come first. */
function startMembers(step: Step, node: ParallelNode | EachNode, group: GroupRun): void {
  while (group.members.length - group.settled < node.concurrency) {
    const [held] = group.held;
    if (held !== undefined) retryFailed(step, step.state.failed.get(held) as TaskSpec);
    else if (group.members.length < group.total) startMember(step, node, group);
    else return;
  }
}

function startMember(step: Step, node: ParallelNode | EachNode, group: GroupRun): void {
  const member = group.members.length;
  step.apply({ kind: "memberOpened", group: group.serial, member });
  const branch = node.kind === "each" ? node.branch : node.branches[member];
  const input = node.kind === "each" ? group.input.item(member) : group.input;
  if (branch) enter(step, branch.head, { group: group.serial, member }, input, group.parent, null);
}

/** Queues a failed task again, with a fresh budget of retries. */
export function retryFailed(step: Step, spec: TaskSpec): void {
  const { now } = step;
  step.apply({
    kind: "retriedFailed",
    spec: { ...spec, order: step.state.serial + 1, attempt: spec.attempt + 1, failures: 0, createdAt: now, availableAt: now },
  });
}

/** Whether a failed task can be tried again at once: its group may have as many members under way as it is allowed. */
export function hasRoom(step: Step, plan: GraphPlan, { scope }: TaskSpec): boolean {
  if (scope === null || step.state.member(scope).status === "running") return true;
  const group = step.state.groups.get(scope.group) as GroupRun;
  return group.members.length - group.settled < (plan.nodes.get(group.node) as ParallelNode | EachNode).concurrency;
}

/** Looks at every scope in which something ended: fires joins that would wait for ever, closes members and groups. */
export function settleIdleScopes(step: Step, plan: GraphPlan): void {
  const { state, idle } = step;
  for (let key = idle.pop(); key !== undefined; key = idle.pop()) {
    // One that is listed twice may be gone, with its group, since the first time.
    if (key !== null && !state.groups.has(key.group)) continue;
    const scope = state.scope(key);
    if (scope.live > 0) continue;
    const waiting = scope.joins === null || scope.joins.size === 0 ? undefined : waitingJoin(plan, scope.joins);
    if (waiting === undefined) {
      if (key !== null && state.member(key).status === "running") closeMember(step, plan, key);
    } else if (state.status === "running") {
      // Nothing is left that could bring the missing inputs: the join runs with those it has.
      fireJoin(step, waiting, key, null, { via: "join", from: null, cycle: null });
    }
  }
}

/** Of joins that would wait for ever, one that no other leads to: what it gives may be what the others wait for. */
function waitingJoin(plan: GraphPlan, joins: ReadonlyMap<string, unknown>): PlanNode | undefined {
  const waiting = [...plan.nodes.values()].filter((node) => joins.has(node.id));
  return waiting.find((node) => !waiting.some((other) => other !== node && leadsTo(other, node))) ?? waiting[0];
}

function leadsTo(from: PlanNode, to: PlanNode): boolean {
  const found = new Set([from]);
  for (const node of found) for (const edge of node.next) if (!edge.back) found.add(edge.to);
  return found.has(to);
}

function closeMember(step: Step, plan: GraphPlan, key: ScopeKey): void {
  step.apply({ kind: "memberClosed", scope: key });
  const group = step.state.groups.get(key.group) as GroupRun;
  const node = plan.nodes.get(group.node) as ParallelNode | EachNode;
  if (group.settled === group.total && group.held.length === 0) closeGroup(step, node, group);
  else startMembers(step, node, group);
}

/** Judges a group by its policy, and goes on behind it or fails with it. */
function closeGroup(step: Step, node: ParallelNode | EachNode, group: GroupRun): void {
  const error = groupFailure(node, group);
  step.idle.push(group.scope);
  step.walked?.push({ kind: "group", group: node.id, succeeded: error === null, failures: group.failures, total: group.total });
  if (error !== null) {
    step.apply({ kind: "groupFailed", group: group.serial, error });
    if (group.scope === null) step.failRun(error);
    return;
  }
  const output = groupResult(node, group);
  if (group.scope === null || !(step.state.groups.get(group.scope.group) as GroupRun).anonymous) {
    step.results.push({ kind: "set", key: resultKey(node.id), value: output, expiresAt: null });
  }
  step.apply({ kind: "groupClosed", group: group.serial, output, end: node.next.length === 0 });
  for (const edge of node.next)
    arrive(step, edge, { scope: group.scope, from: node.id, cycle: group.cycle, value: output, parent: group.parent });
}
