import { assertNever } from "./assert-never.js";
import type { ErrorRecord } from "./error-record.js";
import { type Artifact, type GroupRun, newMember, type RunState, type RunStatus, type Scope } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** One thing that happened to a run. A step is a list of these; a run is the fold of all of them. */
export type RunChange =
  | { readonly kind: "queued"; readonly spec: TaskSpec }
  | { readonly kind: "started"; readonly spec: TaskSpec }
  | { readonly kind: "completed"; readonly spec: TaskSpec; readonly output: StoredValue; readonly end: boolean }
  | { readonly kind: "requeued"; readonly spec: TaskSpec }
  | { readonly kind: "failed"; readonly spec: TaskSpec }
  | {
      readonly kind: "joined";
      readonly scope: ScopeKey | null;
      readonly node: string;
      readonly from: string;
      readonly value: StoredValue;
    }
  | { readonly kind: "joinFired"; readonly scope: ScopeKey | null; readonly node: string }
  | { readonly kind: "groupOpened"; readonly group: GroupRun }
  | { readonly kind: "memberOpened"; readonly group: number; readonly member: number }
  | { readonly kind: "memberClosed"; readonly scope: ScopeKey }
  | { readonly kind: "groupClosed"; readonly group: number; readonly output: StoredValue; readonly end: boolean }
  | { readonly kind: "groupFailed"; readonly group: number; readonly error: ErrorRecord }
  | { readonly kind: "retriedFailed"; readonly spec: TaskSpec }
  | { readonly kind: "metric"; readonly name: string; readonly value: number }
  | { readonly kind: "artifact"; readonly artifact: Artifact }
  | { readonly kind: "status"; readonly status: RunStatus; readonly message: string | null; readonly error: ErrorRecord | null };

/** Puts one change into effect: the only hand that writes to a `RunState`, live and in a replay alike. */
export function applyChange(state: RunState, change: RunChange): void {
  switch (change.kind) {
    case "queued":
      return queue(state, change.spec);
    case "started":
      return start(state, change.spec);
    case "completed":
      return complete(state, change.spec, change.output, change.end);
    case "requeued":
      state.running.delete(change.spec.serial);
      return enlist(state, change.spec);
    case "failed":
      return fail(state, change.spec);
    case "joined":
      return join(state, change.scope, change.node, change.from, change.value);
    case "joinFired":
      state.scope(change.scope).joins?.delete(change.node);
      return touchJoin(state, change.scope, change.node);
    case "groupOpened":
      return openGroup(state, change.group);
    case "memberOpened":
      return openMember(state, change.group, change.member);
    case "memberClosed":
      return closeMember(state, change.scope);
    case "groupClosed":
      return closeGroup(state, change.group, change.output, change.end);
    case "groupFailed":
      return failGroup(state, change.group, change.error);
    case "retriedFailed":
      return retryFailed(state, change.spec);
    case "metric":
      state.metrics.set(change.name, change.value);
      return state.tracker?.touch(`metric/${change.name}`);
    case "artifact":
      state.artifacts.set(change.artifact.path, change.artifact);
      return state.tracker?.touch(`artifact/${change.artifact.path}`);
    case "status":
      state.status = change.status;
      state.message = change.message;
      state.error = change.error;
      return;
    default:
      return assertNever(change);
  }
}

const taskKey = (spec: TaskSpec): string => `task/${spec.serial}`;

function queue(state: RunState, spec: TaskSpec): void {
  const scope = state.scope(spec.scope);
  if (spec.serial > state.serial) state.serial = spec.serial;
  scope.live++;
  if (spec.node !== null) visit(state, scope, spec.scope, spec.node, spec.cycle);
  if (spec.taskId !== spec.ref.name) state.instances.add(spec.taskId);
  enlist(state, spec);
}

function enlist(state: RunState, spec: TaskSpec): void {
  if (spec.availableAt > spec.createdAt) state.delayed.push(spec);
  else state.ready.push(spec);
  if (state.tracker === null) return;
  state.waiting?.set(spec.serial, spec);
  state.tracker.touch(taskKey(spec));
}

function start(state: RunState, spec: TaskSpec): void {
  state.running.set(spec.serial, spec);
  if (state.tracker === null) return;
  state.waiting?.delete(spec.serial);
  state.tracker.touch(taskKey(spec));
}

