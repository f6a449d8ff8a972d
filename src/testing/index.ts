/** Tools for testing workflows, and the contracts that adapters of this library pass. */

// Contracts: every promise of a port as data, for any test runner.
export { channelContract } from "./channel-contract.js";
export type { ChannelContractCase, ChannelUnderTest } from "./channel-support.js";
export { type ContractCase, checkpointStoreContract } from "./checkpoint-store-contract.js";
// What runs of a workflow have seen of it, and paths that see all of it.
export { type Coverage, coverageOf } from "./coverage.js";
export type { BodyFacts, CoverageItem, CoveragePart } from "./coverage-model.js";
export { CoverageError, type CoverageMinimum, type CoverageReport, type PartCoverage } from "./coverage-report.js";
// Kills at every moment of a run.
export type { CrashPlace, CrashStore } from "./crash-ground.js";
export type { CrashOutcome } from "./crash-judge.js";
export { crashMatrix } from "./crash-matrix.js";
export type { CrashWhen } from "./crash-moment.js";
export type { CrashArguments, CrashModule, CrashOptions, CrashSettings, CrashTarget } from "./crash-options.js";
export { type CrashCell, CrashMatrixError, type CrashReport } from "./crash-report.js";
// Faults at the ports.
export type { FaultOptions } from "./fault-options.js";
export type { FaultCounts, FaultKind, FiredFault, PlannedFault } from "./fault-plan.js";
// Recorded runs.
export type { FixtureDifference } from "./fixture-difference.js";
export type { FixturePath } from "./fixture-file.js";
export { flaky } from "./flaky.js";
export type { ChannelCall, FlakyChannel, FlakyReplicatedChannel, ReplicaCall, ReplicaFaultKind } from "./flaky-channel.js";
export type { FlakyStore } from "./flaky-store.js";
export type { StoreCall } from "./intercepted-store.js";
export { type ClockJumps, jumpyClock } from "./jumpy-clock.js";
// Matchers for vitest and jest.
export { type MatcherResult, matchers, type ScenarioMatchers } from "./matchers.js";
// Bodies for a test in place of those of the tasks.
export {
  type Mock,
  type MockBody,
  type MockSeries,
  type Mocks,
  returns,
  throwOnce,
  throwTimes,
  withMocks,
} from "./mocks.js";
export type { ModelPath, PathEnd, PathRunOptions } from "./model-path.js";
export { modelPaths } from "./paths.js";
export type { PathOptions } from "./paths-options.js";
export { type RecordOptions, recordScenario } from "./record-scenario.js";
// Stored checkpoints under today's code.
export {
  type CheckpointFit,
  CheckpointReplays,
  type ReplayCheckpointsOptions,
  type ReplayedCheckpoint,
  replayCheckpoints,
} from "./replay-checkpoints.js";
export { type ReplayOptions, ReplayReport, replayScenario, updateFixture } from "./replay-scenario.js";
// Scenarios: runs that go on as far as they are told, and what happened in them.
export { type NotTyped, resumeScenario, type ScenarioArguments, scenario } from "./scenario.js";
export { NotDeterministicError, ScenarioError } from "./scenario-errors.js";
export type {
  FixtureChange,
  FixtureEnd,
  FixtureFailure,
  FixtureRequest,
  FixtureStep,
  FixtureValue,
  ScenarioFixture,
} from "./scenario-fixture.js";
export type { ResumeScenarioOptions, ScenarioDirection, ScenarioOptions } from "./scenario-options.js";
// Time.
export { type PendingTimer, type SimulatedClock, type SimulatedClockOptions, simulatedClock } from "./simulated-clock.js";
export type { CheckpointPlaces } from "./stored-places.js";
export type { Story } from "./story.js";
export { taskBoardContract } from "./task-board-contract.js";
export type { BoardStoreUnderTest, TaskBoardContractCase } from "./task-board-support.js";
export type { Trace } from "./trace.js";
export type { TraceChange, TraceEntry, TraceRequest } from "./trace-entry.js";
export { formatTrace } from "./trace-text.js";
