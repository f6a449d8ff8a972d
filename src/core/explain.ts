import type { CheckpointView, SavedTask } from "./checkpoint-view.js";
import { InvalidOptionError } from "./errors.js";
import { explanationText } from "./explain-text.js";
import { ExplainedRun } from "./explained-run.js";
import type { Ending, ExplainedTask, Explanation, WaitsFor } from "./explanation.js";
import { quoted } from "./ids.js";
import type { TaskDetails } from "./run-details.js";

/** How a checkpoint is explained. */
export interface ExplainOptions {
  /** The time that waits are told from, in wall-clock milliseconds; when the checkpoint was taken unless given. */
  readonly now?: number;
}

/**
 * Why a run stands where it does: for every task that is pending, running, waiting or failed who queued it, by which edge or call,
 * its cycle and attempt of how many, its last error, when it is tried again, and what it waits for. Needs none of the workflow's
 * code, and tells no value.
 *
 * ```ts
 * const checkpoint = await openCheckpointStore("./checkpoints").latest("run-1");
 * if (checkpoint !== null) console.log(String(explain(checkpoint, { now: Date.now() })));
 * ```
 *
 * Throws `InvalidOptionError`, and `CheckpointCorruptError` for a graph that does not read as one.
 */
export function explain(checkpoint: CheckpointView, options: ExplainOptions = {}): Explanation {
  const run = new ExplainedRun(checkedView(checkpoint).details);
  const now = checkedNow(options, checkpoint.info.createdAt);
  const running = checkpoint.tasks.filter((task) => task.status === "running").length;
  const tasks = checkpoint.tasks.map((task) => explainTask(run, task, now, running));
  const { info, workflow, status, steps } = checkpoint;
  const facts = {
    runId: info.runId,
    checkpointId: info.id,
    workflow: workflow.name,
    status,
    steps,
    ended: endingOf(checkpoint),
    tasks,
    joins: run.joins(tasks),
    groups: run.groups(),
  };
  const toText = (): string => explanationText(facts);
  return { ...facts, toText, toString: toText };
}

function explainTask(run: ExplainedRun, task: SavedTask, now: number, running: number): ExplainedTask {
  const { taskId, specId, cycle, attempt } = task;
  const details = run.details.tasks.get(specId) as TaskDetails;
  const { failures, maxRetries, lastError } = details;
  const waitsFor = waitOf(run, task, details, now, running);
  return {
    taskId,
    specId,
    status: waitsFor.kind === "retry" || waitsFor.kind === "delay" ? "waiting" : task.status,
    queuedBy: run.queuedBy(details, taskId, cycle),
    within: run.within(details.member),
    cycle,
    maxCycles: run.maxCycles(details.node),
    attempt,
    failures,
    maxRetries,
    lastError,
    waitsFor,
  };
}

function waitOf(run: ExplainedRun, task: SavedTask, { member, lastError }: TaskDetails, now: number, running: number): WaitsFor {
  if (task.status === "running") return { kind: "end" };
  if (task.status === "failed") return run.afterFailure(task.specId, member);
  const { availableAt } = task;
  if (availableAt > now) return { kind: lastError === null ? "delay" : "retry", at: availableAt, inMs: availableAt - now };
  const { concurrency } = run.details.limits;
  return concurrency !== null && running >= concurrency ? { kind: "place", running, concurrency } : { kind: "turn" };
}

function endingOf({ status, details, tasks }: CheckpointView): Ending | null {
  const { message, error } = details;
  if (status === "running") return null;
  if (status === "completed") return { kind: "completed" };
  if (status === "terminated") return { kind: "terminated", message };
  const by = tasks.filter((task) => task.status === "failed").map(({ taskId, cycle }) => ({ taskId, cycle }));
  return { kind: status, error: error ?? { name: "Error", message: message ?? "", code: null }, by };
}

function checkedView(checkpoint: unknown): CheckpointView {
  const { details } = Object(checkpoint) as Partial<CheckpointView>;
  if (typeof details === "object" && details !== null && "tasks" in details) return checkpoint as CheckpointView;
  throw new InvalidOptionError(
    `explain got ${quoted(checkpoint)}: expected a checkpoint as openCheckpointStore(...).load(id), latest(runId) or at(runId, place) give it; pass one that is not null.`,
  );
}

function checkedNow(options: unknown, createdAt: string): number {
  const given = typeof options === "object" && options !== null ? (options as { readonly now?: unknown }) : null;
  const unknown = Object.keys(given ?? {}).filter((name) => name !== "now");
  if (given === null || unknown.length > 0)
    throw new InvalidOptionError(
      `the options of explain have ${unknown.map(quoted).join(", ") || quoted(options)}: expected { now } or none.`,
    );
  const now = given.now ?? Date.parse(createdAt);
  if (typeof now === "number" && Number.isFinite(now)) return now;
  throw new InvalidOptionError(`option now of explain is ${quoted(now)}: expected wall-clock milliseconds, such as Date.now().`);
}
