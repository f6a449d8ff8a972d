import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import { CheckpointError } from "./core/errors.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { loadSaved } from "./engine/saved-checkpoint.js";
import { systemHost } from "./host/system-host.js";
import { type CheckpointLocation, storeAt } from "./open-store.js";
import { problemOf, problemsOf, type ResumeReport } from "./resume-report.js";

/** Whether one stored checkpoint could be resumed under the code of today. */
export interface VerifiedMigration {
  readonly runId: string;
  readonly checkpointId: string;
  readonly seq: number;
  /** The version of the workflow that it was saved under, or `null` if it cannot be read. */
  readonly version: number | null;
  readonly problems: ResumeReport["problems"];
}

/** What `verifyMigrations` has found. */
export interface MigrationReport {
  /** Whether all of them could be resumed. */
  readonly ok: boolean;
  readonly checkpoints: readonly VerifiedMigration[];
}

/**
 * Takes every checkpoint of a store through all that a resume does before it runs, migrations included, under the code of today.
 * No task runs, and nothing is stored: for tests that hold old checkpoints against new code.
 *
 * ```ts
 * const { ok, checkpoints } = await verifyMigrations("./fixtures/checkpoints", training);
 * ```
 */
export async function verifyMigrations(location: CheckpointLocation, target: Runnable): Promise<MigrationReport> {
  const definition = definitionOf(target);
  const store = storeAt(location);
  const checkpoints: VerifiedMigration[] = [];
  try {
    await store.open();
    for (const runId of await store.runs()) {
      for (const { id } of await store.list(runId)) checkpoints.push(await verified(definition, store, runId, id));
    }
  } finally {
    if (typeof location === "string") await store.close();
  }
  return { ok: checkpoints.every(({ problems }) => problems.length === 0), checkpoints };
}

async function verified(
  definition: WorkflowDefinition,
  store: ReturnType<typeof storeAt>,
  runId: string,
  id: string,
): Promise<VerifiedMigration> {
  const host = systemHost();
  const { seq } = (await store.list(runId)).find((key) => key.id === id) ?? { seq: 0 };
  try {
    const saved = await loadSaved(store, runId, id, "refuse", host);
    const { version } = saved.loaded.context.workflow;
    return { runId, checkpointId: id, seq, version, problems: problemsOf(definition, saved, host) };
  } catch (error) {
    if (!(error instanceof CheckpointError) || !("code" in error)) throw error;
    return { runId, checkpointId: id, seq, version: null, problems: [problemOf(error)] };
  }
}
