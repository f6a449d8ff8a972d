import type { ChannelOp } from "./channel.js";
import type { CheckpointReason } from "./checkpoint.js";
import type { Artifact } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import type { TaskRef } from "./task-ref.js";

/** A task that a body asked to have queued. */
export interface NextRequest {
  readonly ref: TaskRef;
  /** The node of the graph it names, or `null` for a dynamic task. */
  readonly node: string | null;
  /** The id the instance was given, or `null`. */
  readonly id: string | null;
  readonly input: StoredValue;
  /** Whether the static successors of the asking task are skipped. */
  readonly jump: boolean;
  readonly maxRetries: number;
}

/** A checkpoint that was asked for. */
export interface CheckpointRequest {
  readonly id: string;
  readonly name: string | null;
  readonly reason: CheckpointReason;
  readonly metadata: StoredValue;
  /** The task and cycle that asked, or `null` if it was not a task. */
  readonly taskId: string | null;
  readonly cycle: number | null;
}

/** What a task body asked for while it ran. */
export interface TaskRequests {
  readonly next: readonly NextRequest[];
  /** The input of the next iteration, or `null` if none was asked for. */
  readonly iteration: StoredValue | null;
  readonly checkpoints: readonly CheckpointRequest[];
  readonly terminate: { readonly message: string | null } | null;
  readonly cancel: { readonly message: string | null } | null;
  readonly metrics: ReadonlyMap<string, number>;
  readonly artifacts: readonly Artifact[];
}

/** How a task body ended: what it returned, wrote and asked for, or what it threw. */
export type TaskOutcome =
  | {
      readonly kind: "returned";
      readonly value: StoredValue;
      readonly ops: readonly ChannelOp[];
      /** `null`: it asked for nothing. */
      readonly requests: TaskRequests | null;
    }
  | {
      readonly kind: "threw";
      readonly error: unknown;
      /** Whether another attempt is worth it, if that was found out where the error was thrown, and it has been data since. */
      readonly retriable?: boolean;
    };
