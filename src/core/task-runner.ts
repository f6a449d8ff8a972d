import { TaskNotRegisteredError } from "./errors.js";

/** One attempt that is to run elsewhere. */
export interface RemoteTask {
  /** Unlike any other attempt's, also of this run under another owner: `<run>.<epoch>.<serial>.<attempt>`. */
  readonly key: string;
  readonly runId: string;
  /** Of the owner that asks. */
  readonly epoch: number;
  readonly taskId: string;
  readonly tags: readonly string[];
  /** How long the body may take once it has begun, in milliseconds, or `null`. The place that runs it watches that. */
  readonly timeoutMs: number | null;
  /** All that the body needs: see `TaskJob`. */
  readonly job: string;
}

/** What a runner asks of the engine while a body runs elsewhere. */
export interface RemoteAttempt {
  /** Aborted when the body should give up. */
  readonly signal: AbortSignal;
  /** Hands on what the body said; resolves to the engine's answer, empty for what needs none. Throws a `CairnError` for a message that no worker can have sent. */
  tell(message: string): Promise<string>;
}

/** What a runner is told of a run before its first task. */
export interface RunnerRun {
  readonly runId: string;
  /** The kind of the run's channel, as in `memory` or `redis`: bodies elsewhere must be able to read it. */
  readonly channelKind: string;
}

/** Has the bodies of tasks run somewhere else than in the engine's own thread. The engine stays the only writer of the run. */
export interface TaskRunner {
  /** For messages, as in `bullmq`. */
  readonly kind: string;
  /** Whether bodies that it cannot serve (`UnservedJob`) run in the engine's own thread instead, with a warning. */
  readonly fallsBack: boolean;
  /** Readies itself for a run. Throws `InvalidOptionError` for a channel it cannot work with, or what it fails with. */
  begin(run: RunnerRun): Promise<void>;
  /**
   * Has a body run, and resolves to the text of its outcome. Rejects with `UnservedJob` if it has no code for it; else only if nobody can say how the attempt ended and nobody will
   * try again: the run then fails, and can be resumed.
   */
  run(task: RemoteTask, attempt: RemoteAttempt): Promise<string>;
  /** The run has ended, or is left to another owner. */
  end(runId: string): Promise<void>;
}

/** What a body that runs elsewhere needs of whoever carries its words to the engine. */
export interface JobDesk {
  /** Aborted when the body should give up. */
  readonly signal: AbortSignal;
  /** Tells the engine something, in order; nobody waits for it. */
  tell(message: string): void;
  /** Tells the engine something and resolves to its answer. Rejects if none can be had. */
  ask(message: string): Promise<string>;
}

/** A job that a place cannot do, because its code is missing there or is another: somebody else may. */
export class UnservedJob extends TaskNotRegisteredError {}

/** Tells a runner from a handler. */
export const isRunner = (of: object): of is TaskRunner => "begin" in of && typeof of.begin === "function";
