import type { ChannelOp } from "./channel.js";
import type { ErrorRecord } from "./error-record.js";
import { applyChange, type RunChange } from "./run-change.js";
import type { RunState } from "./run-state.js";
import type { ScopeKey, TaskSpec } from "./task-spec.js";

/** How a step went through the graph: from one node to another, or to the end of a group. */
export type Walked =
  | {
      readonly kind: "edge";
      readonly from: string;
      readonly to: string;
      /** An edge of the graph, or what a body asked for. */
      readonly via: "edge" | "goto" | "nextTask" | "iteration";
      /** Whether the edge closes a cycle. */
      readonly back: boolean;
    }
  | {
      readonly kind: "group";
      readonly group: string;
      readonly succeeded: boolean;
      /** Members that failed, of `total`. */
      readonly failures: number;
      readonly total: number;
    };

/**
 * One commit in the making. Each change takes effect as it is decided, so that later decisions of the same step see
 * it. Used for one step after the other, so that a step makes no garbage of its own.
 */
export class Step {
  /** The changes of this step, if they are kept: what a journal would write. */
  changes: RunChange[] | null = null;
  /** Results that the step writes into the channel beside the task's own writes. */
  results: ChannelOp[] = [];
  /** How the step went through the graph, if somebody wants to know. */
  walked: Walked[] | null = null;
  /** Scopes that may have nothing under way any more, to be looked at before the step ends. */
  readonly idle: (ScopeKey | null)[] = [];
  /** Groups without members that the step has opened. */
  emptyGroups = 0;
  /** Wall-clock milliseconds at which the step is made. */
  now = 0;

  constructor(
    readonly state: RunState,
    /** Retries of tasks that say nothing about them. */
    readonly defaultMaxRetries: number,
    private readonly keepsChanges = false,
  ) {}

  /** Begins the next step. */
  begin(now: number): this {
    this.now = now;
    this.emptyGroups = 0;
    if (this.keepsChanges) this.changes = [];
    if (this.results.length > 0) this.results = [];
    this.walked = null;
    return this;
  }

  apply(change: RunChange): void {
    applyChange(this.state, change);
    this.changes?.push(change);
  }

  /** Ends the run with an error, unless it has ended already. */
  failRun(error: ErrorRecord): void {
    if (this.state.status === "running") this.apply({ kind: "status", status: "failed", message: error.message, error });
  }
}

/** A spec that is queued now, for its first attempt. */
export function freshSpec(
  step: Step,
  born: Pick<TaskSpec, "taskId" | "node" | "ref" | "input" | "maxRetries" | "cycle" | "parent" | "origin" | "scope" | "lineage">,
): TaskSpec {
  const { taskId, node, ref, input, maxRetries, cycle, parent, origin, scope, lineage } = born;
  // Written out, always in this order: specs are made at every step, and a spread costs several times as much.
  const serial = step.state.serial + 1;
  return {
    serial,
    order: serial,
    taskId,
    node,
    ref,
    input,
    attempt: 1,
    failures: 0,
    maxRetries,
    cycle,
    createdAt: step.now,
    availableAt: step.now,
    parent,
    origin,
    scope,
    lineage,
    lastError: null,
    memo: null,
  };
}
