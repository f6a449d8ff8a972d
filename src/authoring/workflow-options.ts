import { DefinitionError } from "../core/errors.js";
import type { AnyTask } from "../core/task.js";
import { isFlow } from "./flow.js";
import { checkedCount, checkedOptions } from "./option-checks.js";

/** What a workflow is told besides its tasks. */
export interface WorkflowOptions {
  /** Grows when the graph changes in a way that old checkpoints do not fit; 1 unless given. */
  readonly version?: number;
  /** Tasks that are not part of the graph, but may be queued while a run is under way. */
  readonly tasks?: readonly AnyTask[];
}

/** The options of a workflow, checked; `what` names it in errors. Throws `DefinitionError`. */
export function checkedWorkflowOptions(options: unknown, what: string): Required<WorkflowOptions> {
  const { tasks = [], version } = checkedOptions<WorkflowOptions>(options ?? {}, ["version", "tasks"], what);
  if (Array.isArray(tasks) && tasks.every((task) => isFlow(task) && task.kind === "task")) {
    return { version: checkedCount(version, `option version of ${what}`) ?? 1, tasks };
  }
  throw new DefinitionError(
    `option tasks of ${what} is not a list of tasks: expected what task(name, fn) returned; put flows into the graph.`,
  );
}
