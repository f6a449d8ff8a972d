import type { GroupPolicy } from "./group-policy.js";
import type { RetryPolicy } from "./retry.js";
import type { StandardSchema } from "./standard-schema.js";

declare const types: unique symbol;

/** What can be put into a graph: a task, or tasks put together by `chain`, `parallel` or `each`. */
export interface Flow<in Input = never, out Output = unknown, out Name extends string = string> {
  readonly kind: "task" | "chain" | "parallel" | "each";
  /** Only for the compiler: what goes in, what comes out, and the id its result is kept under. */
  readonly [types]?: { readonly input: (input: Input) => void; readonly output: Output; readonly name: Name };
}

/** The code of a task with its types worn off: what the engine calls. */
export type AnyBody = (ctx: never, input: never) => unknown;

/** The options of a task after checking; every value is present. */
export interface TaskSettings {
  readonly module: string | null;
  readonly start: boolean;
  readonly next: readonly string[];
  readonly after: readonly string[];
  readonly join: "all" | "any";
  /** `null` leaves it to the run's `defaultRetry`. */
  readonly retry: RetryPolicy | null;
  readonly timeoutMs: number | null;
  /** `null` leaves it to the run's `defaultMaxCycles`. */
  readonly maxCycles: number | null;
  readonly critical: boolean;
  readonly checkpoint: "before" | "after" | null;
  readonly formerly: readonly string[];
  readonly input: StandardSchema | null;
  readonly output: StandardSchema | null;
  readonly handler: string;
  readonly tags: readonly string[];
}

/** A function known by reference, with options; the unit of work and of commit. */
export interface Task<in Input = never, out Output = unknown, out Name extends string = string> extends Flow<Input, Output, Name> {
  readonly kind: "task";
  readonly name: Name;
  /** `Class.method` or the function's name, for people. */
  readonly qualname: string;
  readonly settings: TaskSettings;
  readonly body: AnyBody;
}

/** Any task, whatever its types. */
export type AnyTask = Task<never, unknown, string>;
/** Any flow, whatever its types. */
export type AnyFlow = Flow<never, unknown, string>;
/** What names a task in a call: a task, a group whose result is meant, or a method decorated with `@task`. */
export type TaskLike = AnyFlow | AnyBody;

/** What a task or flow takes; `unknown` where the types have been worn off, as in `AnyTask`. */
export type InputOf<T> =
  T extends Flow<infer Input, unknown, string>
    ? [Input] extends [never]
      ? unknown
      : Input
    : T extends (ctx: never, input: infer Input) => unknown
      ? Input
      : never;
/** What a task or flow gives. */
export type OutputOf<T> =
  T extends Flow<never, infer Output, string> ? Output : T extends (ctx: never, input: never) => infer Output ? Awaited<Output> : never;
/** The id under which the result of a task or flow is kept. */
export type NameOf<T> = T extends Flow<never, unknown, infer Name> ? Name : string;

/** Tasks one after the other. */
export interface ChainFlow<in Input = never, out Output = unknown, out Name extends string = string> extends Flow<Input, Output, Name> {
  readonly kind: "chain";
  readonly parts: readonly AnyFlow[];
}

/** How a group is named, limited and judged. */
export interface GroupSettings {
  /** The id of the group in the graph; `null` derives it from the members. */
  readonly name: string | null;
  readonly policy: GroupPolicy;
  /** How many members may be under way at once; `null` is no limit. */
  readonly concurrency: number | null;
}

/** Branches that run side by side on the same input. */
export interface ParallelFlow<in Input = never, out Output = unknown, out Name extends string = string> extends Flow<Input, Output, Name> {
  readonly kind: "parallel";
  readonly branches: readonly AnyFlow[];
  readonly settings: GroupSettings;
}

/** One branch, run once for each item of an array. */
export interface EachFlow<in Input = never, out Output = unknown, out Name extends string = string> extends Flow<Input, Output, Name> {
  readonly kind: "each";
  readonly branch: AnyFlow;
  readonly settings: GroupSettings;
}

/** A flow as the graph builder takes it apart. */
export type FlowPart = AnyTask | ChainFlow | ParallelFlow | EachFlow;
