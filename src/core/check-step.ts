import { DefinitionError, DuplicateIdError } from "./errors.js";
import type { GraphPlan, PlanNode } from "./graph-plan.js";
import { quoted } from "./ids.js";
import type { TaskOutcome, TaskRequests } from "./outcome.js";
import type { RunState } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import type { TaskSpec } from "./task-spec.js";

/** Refuses what a task returned or asked for if its step could not be taken whole. Changes nothing. */
export function checkReturned(state: RunState, plan: GraphPlan, spec: TaskSpec, outcome: Extract<TaskOutcome, { kind: "returned" }>): void {
  if (outcome.requests !== null && outcome.requests.next.length > 0) checkIds(state, spec, outcome.requests);
  if (spec.node === null) return;
  for (const { to } of (plan.nodes.get(spec.node) as PlanNode).next) if (to.kind !== "task") checkEntry(to, outcome.value, spec.taskId);
}

function checkIds(state: RunState, spec: TaskSpec, { next, iteration }: TaskRequests): void {
  const asked = new Set<string>(iteration === null ? [] : [spec.taskId]);
  for (const { id } of next) {
    if (id === null) continue;
    if ((state.instances.has(id) && id !== spec.taskId) || asked.has(id)) {
      throw new DuplicateIdError(
        `nextTask got the id ${quoted(id)}, under which another instance is pending, running or failed; choose another id, or wait until it has ended.`,
        { taskId: spec.taskId },
      );
    }
    asked.add(id);
  }
}

/** Refuses an input that a node could not take: `each` takes lists only. */
export function checkEntry(node: PlanNode, input: StoredValue, from: string): void {
  if (node.kind === "parallel") for (const branch of node.branches) checkEntry(branch.head, input, from);
  if (node.kind !== "each" || input.isArray || node.joins !== null) return;
  throw new DefinitionError(`${quoted(from)} gave ${quoted(node.id)} a value that is not a list: each takes a list; return one.`, {
    taskId: from,
  });
}
