import type { Attributes, Meter } from "@opentelemetry/api";
import type { ErrorRecord } from "../core/error-record.js";
import { errorType } from "./names.js";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600];
const BYTES = [1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864, 268_435_456];

/** A run under way, as far as it is measured. */
interface MeasuredRun {
  readonly workflow: string;
  readonly pending: () => number;
}

/** What is counted and measured. None of it tells runs or instances of tasks apart: there may be any number of these. */
export class Instruments {
  /** By workflow: one that has no run any more is told to have nothing pending, or the last figure would stay. */
  readonly #runs = new Map<string, Set<MeasuredRun>>();
  readonly #runDuration;
  readonly #activeRuns;
  readonly #resumes;
  readonly #steps;
  readonly #duration;
  readonly #active;
  readonly #retries;
  readonly #failures;
  readonly #bodyDuration;
  readonly #activeBodies;
  readonly #checkpointDuration;
  readonly #checkpointSize;

  constructor(meter: Meter) {
    const seconds = (name: string, description: string) =>
      meter.createHistogram(`cairnflow.${name}`, { description, unit: "s", advice: { explicitBucketBoundaries: SECONDS } });
    const count = (name: string, unit: string, description: string) =>
      meter.createCounter(`cairnflow.${name}`, { description, unit: `{${unit}}` });
    const active = (name: string, unit: string, description: string) =>
      meter.createUpDownCounter(`cairnflow.${name}`, { description, unit: `{${unit}}` });
    this.#runDuration = seconds("run.duration", "Time from the beginning or resume of a run in a process to its end there");
    this.#activeRuns = active("run.active", "run", "Runs under way");
    this.#resumes = count("run.resumes", "resume", "Runs that were gone on with");
    this.#steps = count("run.steps", "step", "Steps committed");
    this.#duration = seconds("task.duration", "Time from the start of an attempt at a task to its commit");
    this.#active = active("task.active", "task", "Attempts at tasks under way");
    this.#retries = count("task.retries", "retry", "Attempts that failed and are made again");
    this.#failures = count("task.failures", "failure", "Tasks that failed for good");
    this.#bodyDuration = seconds("body.duration", "Time a body took that was sent here");
    this.#activeBodies = active("body.active", "task", "Bodies under way that were sent here");
    this.#checkpointDuration = seconds("checkpoint.duration", "Time a checkpoint took");
    this.#checkpointSize = meter.createHistogram("cairnflow.checkpoint.size", {
      description: "Size of a checkpoint with all it names",
      unit: "By",
      advice: { explicitBucketBoundaries: BYTES },
    });
    meter
      .createObservableUpDownCounter("cairnflow.task.pending", { description: "Tasks that wait to be started", unit: "{task}" })
      .addCallback((result) => {
        for (const [workflow, runs] of this.#runs) result.observe(pendingIn(runs), of(workflow));
      });
  }

  runBegan(run: MeasuredRun, isResumed: boolean): void {
    const runs = this.#runs.get(run.workflow) ?? new Set();
    this.#runs.set(run.workflow, runs.add(run));
    this.#activeRuns.add(1, of(run.workflow));
    if (isResumed) this.#resumes.add(1, of(run.workflow));
  }

  runEnded(run: MeasuredRun, status: string, durationMs: number): void {
    this.#runs.get(run.workflow)?.delete(run);
    this.#activeRuns.add(-1, of(run.workflow));
    this.#runDuration.record(durationMs / 1_000, { ...of(run.workflow), "cairnflow.run.status": status });
  }

  attemptBegan(workflow: string, task: string): void {
    this.#active.add(1, of(workflow, task));
  }

  /** An attempt that was left to itself has no duration. */
  attemptEnded(workflow: string, task: string, outcome: string, error: ErrorRecord | null, durationMs: number | null): void {
    const labels = of(workflow, task);
    this.#active.add(-1, labels);
    if (durationMs !== null) this.#duration.record(durationMs / 1_000, { ...labels, "cairnflow.task.outcome": outcome });
    if (outcome === "completed") this.#steps.add(1, of(workflow));
    if (outcome === "retrying") this.#retries.add(1, { ...labels, ...because(error) });
    if (outcome === "failed") this.#failures.add(1, { ...labels, ...because(error) });
  }

  bodyBegan(workflow: string, task: string): void {
    this.#activeBodies.add(1, of(workflow, task));
  }

  bodyEnded(workflow: string, task: string, outcome: string, durationMs: number): void {
    this.#activeBodies.add(-1, of(workflow, task));
    this.#bodyDuration.record(durationMs / 1_000, { ...of(workflow, task), "cairnflow.task.outcome": outcome });
  }

  checkpointEnded(workflow: string, reason: string, durationMs: number, bytes: number | null, error: ErrorRecord | null): void {
    const labels = { ...of(workflow), "cairnflow.checkpoint.reason": reason };
    this.#checkpointDuration.record(durationMs / 1_000, { ...labels, ...because(error) });
    if (bytes !== null) this.#checkpointSize.record(bytes, labels);
  }
}

const pendingIn = (runs: ReadonlySet<MeasuredRun>): number => [...runs].reduce((sum, run) => sum + run.pending(), 0);

const of = (workflow: string, task?: string): Attributes => ({
  "cairnflow.workflow.name": workflow,
  ...(task === undefined ? {} : { "cairnflow.task.name": task }),
});

const because = (error: ErrorRecord | null): Attributes => (error === null ? {} : { "error.type": errorType(error) });
