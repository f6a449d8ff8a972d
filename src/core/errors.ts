/** Whether what was asked has taken effect: `unknown` means that only the store can tell. */
export type Outcome = "applied" | "not-applied" | "unknown";

/** The facts an error may carry beside its message. */
export interface ErrorFacts {
  readonly cause?: unknown;
  readonly outcome?: Outcome;
  readonly runId?: string;
  readonly taskId?: string;
  readonly checkpointId?: string;
}

/**
 * The base of every error this library throws. The class says who can act on it, `code` which case it is,
 * the fields hold the facts, and `cause` the origin.
 */
export abstract class CairnError extends Error {
  abstract readonly code: string;
  readonly outcome: Outcome;
  readonly runId: string | null;
  readonly taskId: string | null;
  readonly checkpointId: string | null;

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, "cause" in facts ? { cause: facts.cause } : undefined);
    this.name = new.target.name;
    this.outcome = facts.outcome ?? "not-applied";
    this.runId = facts.runId ?? null;
    this.taskId = facts.taskId ?? null;
    this.checkpointId = facts.checkpointId ?? null;
  }
}

/** The author of a workflow must change the code: a task, a graph or an option is wrong. */
export class DefinitionError extends CairnError {
  readonly code: string = "DEFINITION";
}

/** An id does not match `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`. */
export class InvalidIdError extends DefinitionError {
  override readonly code = "INVALID_ID";
}

/** An id or name is taken already. */
export class DuplicateIdError extends DefinitionError {
  override readonly code = "DUPLICATE_ID";
}

/** An option has a value outside its range. */
export class InvalidOptionError extends DefinitionError {
  override readonly code = "INVALID_OPTION";
}

/** A graph cannot be run as it stands; `problems` lists every reason. */
export class InvalidGraphError extends DefinitionError {
  override readonly code = "INVALID_GRAPH";
  constructor(
    message: string,
    readonly problems: readonly { readonly kind: string; readonly message: string }[],
  ) {
    super(message);
  }
}

/** A task was asked for that the workflow does not know, so that it could not be found again after a resume. */
export class TaskNotRegisteredError extends DefinitionError {
  override readonly code = "TASK_NOT_REGISTERED";
}

/** A method was called at a time when it cannot be. */
export class UsageError extends DefinitionError {
  override readonly code: string = "USAGE";
}

/** A deferred checkpoint was awaited inside the task that asked for it: it is taken only after that task. */
export class CheckpointAwaitedError extends UsageError {
  override readonly code = "CHECKPOINT_AWAITED";
}

/** A checkpoint was asked for in a run that has no store to put it in. */
export class NoCheckpointStoreError extends UsageError {
  override readonly code = "NO_CHECKPOINT_STORE";
}

/** A value would not come back from storage as it went in; the message starts with its path. */
export class NotSerializableError extends DefinitionError {
  override readonly code = "NOT_SERIALIZABLE";
}

/** An input, an output or a channel value does not fit its schema. */
export class SchemaError extends DefinitionError {
  override readonly code = "SCHEMA";
}

/** The operator can act: a run ended in a way that a resume, a higher limit or another input may mend. */
export abstract class RunError extends CairnError {}

/** A task used up its attempts; `cause` is what the last attempt threw. */
export class TaskFailedError extends RunError {
  readonly code = "TASK_FAILED";
  constructor(
    message: string,
    readonly attempts: number,
    facts: ErrorFacts,
  ) {
    super(message, facts);
  }
}

/** The results of a group do not meet its policy; `failures` names the members that failed. */
export class GroupFailedError extends RunError {
  readonly code = "GROUP_FAILED";
  constructor(
    message: string,
    readonly failures: readonly string[],
    facts: ErrorFacts,
  ) {
    super(message, facts);
  }
}

