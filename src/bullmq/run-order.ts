import type { StoredValue } from "../core/serialize/index.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import type { RunResult } from "../engine/run-result.js";
import type { StopRun } from "./live-run.js";

/** A run that an engine is to bring to its end. */
export interface RunOrder {
  readonly workflow: WorkflowDefinition;
  readonly runId: string;
  readonly input: StoredValue;
  /** Whether the code here is that of whoever submitted the run, as far as that is known. */
  readonly isSameCode: boolean;
  /** Whether a run that has failed is gone on with. */
  readonly retryFailed: boolean;
  /** Whether it is forgotten how often the run has killed its engines. */
  readonly isTrustedAgain: boolean;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Is told how to stop the run in good order, before it begins. */
  begun(stop: StopRun): void;
}

/**
 * Brings a run to its end, from its beginning or from its last step, or to where it was stopped. Throws `RunOwnedError` while another has it, `UnservedJob` or
 * `IncompatibleCheckpointError` if its code is not here, `StaleOwnerError` if it was taken over, and what it fails or has failed with.
 */
export type CarryOut = (order: RunOrder) => Promise<RunResult>;
