import { type ErrorRecord, fromErrorRecord, toErrorRecord } from "../core/error-record.js";
import { type CairnError, GroupFailedError, TaskFailedError } from "../core/errors.js";
import type { TaskSpec } from "../core/task-spec.js";

/**
 * Keeps, beside each error that was written down as data, the error itself, so that whoever catches the run's
 * rejection finds what was thrown and not a copy.
 */
export class Failures {
  readonly #origins = new WeakMap<ErrorRecord, Error>();

  constructor(private readonly runId: string) {}

  /** Writes an error down. */
  record(error: Error): ErrorRecord {
    const record = toErrorRecord(error);
    this.#origins.set(record, error);
    return record;
  }

  /** A task that failed for good. */
  ofTask(spec: TaskSpec, thrown: unknown): ErrorRecord {
    const attempts = spec.failures + 1;
    const cause = toErrorRecord(thrown);
    const message =
      `task "${spec.taskId}" failed ${attempts === 1 ? "at its only attempt" : `after ${attempts} attempts`}: ` +
      `${cause.name}: ${cause.message}`;
    return this.record(new TaskFailedError(message, attempts, { cause: thrown, runId: this.runId, taskId: spec.taskId }));
  }

  /** The error a record was made of, or one made of the record. */
  errorOf(record: ErrorRecord): Error {
    const origin = this.#origins.get(record);
    if (origin !== undefined) return origin;
    if (record.code !== "GROUP_FAILED") return fromErrorRecord(record);
    const failed: CairnError = new GroupFailedError(record.message, record.failures ?? [], {
      cause: record.cause === null ? undefined : this.errorOf(record.cause),
      runId: this.runId,
    });
    this.#origins.set(record, failed);
    return failed;
  }
}
