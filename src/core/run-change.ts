import { assertNever } from "./assert-never.js";
import type { ErrorRecord } from "./error-record.js";
import { closeGroup, closeMember, failGroup, hold, openGroup, openMember } from "./group-change.js";
import type { Artifact, GroupFacts, RunState, RunStatus } from "./run-state.js";
import { fire, join } from "./scope-change.js";
import type { StoredValue } from "./serialize/index.js";
import { complete, fail, queue, remember, requeue, retryFailed, start } from "./task-change.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** One thing that happened to a run. A step is a list of these; a run is the fold of all of them. */
export type RunChange =
  | { readonly kind: "began"; readonly input: StoredValue }
  | { readonly kind: "queued"; readonly spec: TaskSpec }
  | { readonly kind: "started"; readonly spec: TaskSpec }
  | { readonly kind: "completed"; readonly spec: TaskSpec; readonly output: StoredValue; readonly end: boolean }
  | { readonly kind: "remembered"; readonly serial: number; readonly key: string; readonly value: StoredValue }
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
  | { readonly kind: "groupOpened"; readonly group: GroupFacts }
  | { readonly kind: "memberOpened"; readonly group: number; readonly member: number }
  | { readonly kind: "memberClosed"; readonly scope: ScopeKey }
  | { readonly kind: "groupClosed"; readonly group: number; readonly output: StoredValue; readonly end: boolean }
  | { readonly kind: "groupFailed"; readonly group: number; readonly error: ErrorRecord }
  | { readonly kind: "retriedFailed"; readonly spec: TaskSpec }
  | { readonly kind: "held"; readonly spec: TaskSpec }
  | { readonly kind: "metric"; readonly name: string; readonly value: number }
  | { readonly kind: "artifact"; readonly artifact: Artifact }
  | { readonly kind: "terminated"; readonly message: string | null; readonly output: StoredValue }
  | { readonly kind: "status"; readonly status: RunStatus; readonly message: string | null; readonly error: ErrorRecord | null };

/** Puts one change into effect: the only hand that writes to a `RunState`, live and in a replay alike. */
export function applyChange(state: RunState, change: RunChange): void {
  switch (change.kind) {
    case "began":
      state.input = change.input;
      return state.tracker?.touch("input");
    case "queued":
      return queue(state, change.spec);
    case "started":
      return start(state, change.spec);
    case "completed":
      return complete(state, change.spec, change.output, change.end);
    case "remembered":
      return remember(state, change.serial, change.key, change.value);
    case "requeued":
      return requeue(state, change.spec);
    case "failed":
      return fail(state, change.spec);
    case "joined":
      return join(state, change.scope, change.node, change.from, change.value);
    case "joinFired":
      return fire(state, change.scope, change.node);
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
    case "held":
      return hold(state, change.spec);
    case "metric":
      state.metrics.set(change.name, change.value);
      return state.tracker?.touch(`metric/${change.name}`);
    case "artifact":
      state.artifacts.set(change.artifact.path, change.artifact);
      return state.tracker?.touch(`artifact/${change.artifact.path}`);
    case "terminated":
      state.status = "terminated";
      state.message = change.message;
      state.root.output = change.output;
      return state.tracker?.touch("output");
    case "status":
      state.status = change.status;
      state.message = change.message;
      state.error = change.error;
      return;
    default:
      return assertNever(change);
  }
}
