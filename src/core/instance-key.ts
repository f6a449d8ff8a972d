import { hash128 } from "./hash.js";
import type { GroupRun, RunState } from "./run-state.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/**
 * Names a task instance by its place in the run and not by the order in which things happened to be committed: the
 * same after a resume, in which parallel tasks may end in another order. Random streams and idempotency keys hang on it.
 */
export function instanceKey(state: RunState, spec: TaskSpec): string {
  const name = spec.lineage === null ? spec.taskId : `${spec.taskId}~${hash128(spec.lineage)}`;
  return spec.scope === null ? name : `${scopeName(state, spec.scope)}/${name}`;
}

function scopeName(state: RunState, key: ScopeKey): string {
  const group = state.groups.get(key.group) as GroupRun;
  const place = `${group.node}#${group.cycle}.${key.member}`;
  return group.scope === null ? place : `${scopeName(state, group.scope)}/${place}`;
}
