import type { CheckpointInfo } from "./checkpoint.js";
import type { ErrorRecord } from "./error-record.js";
import type { Walked } from "./step.js";

interface RunFacts {
  readonly runId: string;
}

interface TaskFacts extends RunFacts {
  readonly taskId: string;
  readonly specId: string;
  readonly cycle: number;
  readonly attempt: number;
}

/** What a run tells its listeners, by name. No event carries a payload value. */
export interface RunEventMap {
  runStarted: RunFacts & { readonly workflow: string };
  taskStarted: TaskFacts;
  taskProgress: TaskFacts & { readonly done: number; readonly total: number | null; readonly label: string | null };
  taskCompleted: TaskFacts & {
    readonly durationMs: number;
    readonly steps: number;
    readonly metrics: Readonly<Record<string, number>>;
    readonly walked: readonly Walked[];
  };
  taskFailed: TaskFacts & { readonly error: ErrorRecord; readonly attempts: number; readonly walked: readonly Walked[] };
  taskRetrying: TaskFacts & { readonly error: ErrorRecord; readonly waitMs: number };
  checkpointRequested: RunFacts & { readonly checkpointId: string; readonly name: string | null; readonly taskId: string | null };
  checkpointCommitted: RunFacts & { readonly checkpoint: CheckpointInfo; readonly durationMs: number };
  checkpointFailed: RunFacts & { readonly checkpointId: string; readonly error: ErrorRecord };
  checkpointPruned: RunFacts & { readonly checkpointIds: readonly string[] };
  runResumed: RunFacts & { readonly checkpointId: string; readonly steps: number };
  runStopped: RunFacts & { readonly reason: string };
  runCompleted: RunFacts & { readonly steps: number; readonly message: string | null };
  runFailed: RunFacts & { readonly steps: number; readonly error: ErrorRecord };
  warning: RunFacts & { readonly code: string; readonly message: string };
}

export type RunEventName = keyof RunEventMap;

/** Listeners by event name, as the `events` option takes them. */
export type RunListeners = { readonly [Name in RunEventName]?: (event: RunEventMap[Name]) => void | Promise<void> };

/** Where to listen to a run. A listener that throws never harms it. */
export interface RunEvents {
  /** Calls the listener with every event of this name; returns how to end that. */
  on<Name extends RunEventName>(name: Name, listener: (event: RunEventMap[Name]) => void | Promise<void>): () => void;
  /** Resolves to the next event of this name. */
  once<Name extends RunEventName>(name: Name): Promise<RunEventMap[Name]>;
  /** Calls the listener with every event; returns how to end that. */
  onAny(listener: (name: RunEventName, event: RunEventMap[RunEventName]) => void | Promise<void>): () => void;
}
