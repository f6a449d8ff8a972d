/** How one member of a group ended, as a policy sees it. */
export type MemberResult =
  | { readonly id: string; readonly ok: true; readonly value: unknown }
  | { readonly id: string; readonly ok: false; readonly error: { readonly name: string; readonly message: string } };

/** Decides, once every member of a group has ended, whether the group as a whole succeeded. */
export type PolicyFunction = (results: readonly MemberResult[]) => boolean;

/** What a group does about members that failed. */
export type GroupPolicy =
  | "strict"
  | "bestEffort"
  | { readonly kind: "atLeast"; readonly count: number }
  | { readonly kind: "critical"; readonly ids: readonly string[] }
  | PolicyFunction;

/** Any failure fails the group, after all members have ended (the default). */
export const strict = "strict";

/** The group succeeds however many members fail. */
export const bestEffort = "bestEffort";

/** The group succeeds if at least `count` members do. */
export const atLeast = (count: number): { readonly kind: "atLeast"; readonly count: number } => ({ kind: "atLeast", count });

/** The group succeeds if all of these members do, whatever becomes of the others. */
export const critical = (ids: readonly string[]): { readonly kind: "critical"; readonly ids: readonly string[] } => ({
  kind: "critical",
  ids: [...ids],
});

/** Applies a policy to the results of all members. */
export function policyHolds(policy: GroupPolicy, results: readonly MemberResult[]): boolean {
  if (policy === "bestEffort") return true;
  if (policy === "strict") return results.every((result) => result.ok);
  if (typeof policy === "function") return policy(results);
  if (policy.kind === "atLeast") return results.filter((result) => result.ok).length >= policy.count;
  return results.every((result) => result.ok || !policy.ids.includes(result.id));
}

/** A policy as it is written into a graph's JSON; a function has no name that could be trusted to be stable. */
export function policyToJSON(policy: GroupPolicy): string {
  if (typeof policy === "string") return policy;
  if (typeof policy === "function") return "custom";
  return policy.kind === "atLeast" ? `atLeast(${policy.count})` : `critical(${policy.ids.join(",")})`;
}
