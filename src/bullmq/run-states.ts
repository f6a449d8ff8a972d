import type { Queue } from "bullmq";
import type { RunResult } from "../engine/run-result.js";
import { runJobOf } from "./queue-names.js";
import { readFailure, readResult } from "./run-end.js";
import type { RunJobData } from "./run-job-data.js";
import type { RunLink } from "./run-link.js";

/** Where a run that was submitted stands; `unknown`: it was never submitted, or ended longer ago than results are kept. */
export type QueuedRunState = "waiting" | "running" | "completed" | "failed" | "cancelled" | "unknown";

/** How many runs of a workflow wait, are under way, and have ended, as far as they are kept. */
export interface RunCounts {
  readonly waiting: number;
  readonly running: number;
  readonly completed: number;
  /** Those that were cancelled while they were under way among them. */
  readonly failed: number;
}

/** How a run has ended, or `null` while it has not. */
export type RunEnd<Output> = { readonly result: RunResult<Output> } | { readonly error: Error } | null;

const STATES: ReadonlyMap<string, QueuedRunState> = new Map<string, QueuedRunState>([
  ["completed", "completed"],
  ["failed", "failed"],
  ["active", "running"],
  ["waiting", "waiting"],
  ["delayed", "waiting"],
  ["prioritized", "waiting"],
]);

/** Where a run stands. */
export async function stateOf({ book, queueFor }: RunLink, workflow: string, runId: string): Promise<QueuedRunState> {
  const state = STATES.get(await queueFor(workflow).getJobState(runJobOf(runId))) ?? "unknown";
  const mayBeCancelled = state === "failed" || state === "unknown";
  return mayBeCancelled && (await book.isCancelled(runId)) ? "cancelled" : state;
}

/** How a run has ended, found without reading what it was given. */
export async function endOf<Output>({ client, queueFor }: RunLink, workflow: string, runId: string): Promise<RunEnd<Output>> {
  const key = queueFor(workflow).toKey(runJobOf(runId));
  if ((await client.call("HEXISTS", key, "finishedOn")) !== 1) return null;
  const found = (await client.call("HMGET", key, "finishedOn", "returnvalue", "failedReason", "stacktrace")) as (string | null)[];
  const [ended, returned, reason, stacks] = found;
  if (ended == null) return null;
  return reason == null ? { result: readResult<Output>(runId, returned ?? "") } : { error: readFailure(runId, reason, stacks ?? "") };
}

/** How many runs there are of each workflow. */
export async function countRuns({ book, queueFor }: RunLink): Promise<ReadonlyMap<string, RunCounts>> {
  const names = await book.workflows();
  return new Map(await Promise.all(names.map(async (name) => [name, await countsOf(queueFor(name))] as const)));
}

async function countsOf(queue: Queue<RunJobData>): Promise<RunCounts> {
  const {
    waiting = 0,
    delayed = 0,
    active = 0,
    completed = 0,
    failed = 0,
  } = await queue.getJobCounts("waiting", "delayed", "active", "completed", "failed");
  return { waiting: waiting + delayed, running: active, completed, failed };
}
