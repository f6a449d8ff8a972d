import type { Channel, ChannelState } from "./channel.js";
import type { CheckpointHandle, CheckpointRequestOptions } from "./checkpoint.js";
import type { Duration } from "./duration.js";
import type { TaskLogger } from "./logger.js";
import type { InputOf, OutputOf, TaskLike } from "./task.js";

/** How a dynamic task is queued. */
export interface NextTaskOptions<Input> {
  /** What the task gets; left out, it gets `undefined`. */
  readonly input?: Input;
  /** The id of this instance: its result is kept under it, and only one instance of it may be pending or running. */
  readonly id?: string;
  /** `true`: a jump, the static successors of the calling task are skipped. `false`: they run as well. */
  readonly goto?: boolean;
}

/**
 * What a task body may read, and what it may ask for. Asking writes a request down; the engine answers
 * once the body has returned, in one commit with its result. A body that throws has asked for nothing.
 */
export interface TaskContext<State extends object = ChannelState> {
  readonly runId: string;
  /** The id of this task instance: its name, or the `id` it was queued with. */
  readonly taskId: string;
  /** The id of this execution within the run. */
  readonly specId: string;
  /** 1 for the first attempt; grows with each retry, and with a resume if a checkpoint was taken while the task was running. */
  readonly attempt: number;
  /** 1 for the first visit of this task; grows with each iteration and each further visit. */
  readonly cycle: number;
  readonly maxCycles: number;
  /** Steps the run has committed so far. */
  readonly steps: number;
  /** Aborted by a time-out, a failure elsewhere in the run, a cancellation, or the end of the grace period of a stop. */
  readonly signal: AbortSignal;
  readonly log: TaskLogger;
  /** The run's state. Writes are buffered and commit with the task; reads see them. */
  readonly channel: Channel<State>;
  /** The last committed output of a task, or `undefined` if it has none. */
  result<T extends TaskLike>(task: T): Promise<OutputOf<T> | undefined>;
  /** Queues a task: one the graph does not hold as an instance of its own, one of the graph as a jump. */
  nextTask<T extends TaskLike>(task: T, options?: NextTaskOptions<InputOf<T>>): void;
  /** Jumps: queues the task and skips the static successors of this one. */
  goto<T extends TaskLike>(task: T, input?: InputOf<T>): void;
  /** Runs this task again with `data`. Its successors run once, after the last pass. */
  nextIteration(data?: unknown): void;
  /** Whether `nextIteration` would stay within `maxCycles`. */
  canIterate(): boolean;
  /** Asks for a checkpoint: after this task's step (`deferred`), or now with this task pending (`immediate`). */
  checkpoint(metadata?: Readonly<Record<string, unknown>>, options?: CheckpointRequestOptions): CheckpointHandle;
  /** Ends the run well after this task; its successors are skipped. */
  terminate(message?: string): void;
  /** Ends the run with `RunCancelledError`; this task does not count as completed. */
  cancel(message?: string): void;
  /** Reports how far this task has come. Not part of the transaction: listeners hear of it at once. */
  progress(done: number, total?: number, label?: string): void;
  /** Records a number under a name; the latest value is kept with the run. */
  metric(name: string, value: number): void;
  /** Records a file this task has made. */
  artifact(path: string, details?: { readonly type?: string; readonly description?: string }): void;
  /** A key that is the same over retries and resumes of this task instance and cycle, and differs for all others. */
  idempotencyKey(label?: string): string;
  /** Runs `fn` once for this key: later attempts of this task get the first value. */
  once<T>(key: string, fn: () => T | Promise<T>): Promise<T>;
  /** The next number in [0, 1) of this task instance and cycle's own stream, derived from the run's seed. */
  random(): number;
  /** The recorded time in milliseconds at which this attempt became due: the same again after a resume. */
  now(): number;
  /** A version 4 UUID out of the same stream as `random`. */
  uuid(): string;
  /** Waits on the run's clock; rejects with the reason of `signal` when that is aborted. */
  sleep(duration: Duration): Promise<void>;
}
