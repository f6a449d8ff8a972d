/** Traces and figures of runs, by OpenTelemetry. Needs the package `@opentelemetry/api`. */

export type { Settlement } from "../core/rehearsal.js";
// What a run tells, for telemetry of your own.
export type {
  AttemptBeginning,
  BodyBeginning,
  CheckpointBeginning,
  CheckpointSpan,
  RunBeginning,
  RunEnding,
  RunSpan,
  Surrounding,
  TaskSpan,
  Telemetry,
  WatchedRun,
} from "../core/telemetry.js";
export type { RunTrace, TraceContext } from "../core/trace-context.js";
export { type TelemetryOptions, telemetry } from "./telemetry.js";
