import { branchOf, failingMembers, type GroupNode, type GroupOutcome, holds, range, taskThatFails } from "./group-outcomes.js";
import type { PathModel } from "./paths-model.js";
import type { FailingTask } from "./paths-script.js";

/** How a run ends in which a node fails wherever it is visited: the groups around it judge that, from the inside out. */
export function endAfterFailureOf(model: PathModel, name: string): "completed" | "failed" {
  for (const { group, member } of model.memberships(name)) {
    const size = model.sizeOf(group);
    const failed = new Set(member === "any" ? range(size) : [member]);
    if (holds(group, size, failed)) return "completed";
  }
  return "failed";
}

/** The tasks that have to fail for a group to end so; `null` if no choice of them was found that does it. */
export function tasksThatFail(
  model: PathModel,
  group: GroupNode,
  outcome: Exclude<GroupOutcome, "succeeded">,
  around: FailingTask["where"] = new Map(),
): readonly FailingTask[] | null {
  const members = failingMembers(model.plan, group, model.sizeOf(group)).get(outcome);
  if (members === undefined) return null;
  const where = new Map([...around, [group.id, members]]);
  // The members of an `each` run the same tasks: one of them says it for all.
  const chosen = group.kind === "each" ? [...members].slice(0, 1) : [...members];
  return chosen.flatMap((member) => inMember(model, group, member, where));
}

function inMember(model: PathModel, group: GroupNode, member: number, where: FailingTask["where"]): readonly FailingTask[] {
  const found = taskThatFails(model.plan, branchOf(group, member));
  if (found === null) return [];
  const [inner] = found.inside;
  return inner === undefined ? [{ task: found.node.id, where }] : (tasksThatFail(model, inner, "failed", where) ?? []);
}
