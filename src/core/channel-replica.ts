import type { ChannelEntry, ChannelOp } from "./channel.js";
import type { ChannelSchemas } from "./stored-channel.js";

/** A write that has the same effect wherever it is applied in its turn. */
export type ReplicaOp = Extract<ChannelOp, { readonly kind: "set" | "delete" | "append" | "prepend" }>;

/** What one step of a run has written. */
export interface ReplicaStep {
  /** How many steps the run has committed with it. */
  readonly steps: number;
  readonly ops: readonly ReplicaOp[];
}

/** A channel as a whole, as of a number of steps. `now` is the wall-clock time by which its entries expire, in milliseconds. */
export interface ReplicaImage {
  readonly entries: readonly ChannelEntry[];
  readonly steps: number;
  readonly now: number;
}

/**
 * A copy of one run's channel in a place where others can read it. The run has the channel in its memory and is the only one that
 * writes; it goes on from a step only when the copy has it.
 */
export interface ChannelReplica {
  /** Where it is, for messages. */
  readonly location: string;
  /**
   * Draws the right to write it: who claims later replaces who claimed before, as soon as it begins. Resolves to the number of steps
   * at which the copy was left, or to `null` if there is none.
   */
  claim(): Promise<number | null>;
  /**
   * Replaces all there is: readers see the old or the new, and no mixture. Throws `StaleOwnerError` if somebody has begun who has
   * claimed later.
   */
  begin(image: ReplicaImage): Promise<void>;
  /**
   * Applies steps in their order, each as a whole and once, however often it has to be sent. Resolves when they are confirmed. Throws
   * `StaleOwnerError`; nothing can be sent after a failure.
   */
  send(steps: readonly ReplicaStep[], now: number): Promise<void>;
  /** The run has come to its end, or lets go of the copy. Does nothing if it has not begun. */
  end(): Promise<void>;
}

/** A channel that a run keeps in its memory and repeats elsewhere, step by step: an option of the run, for any number of runs. */
export interface ReplicatedChannel {
  /** A word for messages and checkpoints: `redis`. */
  readonly kind: string;
  readonly schemas: ChannelSchemas | null;
  forRun(runId: string): ChannelReplica;
}
