import type { ErrorRecord } from "../core/error-record.js";
import type { RunEventMap, RunEventName } from "../core/run-events.js";

/** How far a run has come, as its events tell. Times are monotonic milliseconds. */
export interface ProgressState {
  readonly runId: string;
  /** How many steps the run will take, if somebody knows. */
  readonly total: number | null;
  workflow: string | null;
  phase: "waiting" | "running" | "completed" | "stopped" | "failed";
  startedAt: number;
  endedAt: number | null;
  /** Steps committed in all, and before this process had the run. */
  steps: number;
  stepsBefore: number;
  failed: number;
  retries: number;
  checkpoints: number;
  /** Why it ended, in a few words; `null` if there is nothing to say. */
  note: string | null;
  /** In the order in which they were started. */
  readonly running: Map<string, RunningTask>;
}

/** A task under way. */
export interface RunningTask {
  readonly taskId: string;
  readonly cycle: number;
  readonly attempt: number;
  readonly startedAt: number;
  progress: TaskProgress | null;
}

/** What a task has said of itself. */
export interface TaskProgress {
  readonly done: number;
  readonly total: number | null;
  readonly label: string | null;
  /** What it said first, to tell its speed by. */
  readonly first: { readonly done: number; readonly at: number };
  readonly at: number;
}

/** A run that nothing is known of yet. */
export const freshProgress = (runId: string, total: number | null, now: number): ProgressState => ({
  ...{ runId, total, workflow: null, phase: "waiting", startedAt: now, endedAt: null, steps: 0, stepsBefore: 0 },
  ...{ failed: 0, retries: 0, checkpoints: 0, note: null, running: new Map() },
});

/** Takes an event into account. */
export function follow<Name extends RunEventName>(state: ProgressState, name: Name, event: RunEventMap[Name], now: number): void {
  if (state.phase === "waiting") {
    state.phase = "running";
    state.startedAt = now;
  }
  const take: Handler<Name> | undefined = HANDLERS[name];
  take?.(state, event, now);
}

type Handler<Name extends RunEventName> = (state: ProgressState, event: RunEventMap[Name], now: number) => void;

const HANDLERS: { readonly [Name in RunEventName]?: Handler<Name> } = {
  runStarted: (state, { workflow }) => {
    state.workflow = workflow;
  },
  runResumed: (state, { steps }) => {
    state.steps = steps;
    state.stepsBefore = steps;
  },
  taskStarted: (state, { specId, taskId, cycle, attempt }, now) => {
    state.running.set(specId, { taskId, cycle, attempt, startedAt: now, progress: null });
  },
  taskProgress: (state, { specId, done, total, label }, now) => {
    const task = state.running.get(specId);
    if (task !== undefined) task.progress = { done, total, label, first: task.progress?.first ?? { done, at: now }, at: now };
  },
  taskCompleted: (state, { specId, steps }) => {
    state.steps = steps;
    state.running.delete(specId);
  },
  taskRetrying: (state, { specId }) => {
    state.retries++;
    state.running.delete(specId);
  },
  taskFailed: (state, { specId }) => {
    state.failed++;
    state.running.delete(specId);
  },
  checkpointCommitted: (state) => {
    state.checkpoints++;
  },
  runCompleted: (state, { steps, message }, now) => end(state, "completed", message, now, steps),
  runStopped: (state, { reason }, now) => end(state, "stopped", reason, now),
  runFailed: (state, { steps, error }, now) => end(state, "failed", errorText(error), now, steps),
};

function end(state: ProgressState, phase: ProgressState["phase"], note: string | null, now: number, steps = state.steps): void {
  Object.assign(state, { phase, note, endedAt: now, steps });
  state.running.clear();
}

/** The name of an error, and the first line of what it says. */
export const errorText = ({ name, message }: ErrorRecord): string => `${name}: ${message.split("\n", 1)[0]}`;
