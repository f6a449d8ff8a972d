import type { CheckpointInfo } from "./checkpoint.js";
import { storedValue } from "./checkpoint-read.js";
import { isResultKey, resultOwner } from "./result-key.js";
import type { RunDetails } from "./run-details.js";
import type { Artifact, RunState } from "./run-state.js";
import type { StoredValue } from "./serialize/index.js";
import type { LoadedTable } from "./table-read.js";
import { specIdOf, type TaskSpec } from "./task-spec.js";

/** A task of a stored run that has not completed. */
export interface SavedTask {
  readonly specId: string;
  readonly taskId: string;
  readonly status: "pending" | "running" | "failed";
  readonly cycle: number;
  readonly attempt: number;
  readonly input: unknown;
  /** Wall-clock milliseconds. */
  readonly availableAt: number;
  readonly lastError: { readonly name: string; readonly message: string } | null;
}

/** A stored checkpoint, for people and tests to look into. Reading it needs none of the workflow's code. */
export interface CheckpointView {
  readonly info: CheckpointInfo;
  readonly workflow: { readonly name: string; readonly version: number };
  readonly status: RunState["status"];
  readonly steps: number;
  /** The channel, without the results of tasks. */
  readonly channel: ReadonlyMap<string, unknown>;
  /** Results of tasks by the id of the task. */
  readonly results: ReadonlyMap<string, unknown>;
  /** Tasks that are pending, were running, or failed. */
  readonly tasks: readonly SavedTask[];
  /** How often each task has completed. */
  readonly completedTasks: ReadonlyMap<string, number>;
  readonly metrics: ReadonlyMap<string, number>;
  readonly artifacts: readonly Artifact[];
  /** Why the tasks are where they are, for `explain`. Put together when it is first asked for. */
  readonly details: RunDetails;
}

/** Makes the view of a checkpoint from what was read of it. */
export function checkpointView(
  info: CheckpointInfo,
  workflow: CheckpointView["workflow"],
  state: RunState,
  channel: ReadonlyMap<string, StoredValue>,
  details: () => RunDetails,
): CheckpointView {
  const values = new Map<string, unknown>();
  const results = new Map<string, unknown>();
  for (const [key, value] of channel) {
    if (isResultKey(key)) results.set(resultOwner(key), value.read());
    else values.set(key, value.read());
  }
  let known: RunDetails | null = null;
  return {
    get details() {
      known ??= details();
      return known;
    },
    info,
    workflow,
    status: state.status,
    steps: state.steps,
    channel: values,
    results,
    tasks: [
      ...Array.from(state.pending(), (spec) =>
        state.interrupted.has(spec.serial) ? savedTask({ ...spec, attempt: spec.attempt - 1 }, "running") : savedTask(spec, "pending"),
      ),
      ...Array.from(state.failed.values(), (spec) => savedTask(spec, "failed")),
    ],
    completedTasks: state.completed,
    metrics: state.metrics,
    artifacts: [...state.artifacts.values()],
  };
}

/** The values of a channel as they were read. */
export const savedValues = ({ records }: LoadedTable): Map<string, StoredValue> =>
  new Map(Array.from(records, ([key, record]) => [key, storedValue(record.at("value"))]));

function savedTask(spec: TaskSpec, status: SavedTask["status"]): SavedTask {
  const { taskId, cycle, attempt, availableAt, lastError } = spec;
  const error = lastError && { name: lastError.name, message: lastError.message };
  return { specId: specIdOf(spec), taskId, status, cycle, attempt, input: spec.input.read(), availableAt, lastError: error };
}
