import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import { checkedOptions } from "./authoring/option-checks.js";
import type { CheckpointStore } from "./core/checkpoint.js";
import { CheckpointError, RunOwnedError } from "./core/errors.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { loadDocuments } from "./engine/load-checkpoint.js";
import type { RunResult } from "./engine/run-result.js";
import { ExecutionContext } from "./execution-context.js";
import { hostOf, type ResumeOptions, RUN_OPTIONS } from "./execution-options.js";
import { type CheckpointLocation, storeAt } from "./open-store.js";

/** How runs are wired that are recovered. */
export type RecoverOptions = Omit<ResumeOptions, "from" | "runId" | "at" | "takeOver" | "checkpoints" | "channel"> &
  Pick<ResumeOptions, "checkpoints">;

/** What became of a run that was recovered. */
export type RecoveredRun<Output = unknown> =
  | { readonly runId: string; readonly status: "ended"; readonly result: RunResult<Output> }
  | { readonly runId: string; readonly status: "failed"; readonly error: unknown };

/**
 * Resumes all runs of a workflow whose owner died: whose process was killed, or whose lease ran out. Runs that ended, failed or
 * were stopped in good order are left alone, and so are those that somebody else recovers at the same moment. They run side by
 * side; resolves when all of them have ended, and tells how.
 *
 * ```ts
 * for (const { runId, status } of await recover(training, "./checkpoints")) console.log(runId, status);
 * ```
 */
export async function recover<Output = unknown>(
  target: Runnable<never, Output>,
  location: CheckpointLocation,
  options: RecoverOptions = {},
): Promise<readonly RecoveredRun<Output>[]> {
  checkedOptions(options, [...RUN_OPTIONS.filter((name) => name !== "channel"), "strategy"], "a recovery");
  const definition = definitionOf(target);
  const store = storeAt(location);
  try {
    await store.open();
    const orphans: string[] = [];
    for (const runId of await store.runs()) if (await isOrphan(store, runId, definition, options)) orphans.push(runId);
    const ended = await Promise.all(orphans.map((runId) => recoverRun<Output>(target, { ...options, from: store, runId })));
    return ended.filter((run) => run !== null);
  } finally {
    if (typeof location === "string") await store.close();
  }
}

/** Whether a run is of this workflow, has not ended, and its owner is dead. A damaged one counts: resuming it tells what is wrong. */
async function isOrphan(
  store: CheckpointStore,
  runId: string,
  { name, registry }: WorkflowDefinition,
  options: RecoverOptions,
): Promise<boolean> {
  const owner = await store.owner(runId);
  const newest = (await store.list(runId)).at(-1);
  if (owner === null || owner.isAlive || newest === undefined) return false;
  try {
    const { context, state } = await loadDocuments(store, newest, hostOf(options).sha256);
    const { workflow } = context;
    const isOurs =
      workflow.name === name ||
      [...registry.entries()].some(({ task }) => task.settings.formerly.some((key) => key.startsWith(`${workflow.name}#`)));
    return isOurs && state.head.at("status").value === "running";
  } catch (error) {
    if (error instanceof CheckpointError) return true;
    throw error;
  }
}

async function recoverRun<Output>(target: Runnable<never, Output>, options: ResumeOptions): Promise<RecoveredRun<Output> | null> {
  const { runId } = options;
  try {
    const context = await ExecutionContext.resume<Output>(target, options);
    return { runId, status: "ended", result: await context.run() };
  } catch (error) {
    return error instanceof RunOwnedError ? null : { runId, status: "failed", error };
  }
}
