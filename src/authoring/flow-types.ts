import type { GroupPolicy, PolicyFunction } from "../core/group-policy.js";
import type { AnyFlow, InputOf, NameOf, OutputOf } from "../core/task.js";
import type { Fits } from "./fits.js";

/** How a member of a group ended, where the policy of the group lets failures pass. */
export type Settled<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: { readonly name: string; readonly message: string; readonly code: string | null } };

/** How a group is named, limited and judged. */
export interface GroupOptions<Policy extends GroupPolicy = GroupPolicy, Name extends string = string> {
  /** The id of the group; `parallel-` or `each-` and the name of its first branch unless given. */
  readonly name?: Name;
  /** What failures of members mean; `"strict"` unless given. */
  readonly policy?: Policy;
  /** How many members may be under way at once; no limit unless given. */
  readonly concurrency?: number;
}

/** Options with a policy of the author's own; apart, so that the function's parameter gets its type. */
export interface OwnPolicyOptions<Name extends string = string> extends GroupOptions<PolicyFunction, Name> {
  readonly policy: PolicyFunction;
}

/** A value as a group hands it on: plain under `strict`, with failures beside it under any other policy. */
export type Judged<Value, Policy> = [Policy] extends ["strict"] ? Value : "strict" extends Policy ? Value | Settled<Value> : Settled<Value>;

/** What stands in the way of `flow` where the flow before it does not give what it takes. */
interface Mismatch<Output, Input> {
  readonly "output of the task before": Output;
  readonly "input of this task": Input;
}

type Link<Before, This> = Fits<OutputOf<Before>, InputOf<This>> extends true ? unknown : Mismatch<OutputOf<Before>, InputOf<This>>;

type Shifted<Flows extends readonly unknown[]> = readonly [unknown, ...Flows];

/** What the flow at `Index` must be besides itself: anything if it fits the one before it. Lists of unknown length are not checked. */
type LinkAt<Flows extends readonly unknown[], Index> = number extends Flows["length"]
  ? unknown
  : Index extends keyof Flows
    ? Shifted<Flows>[Index & keyof Shifted<Flows>] extends infer Before extends AnyFlow
      ? Link<Before, Flows[Index]>
      : unknown
    : unknown;

/** The arguments of `chain`, each checked against the one before it. */
export type Chained<Flows extends readonly AnyFlow[]> = { [Index in keyof Flows]: Flows[Index] & LinkAt<Flows, Index> };

/** The last of some flows; any of them, for a list of unknown length. */
export type LastOf<Flows extends readonly unknown[]> = Flows extends readonly [...unknown[], infer Last] ? Last : Flows[number];

/** What all of some flows take at once. */
export type SharedInput<Flows extends readonly AnyFlow[]> = {
  [Index in keyof Flows]: (input: InputOf<Flows[Index]>) => void;
}[number] extends (input: infer Input) => void
  ? Input
  : never;

/** The branches of `parallel`, refused if there is no input that all of them take. */
export type Branches<Flows extends readonly AnyFlow[]> = [SharedInput<Flows>] extends [never]
  ? { readonly "no input fits every branch": { [Index in keyof Flows]: InputOf<Flows[Index]> } }
  : unknown;

/** The output of a group of branches: an entry for each, by the name of its last task. */
export type GroupRecord<Flows extends readonly AnyFlow[], Policy> = {
  readonly [Branch in Flows[number] as NameOf<Branch>]: Judged<OutputOf<Branch>, Policy>;
};

/** The id of a group that was not given a name. */
export type DerivedName<Kind extends string, First> = `${Kind}-${NameOf<First>}`;
