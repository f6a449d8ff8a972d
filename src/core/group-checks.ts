import { InvalidOptionError } from "./errors.js";
import type { GroupPolicy } from "./group-policy.js";
import { quoted } from "./ids.js";

const KNOWN = `"strict", "bestEffort", atLeast(n), critical([...ids]) or a function`;

/**
 * Refuses a policy that its group could never meet or does not know. `memberKeys` are the keys of the branches of a
 * `parallel`; `null` stands for an `each`, whose members are counted only in a run.
 */
export function checkPolicy(policy: GroupPolicy, memberKeys: readonly string[] | null): void {
  if (typeof policy === "function" || policy === "strict" || policy === "bestEffort") return;
  const given = Object(policy) as { readonly kind?: unknown; readonly count?: unknown; readonly ids?: unknown };
  if (given.kind === "atLeast") checkAtLeast(given.count, memberKeys);
  else if (given.kind === "critical" && Array.isArray(given.ids)) checkCritical(given.ids, memberKeys);
  else throw new InvalidOptionError(`policy ${quoted(policy)} is not known: expected ${KNOWN}; use one of these.`);
}

function checkAtLeast(count: unknown, memberKeys: readonly string[] | null): void {
  if (!Number.isInteger(count) || (count as number) < 1)
    throw new InvalidOptionError(
      `policy atLeast(${String(count)}): expected a whole number of at least 1; use bestEffort to let all fail.`,
    );
  if (memberKeys !== null && (count as number) > memberKeys.length)
    throw new InvalidOptionError(
      `policy atLeast(${String(count)}): the group has only ${memberKeys.length} members, so it could never succeed; ` +
        `expected 1 to ${memberKeys.length}.`,
    );
}

function checkCritical(ids: readonly unknown[], memberKeys: readonly string[] | null): void {
  if (memberKeys === null)
    throw new InvalidOptionError("policy critical([...ids]) cannot judge an each: its items have no ids; use atLeast(n) or a function.");
  const unknown = ids.filter((id) => typeof id !== "string" || !memberKeys.includes(id));
  if (unknown.length === 0) return;
  throw new InvalidOptionError(
    `policy critical: ${unknown.map(quoted).join(", ")} is not in the group; ` +
      `expected ${memberKeys.map(quoted).join(", ")} (a branch goes by the name of its last task).`,
  );
}
