import { type CheckpointPolicy, checkedKeep, checkedNames, type KeepOptions } from "../core/checkpoint-policy.js";
import type { Clock } from "../core/clock.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Logger } from "../core/logger.js";
import { checkedRetry, type RetryOptions } from "../core/retry.js";
import type { RunListeners } from "../core/run-events.js";
import { STATE_LIMIT } from "../core/state-size.js";
import type { TaskRunner } from "../core/task-runner.js";
import type { Telemetry } from "../core/telemetry.js";
import type { RunSettings } from "./run-wiring.js";
import type { TaskHandler } from "./task-handler.js";

/** What every run can be told, wherever it is started or resumed from. */
export interface RunOptions {
  /** The most steps the run may commit; 10,000 unless given. */
  readonly maxSteps?: number;
  /** How often a task may start that does not say it itself; 100 unless given. */
  readonly defaultMaxCycles?: number;
  /** How tasks are retried that do not say it themselves; not at all unless given. */
  readonly defaultRetry?: number | RetryOptions;
  /** How many tasks may run at once; no limit unless given. */
  readonly concurrency?: number;
  /** How long running tasks may take to end when the run stops or fails; 30 s unless given. */
  readonly graceMs?: number;
  /** When the run's data is stored: never, with each checkpoint (the default), or each step before it counts. */
  readonly durability?: "none" | "checkpoint" | "step";
  /** Called by tasks that name one of these in their `handler` option. */
  readonly handlers?: Readonly<Record<string, TaskHandler | TaskRunner>>;
  /** Where the run gets its time from; the system's clock unless given. */
  readonly clock?: Clock;
  /** Where `ctx.random` gets its numbers from, instead of from the seed: such a run is not repeatable. */
  readonly random?: () => number;
  readonly events?: RunListeners;
  readonly logger?: Logger;
  /** What traces and measures the run, as `telemetry()` of `cairnflow/otel` makes it; nothing unless given. */
  readonly telemetry?: Telemetry;
  /** Cancels the run when it is aborted. */
  readonly signal?: AbortSignal;
}

/** When checkpoints are taken besides those that tasks ask for, and which are kept. */
export interface CheckpointPolicyOptions {
  /** After each task, every so many steps, or at the first step after so many milliseconds. */
  readonly every?: "task" | { readonly steps: number } | { readonly ms: Duration };
  /** Whether a run that fails leaves a checkpoint; yes unless given. */
  readonly onError?: boolean;
  /** What a checkpoint that cannot be written means: the run fails (the default), or goes on with a warning. */
  readonly onFailure?: "fail" | "warn";
  /** How many bytes a checkpoint may take with all it names; 256 MiB unless given, and never more: what is larger is not read either. */
  readonly maxStateBytes?: number;
  /** Which checkpoints are kept; all unless given. The newest and the pinned ones always are. */
  readonly keep?: KeepOptions;
}

/** The settings of a run, checked. Throws `InvalidOptionError`. */
export function checkedRunSettings(options: RunOptions): RunSettings {
  const { durability = "checkpoint" } = options;
  if (!["none", "checkpoint", "step"].includes(durability)) throw refused("durability", durability, '"none", "checkpoint" or "step"');
  return {
    maxSteps: count("maxSteps", options.maxSteps, 10_000),
    defaultMaxCycles: count("defaultMaxCycles", options.defaultMaxCycles, 100),
    defaultRetry: options.defaultRetry === undefined ? null : checkedRetry(options.defaultRetry),
    concurrency: count("concurrency", options.concurrency, Number.POSITIVE_INFINITY),
    graceMs: toMs(options.graceMs ?? 30_000, "graceMs"),
    durability,
  };
}

/** A checkpoint policy, checked. Throws `InvalidOptionError`. */
export function checkedCheckpointPolicy(options: CheckpointPolicyOptions): CheckpointPolicy {
  checkedNames(options, ["store", "codec", "every", "onError", "onSignal", "onFailure", "maxStateBytes", "keep"], "checkpoints");
  const { every, onError = true, onFailure = "fail", maxStateBytes = STATE_LIMIT, keep } = options;
  if (!Number.isSafeInteger(maxStateBytes) || maxStateBytes < 1 || maxStateBytes > STATE_LIMIT)
    throw refused("checkpoints.maxStateBytes", maxStateBytes, `a whole number from 1 to ${STATE_LIMIT}`);
  if (onFailure !== "fail" && onFailure !== "warn") throw refused("checkpoints.onFailure", onFailure, '"fail" or "warn"');
  if (typeof onError !== "boolean") throw refused("checkpoints.onError", onError, "true or false");
  return { every: checkedEvery(every), onError, onFailure, maxStateBytes, keep: keep === undefined ? null : checkedKeep(keep) };
}

function checkedEvery(every: CheckpointPolicyOptions["every"]): CheckpointPolicy["every"] {
  if (every === undefined) return null;
  if (every === "task") return every;
  if (typeof every === "object" && every !== null && "steps" in every) return { steps: count("checkpoints.every.steps", every.steps, 1) };
  if (typeof every === "object" && every !== null && "ms" in every) return { ms: toMs(every.ms, "checkpoints.every.ms") };
  throw refused("checkpoints.every", every, '"task", { steps } or { ms }');
}

function count(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw refused(name, value, "a whole number from 1 up");
}

function refused(name: string, found: unknown, expected: string): InvalidOptionError {
  const text = typeof found === "number" || typeof found === "boolean" ? String(found) : quoted(found);
  return new InvalidOptionError(`option ${name} is ${text}: expected ${expected}.`);
}
