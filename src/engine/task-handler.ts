import type { AnyTask } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";

/** One call of a task's body, as a handler sees it. */
export interface TaskCall {
  readonly task: AnyTask;
  readonly ctx: TaskContext<object>;
  readonly input: unknown;
  /** Calls the body here and gives what it returns, a promise or not. */
  invoke(): unknown;
}

/** Decides how the bodies of tasks that name it in their `handler` option are called. */
export interface TaskHandler {
  /** Calls the body, or has it called elsewhere; what this returns is the task's output. */
  run(call: TaskCall): unknown;
}
