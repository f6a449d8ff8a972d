import type { TaskOutcome } from "./outcome.js";
import type { AnyBody, AnyTask } from "./task.js";
import type { TaskSpec } from "./task-spec.js";

/** What a test puts between the engine and the tasks of a workflow. */
export interface Rehearsal {
  /** Called in the engine's own thread in place of the bodies of these tasks, wherever those would run. */
  readonly bodies: ReadonlyMap<AnyTask, AnyBody>;
  /** Hears of every attempt at once when what came of it has been committed. */
  readonly settled?: (attempt: SettledAttempt) => void;
}

/** An attempt at a task, after its commit. */
export interface SettledAttempt {
  readonly spec: TaskSpec;
  /** How the body ended; an output that could not be committed counts as thrown. */
  readonly outcome: TaskOutcome;
  readonly became: Settlement;
}

/** What became of an attempt. */
export type Settlement = "completed" | "cancelled" | "retrying" | "failed" | "released";
