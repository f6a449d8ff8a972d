import type { ChannelOp } from "./channel.js";
import type { ErrorRecord } from "./error-record.js";
import { applyChange, type RunChange } from "./run-change.js";
import type { RunState } from "./run-state.js";
import type { ScopeKey } from "./task-spec.js";

/**
 * One commit in the making. Each change takes effect as it is decided, so that later decisions of the same step see
 * it; `changes` is the list that a journal would keep.
 */
export class Step {
  readonly changes: RunChange[] = [];
  /** Results that the step writes into the channel beside the task's own writes. */
  readonly results: ChannelOp[] = [];
  /** Scopes that may have nothing under way any more, to be looked at before the step ends. */
  readonly idle: (ScopeKey | null)[] = [];

  constructor(
    readonly state: RunState,
    /** Wall-clock milliseconds at which the step is made. */
    readonly now: number,
    /** Retries of tasks that say nothing about them. */
    readonly defaultMaxRetries: number,
  ) {}

  apply(change: RunChange): void {
    applyChange(this.state, change);
    this.changes.push(change);
  }

  /** Ends the run with an error, unless it has ended already. */
  failRun(error: ErrorRecord): void {
    if (this.state.status === "running") this.apply({ kind: "status", status: "failed", message: error.message, error });
  }
}
