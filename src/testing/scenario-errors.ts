import { UsageError } from "../core/errors.js";

/** A scenario cannot go on, or not to where it was told to go; the message says what is pending, under way and waited for. */
export class ScenarioError extends UsageError {
  override readonly code = "SCENARIO";
}

/** Under `strictDeterminism` a body has called something that gives another value at each run. */
export class NotDeterministicError extends UsageError {
  override readonly code = "NOT_DETERMINISTIC";
  constructor(
    message: string,
    /** As `Date.now()`. */
    readonly call: string,
    taskId: string,
  ) {
    super(message, { taskId });
  }
}

/** A fixture cannot be read, or does not belong to the workflow. */
export class FixtureError extends UsageError {
  override readonly code = "FIXTURE";
}
