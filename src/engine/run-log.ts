import type { ErrorRecord } from "../core/error-record.js";
import { escapedText, type LogLevel, type RichLogger } from "../core/logger.js";
import type { RunEventMap, RunEventName, RunEvents } from "../core/run-events.js";

type Fields = Readonly<Record<string, unknown>>;

/** How an event is logged. */
interface EventLine<Name extends RunEventName> {
  readonly level: LogLevel;
  readonly message: string;
  /** What the line has beside run, workflow and version. */
  readonly fields: (event: RunEventMap[Name]) => Fields;
}

type TaskEvent = RunEventMap["taskStarted"];

const taskFacts = ({ taskId, specId, cycle, attempt }: TaskEvent): Fields => ({ taskId, specId, cycle, attempt });
const errorFacts = ({ name, message, code }: ErrorRecord): Fields => ({
  error: { name: escapedText(name), message: escapedText(message), code: code === null ? null : escapedText(code) },
});
const texts = (fields: Readonly<Record<string, string | null>>): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text === null ? null : escapedText(text)]));

/** What is logged of a run. Progress is not: tasks may report it thousands of times. */
const LINES: { readonly [Name in RunEventName]?: EventLine<Name> } = {
  runStarted: { level: "info", message: "run started", fields: () => ({}) },
  runResumed: { level: "info", message: "run resumed", fields: ({ checkpointId, steps }) => ({ checkpointId, steps }) },
  taskStarted: { level: "debug", message: "task started", fields: taskFacts },
  taskCompleted: {
    level: "debug",
    message: "task completed",
    fields: (event) => ({ ...taskFacts(event), durationMs: event.durationMs, steps: event.steps }),
  },
  taskRetrying: {
    level: "warn",
    message: "task failed, and is tried again",
    fields: (event) => ({ ...taskFacts(event), waitMs: event.waitMs, ...errorFacts(event.error) }),
  },
  taskFailed: { level: "error", message: "task failed", fields: (event) => ({ ...taskFacts(event), ...errorFacts(event.error) }) },
  checkpointCommitted: {
    level: "debug",
    message: "checkpoint stored",
    fields: ({ checkpoint, durationMs }) => ({ checkpointId: checkpoint.id, seq: checkpoint.seq, reason: checkpoint.reason, durationMs }),
  },
  checkpointFailed: {
    level: "error",
    message: "checkpoint not stored",
    fields: ({ checkpointId, error }) => ({ checkpointId, ...errorFacts(error) }),
  },
  checkpointPruned: { level: "debug", message: "checkpoints removed", fields: ({ checkpointIds }) => ({ checkpointIds }) },
  runStopped: { level: "info", message: "run stopped", fields: ({ reason }) => texts({ reason }) },
  runCompleted: { level: "info", message: "run completed", fields: ({ steps, message }) => ({ steps, ...texts({ note: message }) }) },
  runFailed: { level: "error", message: "run failed", fields: ({ steps, error }) => ({ steps, ...errorFacts(error) }) },
  warning: { level: "warn", message: "warning", fields: ({ code, message }) => texts({ code, warning: message }) },
};

/**
 * Logs what happens to a run. Messages are fixed; names and errors are fields, without control characters. Levels that the logger does not
 * write are not listened for.
 */
export function logRun(
  events: RunEvents,
  logger: RichLogger,
  { name: workflow, version }: { readonly name: string; readonly version: number },
): void {
  for (const [name, line] of Object.entries(LINES) as [RunEventName, EventLine<RunEventName>][]) {
    if (logger.isLevelEnabled?.(line.level) === false) continue;
    events.on(name, (event) => logger[line.level]({ runId: event.runId, workflow, version, ...line.fields(event) }, line.message));
  }
}