function visit(state: RunState, scope: Scope, key: ScopeKey | null, node: string, cycle: number): void {
  if (scope.first === null) {
    scope.first = node;
  } else {
    scope.visits ??= new Map();
    scope.visits.set(node, cycle);
  }
  if (key !== null) touchMember(state, key);
  else if (state.tracker !== null) state.tracker.touch(`visit/${node}`);
}

function complete(state: RunState, spec: TaskSpec, output: StoredValue, end: boolean): void {
  state.running.delete(spec.serial);
  if (spec.taskId !== spec.ref.name) state.instances.delete(spec.taskId);
  state.steps++;
  state.completed.set(spec.taskId, (state.completed.get(spec.taskId) ?? 0) + 1);
  leave(state, spec.scope, spec.node, output, end);
  if (state.tracker === null) return;
  state.tracker.gone(taskKey(spec));
  state.tracker.touch(`done/${spec.taskId}`);
}

/** A task or group has ended well in a scope. */
function leave(state: RunState, key: ScopeKey | null, node: string | null, output: StoredValue, end: boolean): void {
  const scope = state.scope(key);
  scope.live--;
  if (end || !scope.ended) scope.output = output;
  if (end) scope.ended = true;
  if (key !== null) return touchMember(state, key);
  state.tracker?.touch("output");
  if (!end || node === null) return;
  state.ends.set(node, output);
  state.tracker?.touch(`end/${node}`);
}

function fail(state: RunState, spec: TaskSpec): void {
  state.running.delete(spec.serial);
  state.failed.set(spec.serial, spec);
  state.tracker?.touch(taskKey(spec));
  blame(state, spec.scope, spec.lastError);
}

/** A task or group has failed for good in a scope. */
function blame(state: RunState, key: ScopeKey | null, error: ErrorRecord | null): void {
  state.scope(key).live--;
  if (key === null) return;
  state.member(key).error ??= error;
  touchMember(state, key);
}

function join(state: RunState, key: ScopeKey | null, node: string, from: string, value: StoredValue): void {
  const scope = state.scope(key);
  scope.joins ??= new Map();
  const tokens = scope.joins.get(node) ?? new Map<string, StoredValue>();
  scope.joins.set(node, tokens.set(from, value));
  touchJoin(state, key, node);
}

function touchJoin(state: RunState, key: ScopeKey | null, node: string): void {
  if (state.tracker === null) return;
  if (key !== null) return touchMember(state, key);
  if (state.root.joins?.has(node)) state.tracker.touch(`join/${node}`);
  else state.tracker.gone(`join/${node}`);
}

function touchMember(state: RunState, key: ScopeKey): void {
  if (state.tracker !== null) state.tracker.touch(`member/${key.group}.${key.member}`);
}

function openGroup(state: RunState, group: GroupRun): void {
  const scope = state.scope(group.scope);
  if (group.serial > state.serial) state.serial = group.serial;
  scope.live++;
  visit(state, scope, group.scope, group.node, group.cycle);
  state.groups.set(group.serial, group);
  state.tracker?.touch(`group/${group.serial}`);
}

function openMember(state: RunState, serial: number, member: number): void {
  const group = state.groups.get(serial) as GroupRun;
  group.members[member] = newMember();
  state.tracker?.touch(`member/${serial}.${member}`);
}

function closeMember(state: RunState, key: ScopeKey): void {
  const group = state.groups.get(key.group) as GroupRun;
  const member = state.member(key);
  member.status = member.error === null ? "succeeded" : "failed";
  group.settled++;
  if (member.error !== null) group.failures++;
  touchMember(state, key);
}

function closeGroup(state: RunState, serial: number, output: StoredValue, end: boolean): void {
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
  state.tracker?.gone(taskKey(spec));
}

function failGroup(state: RunState, serial: number, error: ErrorRecord): void {
  const group = state.groups.get(serial) as GroupRun;
  group.status = "failed";
  state.tracker?.touch(`group/${serial}`);
  blame(state, group.scope, error);
}

/** A failed task is queued again: the members and groups it had failed are under way once more. */
function retryFailed(state: RunState, spec: TaskSpec): void {
  state.failed.delete(spec.serial);
  revive(state, spec.scope);
  enlist(state, spec);
}

function revive(state: RunState, key: ScopeKey | null): void {
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
