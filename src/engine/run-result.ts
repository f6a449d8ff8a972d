import type { CheckpointInfo } from "../core/checkpoint.js";
import type { RunState } from "../core/run-state.js";
import { specIdOf, type TaskSpec } from "../core/task-spec.js";

/** How a run came to rest. */
export interface RunResult<Output = unknown> {
  readonly runId: string;
  /** `stopped`: it can be resumed. */
  readonly status: "completed" | "stopped";
  /** The output of the last task; of several last tasks, a record by name. `undefined` for a run that was stopped. */
  readonly output: Output;
  readonly steps: number;
  /** What `ctx.terminate` or `context.stop` was given. */
  readonly message?: string;
  /** The newest checkpoint stored by this context. */
  readonly checkpoint?: CheckpointInfo;
}

/** A task that waits, as inspection shows it. */
export interface PendingTask {
  readonly specId: string;
  readonly taskId: string;
  readonly cycle: number;
  readonly attempt: number;
  readonly input: unknown;
  /** Wall-clock milliseconds. */
  readonly availableAt: number;
}

/** Where a run stands after a `step`. */
export interface StepResult {
  readonly status: RunState["status"];
  readonly steps: number;
}

/** The output of the task after which nothing followed; a record by name if there were several. */
export function outputOf(state: RunState): unknown {
  if (state.status === "terminated" || state.ends.size < 2) return state.root.output?.read();
  return Object.fromEntries(Array.from(state.ends, ([node, output]) => [node, output.read()]));
}

/** A spec as inspection shows it. */
export const pendingTask = (spec: TaskSpec): PendingTask => ({
  specId: specIdOf(spec),
  taskId: spec.taskId,
  cycle: spec.cycle,
  attempt: spec.attempt,
  input: spec.input.read(),
  availableAt: spec.availableAt,
});
