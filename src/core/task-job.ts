import { IncompatibleCheckpointError, LimitExceededError } from "./errors.js";
import { checkedId } from "./ids.js";
import { JsonReader } from "./read-json.js";
import { namesAsSaved, readSpec } from "./spec-read.js";
import { specText } from "./spec-write.js";
import type { TaskSpec } from "./task-spec.js";
import { readTraceContext, type TraceContext } from "./trace-context.js";

/** The version of the text of a job. */
const JOB_VERSION = 1;
/** How long the text of a job may be, in characters. */
const LONGEST_JOB = 64 * 1024 * 1024;

/** One attempt of one task, as plain data: all that its body needs to run elsewhere. */
export interface TaskJob {
  readonly runId: string;
  /** Of the owner that asks. What is done for an owner that was replaced is done for nothing. */
  readonly epoch: number;
  readonly workflow: { readonly name: string; readonly version: number; readonly graphHash: string };
  readonly spec: TaskSpec;
  /** Names the task instance by its place in the run: random numbers and idempotency keys hang on it. */
  readonly instance: string;
  /** What random numbers are derived from. */
  readonly seed: string;
  /** Steps the run had committed when the attempt was started. */
  readonly steps: number;
  readonly maxCycles: number;
  /** How often a task that names no policy is tried again. */
  readonly defaultMaxRetries: number;
  /** Whether checkpoints that the body asks for are stored. */
  readonly hasStore: boolean;
  readonly durability: "none" | "checkpoint" | "step";
  /** Of the engine's attempt, or `null`: nobody traces it. */
  readonly trace: TraceContext | null;
}

/** A job as text. */
export function jobText({ spec, trace, ...job }: TaskJob): string {
  const traced = trace === null ? {} : { trace };
  return `${JSON.stringify({ v: JOB_VERSION, ...job, ...traced }).slice(0, -1)},"spec":${specText(spec, null)}}`;
}

/** Reads a job that came from outside. Throws `CheckpointCorruptError`, `LimitExceededError`. */
export function readJob(text: string): TaskJob {
  if (text.length > LONGEST_JOB) {
    throw new LimitExceededError(
      `a job is ${text.length} characters long: expected at most ${LONGEST_JOB}; give the task a smaller input, and large data by the channel.`,
    );
  }
  const job = JsonReader.parse(text, "job");
  const version = job.at("v").count(1);
  if (version !== JOB_VERSION) {
    throw new IncompatibleCheckpointError(
      `the job is of version ${version}: this version of cairnflow reads ${JOB_VERSION}; run the same version on engines and workers.`,
      [{ kind: "format", message: `the job is of version ${version}`, fix: "run the same version of cairnflow on engines and workers" }],
    );
  }
  const workflow = job.at("workflow");
  return {
    runId: checkedId(job.at("runId").text(), "run id"),
    epoch: job.at("epoch").count(),
    workflow: { name: workflow.at("name").text(), version: workflow.at("version").number(), graphHash: workflow.at("graphHash").text() },
    spec: readSpec(job.at("spec"), namesAsSaved),
    instance: job.at("instance").text(),
    seed: job.at("seed").text(),
    steps: job.at("steps").count(),
    maxCycles: job.at("maxCycles").count(1),
    defaultMaxRetries: job.at("defaultMaxRetries").count(),
    hasStore: job.at("hasStore").flag(),
    durability: job.at("durability").oneOf(["none", "checkpoint", "step"]),
    trace: readTraceContext(job.at("trace").value),
  };
}
