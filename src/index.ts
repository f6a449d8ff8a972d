/** Graph workflows written with `@task`, run by an `ExecutionContext`, saved by `ctx.checkpoint()`, resumed anywhere. */

export type { Runnable } from "./authoring/definition-of.js";
export { chain, each, parallel } from "./authoring/flow.js";
export type { GroupOptions, Settled } from "./authoring/flow-types.js";
export { task } from "./authoring/task.js";
// Writing: tasks, flows, workflows.
export type { MethodTaskOptions, TaskOptions } from "./authoring/task-options.js";
export type { WorkflowOptions } from "./authoring/workflow-options.js";
// Compression and encryption at rest.
export { aes256gcm, type EncryptionOptions } from "./codec/aes256gcm.js";
export type { KeyMaterial } from "./codec/cipher-key.js";
export { withCodec } from "./codec/coded-store.js";
export type { CompressionOptions } from "./codec/compressed.js";
export { gzip } from "./codec/gzip.js";
export { zstd } from "./codec/zstd.js";
// The run's state.
export type { Channel, ChannelState, ItemOf, ValuesOf, WriteOptions } from "./core/channel.js";
export type {
  CheckpointFile,
  CheckpointHandle,
  CheckpointInfo,
  CheckpointKey,
  CheckpointReason,
  CheckpointRecord,
  CheckpointRequestOptions,
  CheckpointStore,
  ForkOrigin,
} from "./core/checkpoint.js";
export type { CheckpointDifference, DiffOptions } from "./core/checkpoint-diff.js";
export type { KeepOptions } from "./core/checkpoint-policy.js";
export type { CheckpointView, SavedTask } from "./core/checkpoint-view.js";
export type { Clock } from "./core/clock.js";
export type { Duration } from "./core/duration.js";
// What is stored of tasks, errors and runs.
export type { ErrorRecord } from "./core/error-record.js";
// Errors.
export {
  AdapterError,
  CairnError,
  CheckpointAwaitedError,
  CheckpointCorruptError,
  CheckpointDroppedError,
  CheckpointError,
  CheckpointNotFoundError,
  CheckpointStorageError,
  CheckpointWriteError,
  CodecError,
  CommitOutcomeUnknownError,
  CycleLimitError,
  DefinitionError,
  DuplicateIdError,
  type ErrorFacts,
  FatalError,
  GroupFailedError,
  IncompatibleCheckpointError,
  InvalidGraphError,
  InvalidIdError,
  InvalidOptionError,
  LimitExceededError,
  MissingPackageError,
  NoCheckpointStoreError,
  NotSerializableError,
  type Outcome,
  PoisonTaskError,
  RunCancelledError,
  RunError,
  RunnerError,
  RunOwnedError,
  SchemaError,
  SequenceTakenError,
  StaleOwnerError,
  StateTooLargeError,
  StepLimitError,
  StoreRolledBackError,
  StoreUnavailableError,
  TaskFailedError,
  TaskNotRegisteredError,
  TaskTimeoutError,
  UnsafeRedisConfigError,
  UnsafeStoreError,
  UsageError,
} from "./core/errors.js";
export { type ExplainOptions, explain } from "./core/explain.js";
export type {
  Ending,
  ExplainedError,
  ExplainedGroup,
  ExplainedJoin,
  ExplainedTask,
  Explanation,
  FailedTask,
  MemberPlace,
  QueuedBy,
  WaitsFor,
} from "./core/explanation.js";
export { TaskGraph, type TaskGraphOptions } from "./core/graph.js";
export type { GraphJSON, GroupJSON, TaskNodeJSON } from "./core/graph-json.js";
export type { GraphProblem, StartChoice } from "./core/graph-problem.js";
export { atLeast, bestEffort, critical, type GroupPolicy, type MemberResult, type PolicyFunction, strict } from "./core/group-policy.js";
export type { Journal } from "./core/journal.js";
export type { Logger, LogLine, TaskLogger } from "./core/logger.js";
export type { RenderedRun, RenderOptions } from "./core/render-labels.js";
export type { ResumeStrategy } from "./core/resume-strategy.js";
export type { ErrorMatcher, RetryOptions, RetryPolicy } from "./core/retry.js";
export type { ErrorDetails, GroupDetails, JoinDetails, RunDetails, TaskDetails } from "./core/run-details.js";
export type { RunEventMap, RunEventName, RunEvents, RunListeners } from "./core/run-events.js";
export type { Artifact, RunStatus } from "./core/run-state.js";
export type { AcquireOptions, RunOwner, RunWriter } from "./core/run-writer.js";
export type { Migration, SavedRun, SavedRunTask } from "./core/saved-run.js";
export { type Codec, registerCodec } from "./core/serialize/index.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./core/standard-schema.js";
export type { Walked } from "./core/step.js";
export type { BlobNaming, StoreCodec, StoredPart, StoredPlace } from "./core/store-codec.js";
export type { ChannelSchemas, RunChannel } from "./core/stored-channel.js";
export type {
  AnyBody,
  AnyFlow,
  AnyTask,
  ChainFlow,
  EachFlow,
  Flow,
  GroupSettings,
  InputOf,
  NameOf,
  OutputOf,
  ParallelFlow,
  Task,
  TaskLike,
  TaskSettings,
} from "./core/task.js";
export type { NextTaskOptions, TaskContext } from "./core/task-context.js";
export type { TaskOrigin } from "./core/task-origin.js";
export type { TaskRef } from "./core/task-ref.js";
export type { RemoteAttempt, RemoteTask, RunnerRun, TaskRunner } from "./core/task-runner.js";
export type { CheckpointHistory, ListedCheckpoint, MetricPoint, VerifiedCheckpoint } from "./engine/checkpoint-history.js";
export type { RunOptions } from "./engine/options.js";
export type { PendingTask, RunResult, StepResult } from "./engine/run-result.js";
export type { RunStats, TaskStats } from "./engine/run-stats.js";
export type { TaskCall, TaskHandler } from "./engine/task-handler.js";
export { ExecutionContext } from "./execution-context.js";
export type { CheckpointOptions, ExecutionOptions, ForkOptions, ResumeOptions, StopSignal } from "./execution-options.js";
export { FileCheckpointStore } from "./file/file-checkpoint-store.js";
export { MemoryChannel } from "./memory/memory-channel.js";
export { MemoryCheckpointStore } from "./memory/memory-checkpoint-store.js";
// Checkpoints.
export { type CheckpointLocation, openCheckpointStore } from "./open-store.js";
export { type RecoveredRun, type RecoverOptions, recover } from "./recover.js";
export type { ResumeReport } from "./resume-report.js";
export { typedChannel } from "./typed-channel.js";
// Running and resuming.
export { type MigrationReport, type VerifiedMigration, verifyMigrations } from "./verify-migrations.js";
export { canResume, fork, type RunArguments, resume, run, Workflow, workflow, workflowOf } from "./workflow.js";
