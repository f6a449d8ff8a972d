import { quoted } from "../core/ids.js";
import type { RunEventMap, RunEventName } from "../core/run-events.js";
import { errorText } from "./progress-state.js";
import { timeText } from "./render-progress.js";

type Line<Name extends RunEventName> = (event: RunEventMap[Name]) => string;

/** The events that get a line of their own where nobody watches; the others are counted. */
const LINES: { readonly [Name in RunEventName]?: Line<Name> } = {
  runStarted: ({ workflow, runId }) => `${workflow} started (run ${runId})`,
  runResumed: ({ runId, checkpointId, steps }) => `run ${runId} resumed from checkpoint ${checkpointId}, after ${steps} steps`,
  taskRetrying: ({ taskId, attempt, waitMs, error }) =>
    `task ${quoted(taskId)} failed at attempt ${attempt}, and is tried again in ${timeText(waitMs)}: ${errorText(error)}`,
  taskFailed: ({ taskId, attempts, error }) => `task ${quoted(taskId)} failed at attempt ${attempts}: ${errorText(error)}`,
  checkpointFailed: ({ checkpointId, error }) => `checkpoint ${checkpointId} could not be stored: ${errorText(error)}`,
  warning: ({ code, message }) => `warning ${code}: ${message}`,
};

/** What a line tells of an event; `null` if it gets none. */
export function eventLine<Name extends RunEventName>(name: Name, event: RunEventMap[Name]): string | null {
  const line: Line<Name> | undefined = LINES[name];
  return line === undefined ? null : line(event);
}
