import type { Attributes } from "@opentelemetry/api";
import type { ErrorRecord } from "../core/error-record.js";
import type { AttemptBeginning, CheckpointBeginning, RunBeginning, WatchedRun } from "../core/telemetry.js";

/** What the spans of a run say of it. */
export const runAttributes = ({ runId, workflow, version }: WatchedRun): Attributes => ({
  "cairnflow.run.id": runId,
  "cairnflow.workflow.name": workflow,
  "cairnflow.workflow.version": version,
});

/** What the spans say that a run begins with in a process. */
export const beginningAttributes = (beginning: RunBeginning): Attributes => ({
  ...runAttributes(beginning),
  "cairnflow.run.origin": beginning.origin,
});

/** What the span of an attempt or a body says of it. */
export const taskAttributes = ({ task, taskId, specId, cycle, attempt }: Omit<AttemptBeginning, "runner">): Attributes => ({
  "cairnflow.task.name": task,
  "cairnflow.task.id": taskId,
  "cairnflow.task.spec": specId,
  "cairnflow.task.cycle": cycle,
  "cairnflow.task.attempt": attempt,
});

/** What the span of a checkpoint says of it at its beginning. */
export const checkpointAttributes = ({ checkpointId, name, reason, taskId, cycle }: CheckpointBeginning): Attributes => ({
  "cairnflow.checkpoint.id": checkpointId,
  "cairnflow.checkpoint.reason": reason,
  ...(name === null ? {} : { "cairnflow.checkpoint.name": name }),
  ...(taskId === null ? {} : { "cairnflow.task.id": taskId }),
  ...(cycle === null ? {} : { "cairnflow.task.cycle": cycle }),
});

/** What tells kinds of errors apart: the code, or the class of one that has none. */
export const errorType = ({ code, name }: ErrorRecord): string => code ?? name;
