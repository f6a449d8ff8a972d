import type { ErrorRecord } from "./error-record.js";
import type { GraphPlan, PlanNode, TaskNode } from "./graph-plan.js";
import { instanceKey } from "./instance-key.js";
import type { NextRequest, TaskOutcome, TaskRequests } from "./outcome.js";
import type { StoredValue } from "./serialize/index.js";
import { arrive, settleIdleScopes } from "./settle-flow.js";
import { freshSpec, type Step, type Walked } from "./step.js";
import type { TaskSpec } from "./task-spec.js";

type Returned = Extract<TaskOutcome, { kind: "returned" }>;

/**
 * Turns what a task returned into the changes of its step, in order of precedence: terminate, then jumps and
 * iterations, then the static successors. (A cancellation is a failure: see `settleFailed`.)
 */
export function settleReturned(step: Step, plan: GraphPlan, spec: TaskSpec, { value, requests }: Returned): void {
  const node = spec.node === null ? null : (plan.nodes.get(spec.node) as TaskNode);
  const stays = requests !== null && (requests.iteration !== null || requests.next.some((next) => next.jump));
  const ends = node !== null && node.next.length === 0 && !stays;
  step.apply({ kind: "completed", spec, output: value, end: ends });
  step.idle.push(spec.scope);
  if (requests !== null) queueRequested(step, spec, requests);
  if (requests?.terminate) step.apply({ kind: "terminated", message: requests.terminate.message, output: value });
  else if (!stays && node !== null) follow(step, node, spec, value);
  settleIdleScopes(step, plan);
}

/** Puts a task that is to be tried again back into the queue. */
export function settleRetry(step: Step, spec: TaskSpec, error: ErrorRecord, waitMs: number, memo: TaskSpec["memo"]): TaskSpec {
  const again: TaskSpec = {
    ...spec,
    order: step.state.serial + 1,
    attempt: spec.attempt + 1,
    failures: spec.failures + 1,
    availableAt: waitMs === 0 ? spec.availableAt : step.now + waitMs,
    lastError: error,
    memo,
  };
  step.apply({ kind: "requeued", spec: again });
  return again;
}

/** Puts a task that was interrupted through no fault of its own back into the queue. */
export function settleReleased(step: Step, spec: TaskSpec, memo: TaskSpec["memo"]): void {
  step.apply({ kind: "requeued", spec: { ...spec, order: step.state.serial + 1, attempt: spec.attempt + 1, memo } });
}

/**
 * Records a task that failed for good. Outside a group, or in the last member of a group whose policy does not let
 * it pass, the run fails with it.
 */
export function settleFailed(step: Step, plan: GraphPlan, spec: TaskSpec, error: ErrorRecord, memo: TaskSpec["memo"]): void {
  step.apply({ kind: "failed", spec: { ...spec, lastError: error, memo } });
  if (spec.scope === null) step.failRun(error);
  else step.idle.push(spec.scope);
  settleIdleScopes(step, plan);
}

function follow(step: Step, node: PlanNode, spec: TaskSpec, value: StoredValue): void {
  for (const edge of node.next) arrive(step, edge, { scope: spec.scope, from: node.id, cycle: spec.cycle, value, parent: spec.serial });
}

function queueRequested(step: Step, spec: TaskSpec, requests: TaskRequests): void {
  for (const [name, value] of requests.metrics) step.apply({ kind: "metric", name, value });
  for (const artifact of requests.artifacts) step.apply({ kind: "artifact", artifact });
  for (const [place, next] of requests.next.entries()) step.apply({ kind: "queued", spec: requestedSpec(step, spec, next, place) });
  if (requests.iteration !== null) step.apply({ kind: "queued", spec: iterationOf(step, spec, requests.iteration) });
  if (step.walked !== null) noteRequested(step.walked, spec, requests);
}

function noteRequested(walked: Walked[], spec: TaskSpec, { next, iteration }: TaskRequests): void {
  const from = spec.node ?? spec.ref.name;
  for (const { node, ref, jump } of next) {
    walked.push({ kind: "edge", from, to: node ?? ref.name, via: jump ? "goto" : "nextTask", back: false });
  }
  if (iteration !== null) walked.push({ kind: "edge", from, to: from, via: "iteration", back: true });
}

function requestedSpec(step: Step, parent: TaskSpec, next: NextRequest, place: number): TaskSpec {
  const { state } = step;
  return freshSpec(step, {
    taskId: next.id ?? next.ref.name,
    node: next.node,
    ref: next.ref,
    input: next.input,
    maxRetries: next.maxRetries,
    cycle: next.node === null ? 1 : state.visits(parent.scope, next.node) + 1,
    parent: parent.serial,
    origin: next.node === null ? null : { via: next.jump ? "goto" : "nextTask", from: parent.taskId, cycle: parent.cycle },
    scope: parent.scope,
    lineage: next.node === null ? `${instanceKey(state, parent)}#${parent.cycle}.${place}` : null,
  });
}

function iterationOf(step: Step, spec: TaskSpec, input: StoredValue): TaskSpec {
  return freshSpec(step, {
    taskId: spec.taskId,
    node: spec.node,
    ref: spec.ref,
    input,
    maxRetries: spec.maxRetries,
    cycle: spec.node === null ? spec.cycle + 1 : step.state.visits(spec.scope, spec.node) + 1,
    parent: spec.serial,
    origin: spec.node === null ? null : { via: "iteration", from: null, cycle: spec.cycle },
    scope: spec.scope,
    lineage: spec.lineage,
  });
}
