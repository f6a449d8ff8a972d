import { CycleLimitError, StepLimitError, TaskTimeoutError } from "../core/errors.js";
import type { AnyTask } from "../core/task.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { LiveTaskContext } from "./live-task-context.js";
import type { RunWiring } from "./run-wiring.js";

/** The error of a run that has committed as many steps as it may and has more to do. */
export function stepLimit({ state, settings }: RunWiring): StepLimitError {
  const { runId, steps } = state;
  const message = `run ${runId} has committed ${steps} steps and has more to do, but maxSteps is ${settings.maxSteps}; resume it with a higher maxSteps.`;
  return new StepLimitError(message, settings.maxSteps, { runId });
}

/** The error of a task that would start more often than it may, or `null`. */
export function cycleLimit({ state, settings }: RunWiring, spec: TaskSpec, task: AnyTask): CycleLimitError | null {
  const limit = task.settings.maxCycles ?? settings.defaultMaxCycles;
  if (spec.cycle <= limit) return null;
  const message = `task "${spec.taskId}" would start its cycle ${spec.cycle}, but its maxCycles is ${limit}; ask ctx.canIterate() first, or resume with a higher limit.`;
  return new CycleLimitError(message, limit, { runId: state.runId, taskId: spec.taskId });
}

/** The error of an attempt that has taken longer than its task may. */
export function taskTimeout({ taskId, runId }: LiveTaskContext, timeoutMs: number): TaskTimeoutError {
  const message = `task "${taskId}" ran longer than its timeout of ${timeoutMs} ms; its late result is discarded.`;
  return new TaskTimeoutError(message, timeoutMs, { runId, taskId });
}
