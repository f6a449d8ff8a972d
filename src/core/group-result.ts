import type { ErrorRecord } from "./error-record.js";
import type { EachNode, ParallelNode } from "./graph-plan.js";
import { type MemberResult, policyHolds, policyToJSON } from "./group-policy.js";
import type { GroupRun, Member } from "./run-state.js";
import { capture, StoredValue } from "./serialize/index.js";

type GroupNode = ParallelNode | EachNode;

const memberId = (node: GroupNode, place: number): string =>
  node.kind === "each" ? String(place) : (node.branches[place]?.key ?? String(place));

/** What a group whose policy holds gives: a record by branch, or an array in the order of the items. */
export function groupResult(node: GroupNode, group: GroupRun): StoredValue {
  const plain = node.policy === "strict";
  const values = group.members.map((member) => (plain ? outputOf(member) : settled(member)));
  if (node.kind === "each") return StoredValue.list(values);
  return StoredValue.record(new Map(values.map((value, place) => [memberId(node, place), value])));
}

const NOTHING = capture(undefined, "output");
const outputOf = (member: Member): StoredValue => member.output ?? NOTHING;

/** What the task itself threw, without the note that its attempts are used up. */
const thrownBy = (error: ErrorRecord): ErrorRecord => (error.code === "TASK_FAILED" ? (error.cause ?? error) : error);

function settled(member: Member): StoredValue {
  if (member.error !== null) {
    const { name, message, code } = thrownBy(member.error);
    return capture({ ok: false, error: { name, message, code } }, "error");
  }
  return StoredValue.record(
    new Map([
      ["ok", capture(true, "ok")],
      ["value", outputOf(member)],
    ]),
  );
}

/** Why a group has failed, or `null` if its policy holds. A policy that throws fails the group. */
export function groupFailure(node: GroupNode, group: GroupRun): ErrorRecord | null {
  if (node.kind === "each" && group.total === 0 && !group.input.isArray) return failureOf(node, group, "its input is not a list");
  if (group.failures === 0 && typeof node.policy === "string") return null;
  try {
    const verdict: unknown = policyHolds(node.policy, memberResults(node, group));
    if (verdict instanceof Promise) return failureOf(node, group, "its policy function is asynchronous, but must answer at once");
    return verdict === true ? null : failureOf(node, group);
  } catch {
    return failureOf(node, group, "its policy function threw");
  }
}

function memberResults(node: GroupNode, group: GroupRun): MemberResult[] {
  return group.members.map((member, place) => {
    const id = memberId(node, place);
    if (member.error !== null) {
      const { name, message } = thrownBy(member.error);
      return { id, ok: false, error: { name, message } };
    }
    return { id, ok: true, value: member.output?.read() };
  });
}

function failureOf(node: GroupNode, group: GroupRun, why?: string): ErrorRecord {
  const failures = group.members.flatMap((member, place) => (member.error === null ? [] : [memberId(node, place)]));
  const named = failures.slice(0, 10).join(", ") + (failures.length > 10 ? ` and ${failures.length - 10} more` : "");
  const first = group.members.find((member) => member.error !== null)?.error ?? null;
  return {
    name: "GroupFailedError",
    message:
      `group "${node.id}" failed: ${group.failures} of ${group.total} members failed${named ? ` (${named})` : ""}, ` +
      `${why ?? `but its policy is ${policyToJSON(node.policy)}`}; mend the members and resume, or choose another policy.`,
    code: "GROUP_FAILED",
    stack: null,
    cause: first,
    failures,
  };
}
