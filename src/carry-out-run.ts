import type { CarryOut, RunOrder } from "./bullmq/run-order.js";
import type { CheckpointStore } from "./core/checkpoint.js";
import { fromErrorRecord } from "./core/error-record.js";
import { DuplicateIdError, RunCancelledError } from "./core/errors.js";
import { quoted } from "./core/ids.js";
import type { RunState } from "./core/run-state.js";
import { namesAsSaved } from "./core/spec-read.js";
import { readRunState } from "./core/state-read.js";
import { runOwned } from "./core/store-checks.js";
import { UnservedJob } from "./core/task-runner.js";
import { replayJournal } from "./engine/replay-journal.js";
import { outputOf, type RunResult } from "./engine/run-result.js";
import { loadSaved } from "./engine/saved-checkpoint.js";
import { ExecutionContext } from "./execution-context.js";
import type { CheckpointOptions, ExecutionOptions } from "./execution-options.js";
import { systemHost } from "./host/system-host.js";

/** How the runs of an engine are wired. */
export type EngineRunOptions = Omit<ExecutionOptions, "runId" | "start" | "seed" | "signal" | "checkpoints">;

/** Where the runs of an engine are stored. */
export interface RunShelf {
  readonly store: CheckpointStore;
  /** When checkpoints are taken, and which are kept. */
  readonly policy: Omit<CheckpointOptions, "store" | "codec">;
}

/** What is stored of a run, as far as an engine looks at it. */
interface StoredRun {
  readonly workflow: string;
  readonly state: RunState;
}

/** Brings runs to their ends: those that have begun go on from their last step, and of those that have ended the outcome is told again. */
export function runCarrier({ store, policy }: RunShelf, options: EngineRunOptions): CarryOut {
  const wired = (signal: AbortSignal) => ({ ...options, signal, checkpoints: { ...policy, store } });
  return async (order) => {
    const { workflow, runId, input, signal } = order;
    const owner = await store.owner(runId);
    if (owner?.isAlive) throw runOwned(runId, owner.description);
    const stored = await storedRun(store, runId);
    if (stored === null) {
      refuseNew(order);
      const context = ExecutionContext.create({ definition: workflow }, { ...wired(signal), runId });
      return finished(context, order, input.read()).catch((error) => {
        throw error instanceof DuplicateIdError ? runOwned(runId, "somebody who has begun it meanwhile") : error;
      });
    }
    refuseOther(order, stored);
    if (isDone(stored.state)) return recorded(stored.state);
    if (!order.retryFailed && stored.state.error !== null) throw fromErrorRecord(stored.state.error);
    if (order.isTrustedAgain) await forgetDeaths(store, runId);
    const context = await ExecutionContext.resume({ definition: workflow }, { ...wired(signal), from: store, runId });
    return finished(context, order);
  };
}

async function finished(context: ExecutionContext, { begun }: RunOrder, input?: unknown): Promise<RunResult> {
  begun((reason, graceMs) => context.stop(reason, { graceMs }));
  return context.run(input);
}

/** Whoever submits a run again that killed its engines wants it to be tried again. */
async function forgetDeaths(store: CheckpointStore, runId: string): Promise<void> {
  const writer = await store.acquire(runId);
  await writer.countResume(null).finally(() => writer.release());
}

/** Reads how far a run has come; `null` if nothing is stored of it. */
async function storedRun(store: CheckpointStore, runId: string): Promise<StoredRun | null> {
  if ((await store.list(runId)).length === 0) return null;
  const { loaded, journal } = await loadSaved(store, runId, undefined, "refuse", systemHost());
  const state = readRunState(loaded.state.head, loaded.tasks, namesAsSaved);
  replayJournal(journal, state, { commit: () => {} }, namesAsSaved);
  return { workflow: loaded.context.workflow.name, state };
}

function refuseNew({ workflow: { name, version }, runId, isSameCode, signal }: RunOrder): void {
  if (signal.aborted) throw new RunCancelledError(`run ${runId} was cancelled before it began.`, { cause: signal.reason, runId });
  if (isSameCode) return;
  throw new UnservedJob(
    `run ${runId} was submitted for another version of workflow ${quoted(name)} than the engine has (it has version ${version}, or another graph); run the same code on engines and where runs are submitted.`,
    { runId },
  );
}

/** A run that has gone out of the queue may still be stored, and its id be taken. */
function refuseOther({ workflow, runId, input }: RunOrder, stored: StoredRun): void {
  const isOther = isDone(stored.state) && stored.workflow !== workflow.name;
  if (!isOther && (stored.state.input === null || stored.state.input.equals(input))) return;
  const found = isOther ? `one of workflow ${quoted(stored.workflow)}` : "one with another input";
  throw new DuplicateIdError(
    `run id ${quoted(runId)} is taken: found checkpoints of ${found}, expected those of this run; choose another run id.`,
    {
      runId,
    },
  );
}

/** That a run has ended is no step of its own: nothing is left to be done. One that was terminated may have tasks left. */
const isDone = ({ status, root, failed }: RunState): boolean =>
  status === "completed" ||
  ((status === "terminated" || status === "running") && root.live === 0 && failed.size === 0 && (root.joins?.size ?? 0) === 0);

function recorded(state: RunState): RunResult {
  const { runId, steps, message } = state;
  return { runId, status: "completed", output: outputOf(state), steps, ...(message === null ? {} : { message }) };
}
