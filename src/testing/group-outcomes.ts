import type { Branch, EachNode, GraphPlan, ParallelNode, PlanNode, TaskNode } from "../core/graph-plan.js";
import { type MemberResult, policyHolds } from "../core/group-policy.js";

export type GroupNode = ParallelNode | EachNode;

/** How a group may end: all members did well, some failed and its policy let that pass, or it failed. */
export type GroupOutcome = "succeeded" | "tolerated" | "failed";

/** For each way in which a group can end with failed members, which members those may be. */
export type FailingMembers = ReadonlyMap<Exclude<GroupOutcome, "succeeded">, ReadonlySet<number>>;

/** Items that stand for a list: enough that a policy may let one fail. */
export const itemsOf = ({ policy }: EachNode): number =>
  typeof policy === "object" ? (policy.kind === "atLeast" ? policy.count + 1 : 2) : 2;

/** Finds out by asking the policy. `size` is the number of members. */
export function failingMembers(plan: GraphPlan, group: GroupNode, size = sizeOf(group)): FailingMembers {
  const failable = range(size).filter((member) => taskThatFails(plan, branchOf(group, member)) !== null);
  const found = new Map<Exclude<GroupOutcome, "succeeded">, ReadonlySet<number>>();
  for (const members of setsOf(failable)) {
    const outcome = holds(group, size, members) ? "tolerated" : "failed";
    if (!found.has(outcome)) found.set(outcome, members);
    if (found.size === 2) break;
  }
  return found;
}

/** Whether a group is judged to have succeeded when these members failed. */
export function holds(group: GroupNode, size: number, failed: ReadonlySet<number>): boolean {
  try {
    return (
      policyHolds(
        group.policy,
        range(size).map((member) => resultOf(group, member, failed.has(member))),
      ) === true
    );
  } catch {
    return false;
  }
}

/** What has to fail for a member to fail: a task of its branch, or a group in it with failed members. */
export function taskThatFails(plan: GraphPlan, branch: Branch): { readonly node: TaskNode; readonly inside: readonly GroupNode[] } | null {
  for (const node of nodesOf(plan, branch)) {
    if (node.kind === "task") return { node, inside: [] };
    const members = failingMembers(plan, node).get("failed");
    const [first] = members ?? [];
    const inner = first === undefined ? null : taskThatFails(plan, branchOf(node, first));
    if (inner !== null) return { node: inner.node, inside: [node, ...inner.inside] };
  }
  return null;
}

/** The branch that a member runs. */
export const branchOf = (group: GroupNode, member: number): Branch =>
  group.kind === "each" ? group.branch : (group.branches[member] as Branch);

/** The number of members of a group, with items that stand for a list. */
const sizeOf = (group: GroupNode): number => (group.kind === "each" ? itemsOf(group) : group.branches.length);

/** The nodes of a branch, from its first on, without those in groups inside. */
function nodesOf(plan: GraphPlan, { head }: Branch): readonly PlanNode[] {
  const found = new Set([plan.nodes.get(head.id) as PlanNode]);
  for (const node of found) for (const { to } of node.next) found.add(to);
  return [...found];
}

export const range = (length: number): number[] => Array.from({ length }, (_, place) => place);

/** One member after the other, all of them, and all but one: as many sets as twice the members, and not all there are. */
function* setsOf(failable: readonly number[]): IterableIterator<ReadonlySet<number>> {
  for (const member of failable) yield new Set([member]);
  if (failable.length > 1) yield new Set(failable);
  for (const member of failable) if (failable.length > 2) yield new Set(failable.filter((one) => one !== member));
}

function resultOf(group: GroupNode, member: number, failed: boolean): MemberResult {
  const id = group.kind === "each" ? String(member) : branchOf(group, member).key;
  return failed ? { id, ok: false, error: { name: "FatalError", message: "made to fail by a path" } } : { id, ok: true, value: null };
}