/** A task ran longer than its `timeout`. */
export class TaskTimeoutError extends RunError {
  readonly code = "TASK_TIMEOUT";
  constructor(
    message: string,
    readonly timeoutMs: number,
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

/** A task would start more often than its `maxCycles` allows. The run can be resumed with a higher limit. */
export class CycleLimitError extends RunError {
  readonly code = "CYCLE_LIMIT";
  constructor(
    message: string,
    readonly limit: number,
    facts: ErrorFacts,
  ) {
    super(message, facts);
  }
}

/** A run would commit more steps than `maxSteps` allows. The run can be resumed with a higher limit. */
export class StepLimitError extends RunError {
  readonly code = "STEP_LIMIT";
  constructor(
    message: string,
    readonly limit: number,
    facts: ErrorFacts,
  ) {
    super(message, facts);
  }
}

/** A task called `ctx.cancel`, or the `signal` of the run was aborted. */
export class RunCancelledError extends RunError {
  readonly code = "RUN_CANCELLED";
}

/** Thrown by a task body to say that trying again is useless, whatever its retry options say. */
export class FatalError extends RunError {
  readonly code = "FATAL";
}

/** A run has an owner that is alive: one process writes a run at a time. */
export class RunOwnedError extends RunError {
  readonly code = "RUN_OWNED";
  constructor(
    message: string,
    /** Who has it, as in `process 4711 on host db1`. */
    readonly owner: string,
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

/** A run was taken over by another owner, so that this one cannot commit any more. */
export class StaleOwnerError extends RunError {
  readonly code = "STALE_OWNER";
}

/** A run was resumed as often as `maxResumeAttempts` allows, and its process died each time before it got any further. */
export class PoisonTaskError extends RunError {
  readonly code = "POISON_TASK";
  constructor(
    message: string,
    /** How often it was resumed in a row. */
    readonly attempts: number,
    /** The ids of the tasks that were running or came next. */
    readonly suspects: readonly string[],
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

/** A checkpoint cannot be used or was not written. */
export abstract class CheckpointError extends CairnError {}

/** What is asked for is not in the store. */
export class CheckpointNotFoundError extends CheckpointError {
  readonly code = "CHECKPOINT_NOT_FOUND";
}

/** The bytes of a checkpoint are not those that were written: found before any of them is used. */
export class CheckpointCorruptError extends CheckpointError {
  readonly code = "CHECKPOINT_CORRUPT";
  readonly file: string | null;
  readonly expectedDigest: string | null;
  readonly foundDigest: string | null;
  /** The newest checkpoint of the run that is whole, or `null` if there is none or nobody has looked. */
  readonly newestIntact: string | null;
  constructor(
    message: string,
    facts: ErrorFacts & { file?: string; expectedDigest?: string; foundDigest?: string; newestIntact?: string } = {},
  ) {
    super(message, facts);
    this.file = facts.file ?? null;
    this.expectedDigest = facts.expectedDigest ?? null;
    this.foundDigest = facts.foundDigest ?? null;
    this.newestIntact = facts.newestIntact ?? null;
  }
}

/** A checkpoint and the workflow's code do not fit; `problems` lists each case with its fix. */
export class IncompatibleCheckpointError extends CheckpointError {
  readonly code = "CHECKPOINT_INCOMPATIBLE";
  constructor(
    message: string,
    readonly problems: readonly { readonly kind: string; readonly message: string; readonly fix: string }[],
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

/** A checkpoint could not be written. The one before it is still whole. */
export class CheckpointWriteError extends CheckpointError {
  readonly code = "CHECKPOINT_WRITE";
}

/** A task that asked for a checkpoint failed, so that the request was dropped with it. */
export class CheckpointDroppedError extends CheckpointError {
  readonly code = "CHECKPOINT_DROPPED";
}

/** The place where checkpoints are kept cannot be used. */
export class CheckpointStorageError extends CheckpointError {
  readonly code = "CHECKPOINT_STORAGE";
}

/** Another writer has stored this sequence number of this run. */
export class SequenceTakenError extends CheckpointError {
  readonly code = "SEQUENCE_TAKEN";
}

/** The state of a run is larger than `maxStateBytes`; the message names its largest keys. */
export class StateTooLargeError extends CheckpointError {
  readonly code = "STATE_TOO_LARGE";
  constructor(
    message: string,
    readonly bytes: number,
    readonly limit: number,
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

/** Stored data goes beyond what may be read: depth, count or size. */
export class LimitExceededError extends CheckpointError {
  readonly code = "LIMIT_EXCEEDED";
}

/** The codec of a store is not the one that its content was written with, does not have the key, or has failed. */
export class CodecError extends CheckpointError {
  readonly code = "CODEC";
}

/** A package or server that an adapter needs is not as it must be. */
export abstract class AdapterError extends CairnError {}

/** An optional package is not installed; the message says how to get it. */
export class MissingPackageError extends AdapterError {
  readonly code = "MISSING_PACKAGE";
}

/** A server does not answer, or not in time. `outcome` says whether what was asked can have taken effect. */
export class StoreUnavailableError extends AdapterError {
  readonly code = "STORE_UNAVAILABLE";
}

/** A server has lost what it had confirmed: it was set back to an older state. */
export class StoreRolledBackError extends AdapterError {
  readonly code = "STORE_ROLLED_BACK";
}

/** The answer to a commit was lost, and asking again did not tell whether it was applied. */
export class CommitOutcomeUnknownError extends AdapterError {
  readonly code = "COMMIT_OUTCOME_UNKNOWN";
}

/** A server is set up so that stored data can be lost. */
export class UnsafeStoreError extends AdapterError {
  readonly code: string = "UNSAFE_STORE";
}

/** A Redis server may evict keys: its `maxmemory-policy` is not `noeviction`. */
export class UnsafeRedisConfigError extends UnsafeStoreError {
  override readonly code = "UNSAFE_REDIS_CONFIG";
}

/** What runs the bodies of tasks elsewhere has failed, and nobody can say how an attempt has ended. */
export class RunnerError extends AdapterError {
  readonly code = "RUNNER";
}
