import type { ErrorRecord } from "./error-record.js";
import type { RunState, Scope } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import type { ScopeKey } from "./task-spec.js";

/** A node is visited in a scope. */
export function visit(state: RunState, scope: Scope, key: ScopeKey | null, node: string, cycle: number): void {
  if (scope.first === null) {
    scope.first = node;
  } else {
    scope.visits ??= new Map();
    scope.visits.set(node, cycle);
  }
  if (key !== null) touchMember(state, key);
  else if (state.tracker !== null) state.tracker.touch(`visit/${node}`);
}

/** A task or group has ended well in a scope. */
export function leave(state: RunState, key: ScopeKey | null, node: string | null, output: StoredValue, end: boolean): void {
  const scope = state.scope(key);
  scope.live--;
  // The output of a run that was terminated is that of the task which did it.
  if (key === null && state.status === "terminated") return;
  if (end || !scope.ended) scope.output = output;
  if (end) scope.ended = true;
  if (key !== null) return touchMember(state, key);
  state.tracker?.touch("output");
  if (!end || node === null) return;
  state.ends.set(node, output);
  state.tracker?.touch(`end/${node}`);
}

/** A task or group has failed for good in a scope. */
export function blame(state: RunState, key: ScopeKey | null, error: ErrorRecord | null): void {
  state.scope(key).live--;
  if (key === null) return;
  state.member(key).error ??= error;
  touchMember(state, key);
}

/** An output waits at a join. */
export function join(state: RunState, key: ScopeKey | null, node: string, from: string, value: StoredValue): void {
  const scope = state.scope(key);
  scope.joins ??= new Map();
  const tokens = scope.joins.get(node) ?? new Map<string, StoredValue>();
  scope.joins.set(node, tokens.set(from, value));
  touchJoin(state, key, node);
}

/** A join has its inputs, or will get no more. */
export function fire(state: RunState, key: ScopeKey | null, node: string): void {
  state.scope(key).joins?.delete(node);
  touchJoin(state, key, node);
}

function touchJoin(state: RunState, key: ScopeKey | null, node: string): void {
  if (state.tracker === null) return;
  if (key !== null) return touchMember(state, key);
  if (state.root.joins?.has(node)) state.tracker.touch(`join/${node}`);
  else state.tracker.gone(`join/${node}`);
}

/** What is counted in a member has changed. */
export function touchMember(state: RunState, key: ScopeKey): void {
  if (state.tracker !== null) state.tracker.touch(`member/${key.group}.${key.member}`);
}
