import type { ErrorRecord } from "./error-record.js";
import { type GroupFacts, type GroupRun, newMember, type RunState } from "./run-state.js";
import { blame, leave, touchMember, visit } from "./scope-change.js";
import type { StoredValue } from "./serialize/index.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** A group is under way. */
export function openGroup(state: RunState, group: GroupFacts): void {
  const scope = state.scope(group.scope);
  if (group.serial > state.serial) state.serial = group.serial;
  scope.live++;
  visit(state, scope, group.scope, group.node, group.cycle);
  state.groups.set(group.serial, { ...group, members: [], settled: 0, failures: 0, status: "running", held: [] });
  state.tracker?.touch(`group/${group.serial}`);
}

/** A member of a group begins. */
export function openMember(state: RunState, serial: number, member: number): void {
  const group = state.groups.get(serial) as GroupRun;
  group.members[member] = newMember();
  state.tracker?.touch(`member/${serial}.${member}`);
}

/** A failed spec waits for room in its group to be tried again. */
export function hold(state: RunState, spec: TaskSpec): void {
  const group = spec.scope && state.groups.get(spec.scope.group);
  if (!group || group.held.includes(spec.serial)) return;
  group.held.push(spec.serial);
  state.tracker?.touch(`group/${group.serial}`);
}

/** Nothing is under way in a member any more. */
export function closeMember(state: RunState, key: ScopeKey): void {
  const group = state.groups.get(key.group) as GroupRun;
  const member = state.member(key);
  member.status = member.error === null ? "succeeded" : "failed";
  group.settled++;
  if (member.error !== null) group.failures++;
  touchMember(state, key);
}

/** A group has ended well. */
export function closeGroup(state: RunState, serial: number, output: StoredValue, end: boolean): void {
  const group = state.groups.get(serial) as GroupRun;
  forget(state, group);
  leave(state, group.scope, group.node, output, end);
}

/** Drops a group that succeeded, with what its policy let pass: failed tasks and failed groups inside. */
function forget(state: RunState, group: GroupRun): void {
  state.groups.delete(group.serial);
  state.tracker?.gone(`group/${group.serial}`);
  if (state.tracker !== null) for (let i = 0; i < group.members.length; i++) state.tracker.gone(`member/${group.serial}.${i}`);
  if (group.failures === 0) return;
  for (const spec of state.failed.values()) if (spec.scope?.group === group.serial) drop(state, spec);
  for (const inner of state.groups.values()) if (inner.scope?.group === group.serial) forget(state, inner);
}

function drop(state: RunState, spec: TaskSpec): void {
  state.failed.delete(spec.serial);
  state.instances.delete(spec.taskId);
  state.tracker?.gone(`task/${spec.serial}`);
}

/** A group has failed. */
export function failGroup(state: RunState, serial: number, error: ErrorRecord): void {
  const group = state.groups.get(serial) as GroupRun;
  group.status = "failed";
  state.tracker?.touch(`group/${serial}`);
  blame(state, group.scope, error);
}

/** Something in a member that had ended is under way again. */
export function revive(state: RunState, key: ScopeKey | null): void {
  state.scope(key).live++;
  if (key === null) return;
  const group = state.groups.get(key.group) as GroupRun;
  const member = state.member(key);
  member.error = null;
  touchMember(state, key);
  if (member.status !== "running") {
    if (member.status === "failed") group.failures--;
    member.status = "running";
    group.settled--;
  }
  if (group.status === "running") return;
  group.status = "running";
  state.tracker?.touch(`group/${group.serial}`);
  revive(state, group.scope);
}
