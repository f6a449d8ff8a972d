import { revive } from "./group-change.js";
import type { RunState } from "./run-state.js";
import { blame, leave, visit } from "./scope-change.js";
import type { StoredValue } from "./serialize/index.js";
import type { TaskSpec } from "./task-spec.js";

const taskKey = (spec: TaskSpec): string => `task/${spec.serial}`;

/** A spec is new. */
export function queue(state: RunState, spec: TaskSpec): void {
  const scope = state.scope(spec.scope);
  if (spec.serial > state.serial) state.serial = spec.serial;
  scope.live++;
  if (spec.node !== null) visit(state, scope, spec.scope, spec.node, spec.cycle);
  if (spec.taskId !== spec.ref.name) state.instances.add(spec.taskId);
  enlist(state, spec);
}

/** A spec waits: its turn, or its time. */
function enlist(state: RunState, spec: TaskSpec): void {
  if (spec.order > state.serial) state.serial = spec.order;
  if (spec.availableAt > spec.createdAt) state.delayed.push(spec);
  else state.ready.push(spec);
  if (state.waiting === null) return;
  state.waiting.set(spec.serial, spec);
  state.tracker?.touch(taskKey(spec));
}

/** A spec that ran waits again. */
export function requeue(state: RunState, spec: TaskSpec): void {
  state.running.delete(spec.serial);
  enlist(state, spec);
}

/** The body of a spec is under way. */
export function start(state: RunState, spec: TaskSpec): void {
  state.running.set(spec.serial, spec);
  if (state.waiting === null) return;
  state.waiting.delete(spec.serial);
  state.tracker?.touch(taskKey(spec));
}

/** A task has got the value of a `ctx.once`. */
export function remember(state: RunState, serial: number, key: string, value: StoredValue): void {
  const found = state.find(serial);
  if (found === null) return;
  const spec = { ...found.spec, memo: new Map(found.spec.memo).set(key, value) };
  if (found.status === "running") state.running.set(serial, spec);
  else state.waiting?.set(serial, spec);
  state.tracker?.touch(taskKey(spec));
}

/** A task has ended well. */
export function complete(state: RunState, spec: TaskSpec, output: StoredValue, end: boolean): void {
  state.running.delete(spec.serial);
  state.waiting?.delete(spec.serial);
  if (spec.taskId !== spec.ref.name) state.instances.delete(spec.taskId);
  state.steps++;
  state.completed.set(spec.taskId, (state.completed.get(spec.taskId) ?? 0) + 1);
  leave(state, spec.scope, spec.node, output, end);
  if (state.tracker === null) return;
  state.tracker.gone(taskKey(spec));
  state.tracker.touch(`done/${spec.taskId}`);
}

/** A task has failed for good. */
export function fail(state: RunState, spec: TaskSpec): void {
  state.running.delete(spec.serial);
  state.waiting?.delete(spec.serial);
  state.failed.set(spec.serial, spec);
  state.tracker?.touch(taskKey(spec));
  blame(state, spec.scope, spec.lastError);
}

/** A failed task is queued again: the members and groups it had failed are under way once more. */
export function retryFailed(state: RunState, spec: TaskSpec): void {
  state.failed.delete(spec.serial);
  const group = spec.scope && state.groups.get(spec.scope.group);
  const held = group ? group.held.indexOf(spec.serial) : -1;
  if (held >= 0) group?.held.splice(held, 1);
  revive(state, spec.scope);
  enlist(state, spec);
}
