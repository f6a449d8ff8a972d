import type { GroupDetails, RunDetails } from "./run-details.js";
import type { RunStatus } from "./run-state.js";

/** Why a run stands where it does, as data; `toText()` says the same to people. */
export interface Explanation {
  readonly runId: string;
  readonly checkpointId: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly steps: number;
  /** How the run ended, or `null` while somebody may go on with it. */
  readonly ended: Ending | null;
  /** Every task that is pending, running or failed. */
  readonly tasks: readonly ExplainedTask[];
  /** Joins that have some of their inputs. */
  readonly joins: readonly ExplainedJoin[];
  /** Groups under way, and those that have failed. */
  readonly groups: readonly ExplainedGroup[];
  toText(): string;
  toString(): string;
}

/** How a run ended, and by what. */
export type Ending =
  | { readonly kind: "completed" }
  | { readonly kind: "terminated"; readonly message: string | null }
  | { readonly kind: "cancelled" | "failed"; readonly error: ExplainedError; readonly by: readonly FailedTask[] };

/** A task that has failed for good. */
export interface FailedTask {
  readonly taskId: string;
  readonly cycle: number;
}

/** What a task or run failed with. */
export type ExplainedError = NonNullable<RunDetails["error"]>;

/** A task that has not completed. */
export interface ExplainedTask {
  readonly taskId: string;
  readonly specId: string;
  readonly status: "pending" | "waiting" | "running" | "failed";
  readonly queuedBy: QueuedBy;
  /** The members of groups it is in, the outermost first. */
  readonly within: readonly MemberPlace[];
  readonly cycle: number;
  /** `null`: not recorded, as for tasks outside the graph. */
  readonly maxCycles: number | null;
  readonly attempt: number;
  /** Attempts of this visit that failed. */
  readonly failures: number;
  readonly maxRetries: number;
  readonly lastError: ExplainedError | null;
  readonly waitsFor: WaitsFor;
}

/** Who queued a task, by which edge or call. A `from` is the name of a task or group, a `cycle` which visit of it that was. */
export type QueuedBy =
  | { readonly kind: "start" }
  | { readonly kind: "edge"; readonly from: string; readonly cycle: number; readonly back: boolean }
  /** `last` completed it; `null`: nothing more could, so that it runs with the inputs that are there. */
  | {
      readonly kind: "join";
      readonly last: { readonly from: string; readonly cycle: number } | null;
      readonly present: readonly string[];
      readonly missing: readonly string[];
    }
  | { readonly kind: "goto" | "nextTask" | "iteration"; readonly from: string; readonly cycle: number }
  /** As the first task of a group's member. */
  | { readonly kind: "member"; readonly place: MemberPlace; readonly groupQueuedBy: QueuedBy }
  /** By a version that did not write it down; `edgesFrom` are the nodes with an edge to it. */
  | { readonly kind: "unrecorded"; readonly edgesFrom: readonly string[] };

/** A member of a group: number `number` of `total`, from 1. */
export interface MemberPlace {
  readonly group: string;
  /** Which visit of the group it is. */
  readonly cycle: number;
  readonly number: number;
  readonly total: number;
  /** The name of the branch; `null` for an item of an `each`. */
  readonly branch: string | null;
}

/** What a task waits for. Times are wall-clock milliseconds; `inMs` is 0 for what is due. */
export type WaitsFor =
  | { readonly kind: "turn" }
  | { readonly kind: "place"; readonly running: number; readonly concurrency: number }
  | { readonly kind: "retry" | "delay"; readonly at: number; readonly inMs: number }
  | { readonly kind: "end" }
  /** Failed for good: its group judges it when its siblings have ended. */
  | { readonly kind: "siblings"; readonly group: string; readonly underWay: number; readonly notStarted: number }
  | { readonly kind: "room"; readonly group: string; readonly concurrency: number }
  | { readonly kind: "resume" };

/** A join that waits. */
export interface ExplainedJoin {
  readonly task: string;
  readonly within: readonly MemberPlace[];
  readonly present: readonly string[];
  readonly missing: readonly { readonly from: string; readonly standing: "pending" | "waiting" | "running" | "failed" | "not under way" }[];
}

/** A group under way. */
export interface ExplainedGroup extends Pick<GroupDetails, "cycle" | "total" | "failures" | "status"> {
  readonly group: string;
  readonly within: readonly MemberPlace[];
  readonly queuedBy: QueuedBy;
  readonly policy: string;
  /** `null` is no limit. */
  readonly concurrency: number | null;
  /** Members that have ended, well or not. */
  readonly ended: number;
  /** Members that have not been started, for want of room. */
  readonly notStarted: number;
  /** The numbers of the members under way, from 1. */
  readonly underWay: readonly number[];
}
