import type { CheckpointInfo, CheckpointReason } from "./checkpoint.js";
import type { ErrorRecord } from "./error-record.js";
import { InvalidOptionError } from "./errors.js";
import type { Settlement } from "./rehearsal.js";
import type { RunTrace, TraceContext } from "./trace-context.js";

/**
 * Watches runs and bodies, and has bodies run where spans of their own find a parent. `cairnflow/otel` makes one. None of its
 * methods may throw.
 */
export interface Telemetry {
  /** A run begins, or goes on, in this process. */
  run(beginning: RunBeginning): RunSpan;
  /** A body begins that an engine elsewhere has sent. */
  body(beginning: BodyBeginning): TaskSpan;
}

/** What is said of a run, a task or a body alike. */
export interface WatchedRun {
  readonly runId: string;
  readonly workflow: string;
  readonly version: number;
}

/** How a run begins. */
export interface RunBeginning extends WatchedRun {
  readonly origin: "started" | "resumed" | "forked";
  /** What was saved with the run, or with that which a fork comes from; `null`: nothing was. */
  readonly trace: RunTrace | null;
  /** Steps committed before. */
  readonly steps: number;
  /** How many tasks wait, at any time until the run has ended. */
  readonly pending: () => number;
}

/** How a part of a run ended. */
export interface RunEnding {
  readonly status: "completed" | "stopped" | "failed" | "cancelled";
  readonly steps: number;
  readonly durationMs: number;
  /** What the run rejects with, or `null`. */
  readonly error: ErrorRecord | null;
}

/** A run under way in this process. */
export interface RunSpan {
  /** What is to be saved with the run, or `null`. */
  readonly trace: RunTrace | null;
  attempt(beginning: AttemptBeginning): TaskSpan;
  checkpoint(beginning: CheckpointBeginning): CheckpointSpan;
  /** Also the end of attempts that are left to themselves. */
  end(ending: RunEnding): void;
}

/** An attempt at a task. */
export interface AttemptBeginning {
  readonly task: string;
  readonly taskId: string;
  readonly specId: string;
  readonly cycle: number;
  readonly attempt: number;
  /** The kind of runner that the body is sent to, or `null` if it runs here. */
  readonly runner: string | null;
}

/** A body that runs for an engine elsewhere. */
export interface BodyBeginning extends WatchedRun, Omit<AttemptBeginning, "runner"> {
  /** Of the engine's attempt, or `null`. */
  readonly trace: TraceContext | null;
}

/** Something that calls of others belong to. */
export interface Surrounding {
  /** Calls in the context of the span, and returns what that returns. */
  within<T>(call: () => T): T;
}

/** An attempt under way, or the body of one that was sent here. */
export interface TaskSpan extends Surrounding {
  /** What travels with a body that runs elsewhere, or `null`. */
  readonly trace: TraceContext | null;
  /** What became of an attempt, after its commit; of a body that was sent here, how it ended. */
  end(outcome: Settlement | "returned" | "threw", error: ErrorRecord | null, durationMs: number): void;
}

/** A checkpoint that is about to be taken. */
export interface CheckpointBeginning {
  readonly checkpointId: string;
  readonly name: string | null;
  readonly reason: CheckpointReason;
  /** The task and cycle that asked for it or that it is taken after, or `null`. */
  readonly taskId: string | null;
  readonly cycle: number | null;
}

/** A checkpoint that is being taken. */
export interface CheckpointSpan extends Surrounding {
  committed(checkpoint: CheckpointInfo, durationMs: number): void;
  failed(error: ErrorRecord, durationMs: number): void;
}

/** The `telemetry` option of `what`, or `null` if it was not given. Throws `InvalidOptionError`. */
export function checkedTelemetry(telemetry: unknown, what: string): Telemetry | null {
  if (telemetry === undefined) return null;
  const { run, body } = (telemetry ?? {}) as Partial<Telemetry>;
  if (typeof run === "function" && typeof body === "function") return telemetry as Telemetry;
  throw new InvalidOptionError(
    `option telemetry of ${what} is not one that watches runs: expected what telemetry() of "cairnflow/otel" makes; pass that, or leave it out.`,
  );
}

/** Calls in the context of a span, if there is one. */
export const within = <T>(span: Surrounding | null, call: () => T): T => (span === null ? call() : span.within(call));
