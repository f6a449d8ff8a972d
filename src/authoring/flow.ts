import { DefinitionError, DuplicateIdError } from "../core/errors.js";
import { endId } from "../core/graph-flow.js";
import { checkPolicy } from "../core/group-checks.js";
import type { GroupPolicy, PolicyFunction } from "../core/group-policy.js";
import { checkedNodeName, quoted } from "../core/ids.js";
import type { AnyFlow, ChainFlow, EachFlow, GroupSettings, InputOf, NameOf, OutputOf, ParallelFlow } from "../core/task.js";
import type {
  Branches,
  Chained,
  DerivedName,
  GroupOptions,
  GroupRecord,
  Judged,
  LastOf,
  OwnPolicyOptions,
  Settled,
  SharedInput,
} from "./flow-types.js";
import { checkedCount, checkedOptions, shown } from "./option-checks.js";

const KINDS = new Set<unknown>(["task", "chain", "parallel", "each"]);

/** Whether a value is a task, or what `chain`, `parallel` or `each` returned. */
export const isFlow = (value: unknown): value is AnyFlow =>
  typeof value === "object" && value !== null && KINDS.has((value as { readonly kind?: unknown }).kind);

/**
 * Puts flows one after the other: each gets the output of the one before it. Throws `DefinitionError`.
 *
 * ```ts
 * const training = chain(load, each(score, { concurrency: 8 }), train);
 * ```
 */
export function chain<const Flows extends readonly AnyFlow[]>(
  ...flows: Chained<Flows>
): ChainFlow<InputOf<Flows[0]>, OutputOf<LastOf<Flows>>, NameOf<LastOf<Flows>>> {
  if (flows.length === 0)
    throw new DefinitionError("chain() has no parts: expected at least one task or flow; add one, or leave the chain out.");
  const parts = flows.map((flow, index) => checkedFlow(flow, `part ${index + 1} of a chain`));
  return Object.freeze({ kind: "chain", parts: Object.freeze(parts) });
}

/**
 * Runs branches side by side on the same input. Gives a record with an entry for each branch, by the name of its last task. Throws
 * `DefinitionError`.
 *
 * ```ts
 * chain(fetch, parallel([resize, chain(scan, label)]), store); // store gets { resize: ..., label: ... }
 * parallel([mail, text, push], { policy: atLeast(1) });        // { mail: { ok: true, value }, text: { ok: false, error }, ... }
 * ```
 */
export function parallel<const Flows extends readonly AnyFlow[], const Name extends string = DerivedName<"parallel", Flows[0]>>(
  branches: Flows & Branches<Flows>,
  options: OwnPolicyOptions<Name>,
): ParallelFlow<SharedInput<Flows>, GroupRecord<Flows, PolicyFunction>, Name>;
export function parallel<
  const Flows extends readonly AnyFlow[],
  const Policy extends GroupPolicy = "strict",
  const Name extends string = DerivedName<"parallel", Flows[0]>,
>(
  branches: Flows & Branches<Flows>,
  options?: GroupOptions<Policy, Name>,
): ParallelFlow<SharedInput<Flows>, GroupRecord<Flows, Policy>, Name>;
export function parallel(branches: readonly AnyFlow[], options: GroupOptions = {}): ParallelFlow {
  if (!Array.isArray(branches))
    throw new DefinitionError(`parallel got ${shown(branches)}: expected an array of tasks or flows; write parallel([a, b], options).`);
  if (branches.length === 0)
    throw new DefinitionError("parallel([]) has no branches: expected at least one task or flow; add one, or leave the group out.");
  const flows: readonly AnyFlow[] = branches.map((branch, index) => checkedFlow(branch, `branch ${index + 1} of a parallel`));
  const settings = checkedGroup(options, "parallel", checkedKeys(flows));
  return Object.freeze({ kind: "parallel", branches: Object.freeze(flows), settings });
}

/**
 * Runs a flow once for each item of an array. Gives an array in the order of the items. Throws `DefinitionError`.
 *
 * ```ts
 * chain(list, each(chain(download, resize), { concurrency: 8, policy: bestEffort }), report);
 * ```
 */
export function each<const Branch extends AnyFlow, const Name extends string = DerivedName<"each", Branch>>(
  flow: Branch,
  options: OwnPolicyOptions<Name>,
): EachFlow<readonly InputOf<Branch>[], Settled<OutputOf<Branch>>[], Name>;
export function each<
  const Branch extends AnyFlow,
  const Policy extends GroupPolicy = "strict",
  const Name extends string = DerivedName<"each", Branch>,
>(flow: Branch, options?: GroupOptions<Policy, Name>): EachFlow<readonly InputOf<Branch>[], Judged<OutputOf<Branch>, Policy>[], Name>;
export function each(flow: AnyFlow, options: GroupOptions = {}): EachFlow {
  const branch = checkedFlow(flow, "the flow of an each");
  return Object.freeze({ kind: "each", branch, settings: checkedGroup(options, "each", null) });
}

function checkedGroup(given: unknown, kind: string, keys: readonly string[] | null): GroupSettings {
  const { name, policy = "strict", concurrency } = checkedOptions<GroupOptions>(given, ["name", "policy", "concurrency"], kind);
  checkPolicy(policy, keys);
  return Object.freeze({
    name: name === undefined ? null : checkedNodeName(name, `name of ${kind}`),
    policy,
    concurrency: checkedCount(concurrency, `option concurrency of ${kind}`),
  });
}

function checkedFlow(flow: unknown, where: string): AnyFlow {
  if (isFlow(flow)) return flow;
  throw new DefinitionError(`${where} is ${shown(flow)}: expected what task(), chain(), parallel() or each() returned; pass one of these.`);
}

/** The keys of the branches in the record of their group: no two may be the same, and no task may be in two branches. */
function checkedKeys(flows: readonly AnyFlow[]): readonly string[] {
  const keys = flows.map(endId);
  const seen = new Set<string>();
  const twice = keys.find((key) => seen.size === seen.add(key).size);
  if (twice === undefined) return keys;
  throw new DuplicateIdError(
    `two branches of a parallel end with ${quoted(twice)}: expected a task of its own at the end of each, ` +
      "for the outputs go by its name; rename one of the tasks.",
  );
}
