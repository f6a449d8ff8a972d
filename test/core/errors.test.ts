import { describe, expect, it } from "vitest";
import * as errors from "../../src/core/errors.js";

/** The codes users rely on: a change here is a change of the public interface. */
const CODES: Readonly<Record<string, string>> = {
  DefinitionError: "DEFINITION",
  InvalidIdError: "INVALID_ID",
  DuplicateIdError: "DUPLICATE_ID",
  InvalidOptionError: "INVALID_OPTION",
  InvalidGraphError: "INVALID_GRAPH",
  TaskNotRegisteredError: "TASK_NOT_REGISTERED",
  UsageError: "USAGE",
  CheckpointAwaitedError: "CHECKPOINT_AWAITED",
  NoCheckpointStoreError: "NO_CHECKPOINT_STORE",
  NotSerializableError: "NOT_SERIALIZABLE",
  SchemaError: "SCHEMA",
  TaskFailedError: "TASK_FAILED",
  GroupFailedError: "GROUP_FAILED",
  TaskTimeoutError: "TASK_TIMEOUT",
  CycleLimitError: "CYCLE_LIMIT",
  StepLimitError: "STEP_LIMIT",
  RunCancelledError: "RUN_CANCELLED",
  FatalError: "FATAL",
  CheckpointNotFoundError: "CHECKPOINT_NOT_FOUND",
  CheckpointCorruptError: "CHECKPOINT_CORRUPT",
  IncompatibleCheckpointError: "CHECKPOINT_INCOMPATIBLE",
  CheckpointWriteError: "CHECKPOINT_WRITE",
  CheckpointDroppedError: "CHECKPOINT_DROPPED",
  CheckpointStorageError: "CHECKPOINT_STORAGE",
  SequenceTakenError: "SEQUENCE_TAKEN",
  LimitExceededError: "LIMIT_EXCEEDED",
  RunOwnedError: "RUN_OWNED",
  StaleOwnerError: "STALE_OWNER",
  PoisonTaskError: "POISON_TASK",
  StateTooLargeError: "STATE_TOO_LARGE",
  MissingPackageError: "MISSING_PACKAGE",
  RunnerError: "RUNNER",
  StoreUnavailableError: "STORE_UNAVAILABLE",
  StoreRolledBackError: "STORE_ROLLED_BACK",
  CommitOutcomeUnknownError: "COMMIT_OUTCOME_UNKNOWN",
  UnsafeStoreError: "UNSAFE_STORE",
  UnsafeRedisConfigError: "UNSAFE_REDIS_CONFIG",
};

/** What some constructors take between the message and the facts. */
const BETWEEN: Readonly<Record<string, readonly unknown[]>> = {
  InvalidGraphError: [[]],
  TaskFailedError: [1],
  GroupFailedError: [[]],
  TaskTimeoutError: [1],
  CycleLimitError: [1],
  StepLimitError: [1],
  IncompatibleCheckpointError: [[]],
  RunOwnedError: ["process 1"],
  PoisonTaskError: [3, []],
  StateTooLargeError: [2, 1],
};

type Class = new (message: string, ...rest: unknown[]) => errors.CairnError;
const BASES = ["CairnError", "RunError", "CheckpointError", "AdapterError"];
const classes = Object.entries(errors).filter(([name]) => !BASES.includes(name)) as unknown as readonly (readonly [string, Class])[];

describe("errors", () => {
  it.each(Object.entries(CODES))("%s keeps the code %s", (name, code) => {
    const type = classes.find(([known]) => known === name)?.[1] as Class;
    const error = new type("message", ...(BETWEEN[name] ?? []), {});
    expect(error.code).toBe(code);
  });

  it.each(classes)("%s says who, whether, and why", (name, type) => {
    const facts = { cause: "cause", outcome: "unknown", runId: "r", taskId: "t", checkpointId: "c" };
    const error = new type("message", ...(BETWEEN[name] ?? []), facts);
    expect(error).toBeInstanceOf(errors.CairnError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.message).toBe("message");
    if (name !== "InvalidGraphError") expect(error).toMatchObject(facts);
    expect(new type("message", ...(BETWEEN[name] ?? []), {}).outcome).toBe("not-applied");
  });

  it("have a code each, and no two the same", () => {
    const codes = classes.map(([name, type]) => new type("m", ...(BETWEEN[name] ?? []), {}).code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  });
});
