import { CheckpointCorruptError } from "./errors.js";
import type { GraphPlan, PlanNode } from "./graph-plan.js";
import { quoted } from "./ids.js";
import type { GroupRun, RunState, Scope } from "./run-state.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** The scope that something under way belongs to. Throws `CheckpointCorruptError` for one that has ended or never was. */
export function openScope(state: RunState, key: ScopeKey | null): Scope {
  if (key === null) return state.root;
  const group = state.groups.get(key.group);
  const member = group?.members[key.member];
  if (group?.status !== "running" || member?.status !== "running")
    throw misfit(`a task or group in ${nameOf(key)}, which is not under way`);
  return member;
}

/** Checks that the records of a state fit together. Throws `CheckpointCorruptError`. */
export function checkRecords(state: RunState): void {
  const { waiting, failed, groups } = state;
  for (const group of groups.keys()) if (state.find(group) !== null) throw doubleSerial(group);
  for (const serial of failed.keys()) if (waiting?.has(serial)) throw doubleSerial(serial);
  for (const all of [groups, failed, waiting ?? failed]) checkSerials(all.keys(), state.serial);
  checkSerials([state.ready.backlog?.last ?? 0], state.serial);
  for (const spec of state.failed.values()) if (spec.scope !== null) checkMember(state, spec.scope);
  for (const group of state.groups.values()) checkGroup(state, group);
  if (state.status === "completed" && state.error !== null) throw misfit("an error of a run that has completed");
}

/**
 * Checks that scopes under way hold what they count, as those read of a checkpoint do: a journal may tell of steps that cannot
 * have been. Throws `CheckpointCorruptError`.
 */
export function checkScopes(state: RunState): void {
  const live = new Map<Scope, number>();
  const count = (key: ScopeKey | null): void => {
    const scope = openScope(state, key);
    live.set(scope, (live.get(scope) ?? 0) + 1);
  };
  for (const spec of state.pending()) count(spec.scope);
  for (const group of state.groups.values()) if (group.status === "running") count(group.scope);
  for (const scope of [state.root, ...[...state.groups.values()].flatMap(({ members }) => members)])
    if (scope.live !== (live.get(scope) ?? 0)) throw misfit(`${live.get(scope) ?? 0} under way where ${scope.live} are counted`);
}

/** Checks that a state can be gone on with in a graph that has passed the preflight. Throws `CheckpointCorruptError`. */
export function checkPlaces(state: RunState, plan: GraphPlan): void {
  const { nodes } = plan;
  for (const spec of state.waiting?.values() ?? state.pending()) checkTask(spec, nodes);
  // Those of a backlog are all of one task.
  const first = state.ready.backlog?.peek();
  if (first !== undefined) checkTask(first, nodes);
  for (const spec of state.failed.values()) checkTask(spec, nodes);
  for (const group of state.groups.values()) checkGroupNode(group, nodes.get(group.node));
  for (const { joins } of [state.root, ...[...state.groups.values()].flatMap(({ members }) => members)]) {
    for (const [id, tokens] of joins ?? []) checkJoin(id, [...tokens.keys()], nodes.get(id));
  }
}

/** A group stands in a scope opened before it, so that scopes cannot run in a circle. */
function checkGroup(state: RunState, group: GroupRun): void {
  const { serial, scope, members, settled, total, status, held } = group;
  if (scope !== null && (scope.group >= serial || !checkMember(state, scope))) throw misfit(`group ${serial} in a later one`);
  if (members.length > total) throw misfit(`group ${serial} with ${members.length} of ${total} members`);
  // Counted by key: a member far beyond the others makes a long array of little.
  if (Object.keys(members).length !== members.length) throw misfit(`group ${serial} with a member that was not started in its turn`);
  if (status === "running" && members.length === settled) throw misfit(`group ${serial} under way with no member under way`);
  if (held.some((one) => state.failed.get(one)?.scope?.group !== serial)) throw misfit(`group ${serial} that holds back what is not in it`);
}

function checkMember(state: RunState, key: ScopeKey): true {
  if (state.groups.get(key.group)?.members[key.member] !== undefined) return true;
  throw misfit(`something in ${nameOf(key)}, which is not there`);
}

function checkTask({ taskId, node, ref }: TaskSpec, nodes: GraphPlan["nodes"]): void {
  if (node === null) return;
  const found = nodes.get(node);
  if (found?.kind === "task" && found.ref.module === ref.module && found.ref.name === ref.name) return;
  throw misfit(`task ${quoted(taskId)} at ${quoted(node)}, where the graph has ${found === undefined ? "nothing" : "something else"}`);
}

function checkGroupNode(group: GroupRun, node: PlanNode | undefined): void {
  const members = node?.kind === "each" ? group.input.length : node?.kind === "parallel" ? node.branches.length : null;
  if (members !== group.total)
    throw misfit(`a group ${quoted(group.node)} of ${group.total} members, where the graph or its input has others`);
}

function checkJoin(id: string, from: readonly string[], node: PlanNode | undefined): void {
  const waits = node?.joins ?? [];
  if (from.length === 0 || from.some((token) => !waits.includes(token)))
    throw misfit(`a join at ${quoted(id)} that the graph does not have`);
}

function checkSerials(serials: Iterable<number>, last: number): void {
  for (const serial of serials) if (serial > last) throw misfit(`the serial ${serial} beyond the last one`);
}

const doubleSerial = (serial: number): CheckpointCorruptError => misfit(`the serial ${serial} twice`);

const nameOf = ({ group, member }: ScopeKey): string => `member ${member} of group ${group}`;

function misfit(found: string): CheckpointCorruptError {
  return new CheckpointCorruptError(`state.json does not fit together: found ${found}; resume from another checkpoint.`, {
    file: "state.json",
  });
}
