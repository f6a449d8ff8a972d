import type { CheckpointView, SavedTask } from "../core/checkpoint-view.js";
import { firstOf } from "./text-size.js";

/**
 * How a task stands, the most urgent of several: it has failed for good, was running, waits (for another attempt, or for other
 * inputs of its join), is queued, or has completed.
 */
export type TaskState = "failed" | "running" | "waiting" | "pending" | "completed";
export const TASK_STATES: readonly TaskState[] = ["failed", "running", "waiting", "pending", "completed"];

/** How one task stands, with a few words for each thing there is to say. */
export interface Standing {
  readonly state: TaskState;
  readonly notes: readonly string[];
  /** The last errors of it, shortened. */
  readonly errors: readonly string[];
}

const STATE_WORDS: Record<TaskState, string> = {
  failed: "failed",
  running: "running",
  waiting: "waits to retry",
  pending: "queued",
  completed: "completed",
};
const ERRORS_SHOWN = 3;
const ERROR_LIMIT = 300;

/** A stored task that has an error behind it and will be tried again waits; others are as they say. */
const stateOf = ({ status, lastError }: SavedTask): TaskState => (status === "pending" && lastError !== null ? "waiting" : status);

/** How each task of a run stands, by its id. */
export function standingsOf({ tasks, completedTasks, details }: CheckpointView): ReadonlyMap<string, Standing> {
  const open = new Map<string, SavedTask[]>();
  for (const task of tasks) {
    const known = open.get(task.taskId);
    if (known === undefined) open.set(task.taskId, [task]);
    else known.push(task);
  }
  const joins = new Map(details.joins.map(({ node, present }) => [node, `has ${present.length} of its inputs`]));
  const ids = new Set([...completedTasks.keys(), ...open.keys(), ...joins.keys()]);
  return new Map(Array.from(ids, (id) => [id, standing(open.get(id) ?? [], joins.get(id) ?? null, completedTasks.get(id) ?? 0)]));
}

function standing(open: readonly SavedTask[], join: string | null, completed: number): Standing {
  const states = new Set([...open.map(stateOf), ...(join === null ? [] : ["waiting" as const])]);
  const notes = TASK_STATES.flatMap((state) =>
    noteOf(
      state,
      open.filter((task) => stateOf(task) === state),
    ),
  );
  return {
    state: TASK_STATES.find((state) => states.has(state)) ?? "completed",
    notes: [
      ...notes,
      ...(join === null ? [] : [join]),
      ...(completed === 0 ? [] : [completed === 1 ? "completed" : `completed ×${completed}`]),
    ],
    errors: open.flatMap(({ lastError }) => (lastError === null ? [] : [errorText(lastError)])).slice(0, ERRORS_SHOWN),
  };
}

/** An error in one line, shortened. */
export const errorText = ({ name, message }: { readonly name: string; readonly message: string }): string =>
  firstOf(`${name}: ${message}`, ERROR_LIMIT);

function noteOf(state: TaskState, tasks: readonly SavedTask[]): readonly string[] {
  const [first] = tasks;
  if (first === undefined) return [];
  if (tasks.length > 1) return [`${STATE_WORDS[state]} ×${tasks.length}`];
  const cycle = first.cycle > 1 ? [`cycle ${first.cycle}`] : [];
  const attempt = first.attempt > 1 ? [`attempt ${first.attempt}`] : [];
  return [[STATE_WORDS[state], ...cycle, ...attempt].join(", ")];
}
