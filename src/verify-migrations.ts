import { definitionOf, type Runnable } from "./authoring/definition-of.js";
import type { CheckpointKey, CheckpointStore } from "./core/checkpoint.js";
import { CheckpointError } from "./core/errors.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { readSaved } from "./engine/saved-checkpoint.js";
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
      const keys = await store.list(runId);
      for (const key of keys) checkpoints.push(await verified(definition, store, key, keys.at(-1)?.seq ?? key.seq));
    }
  } finally {
    if (typeof location === "string") await store.close();
  }
  return { ok: checkpoints.every(({ problems }) => problems.length === 0), checkpoints };
}

async function verified(
  definition: WorkflowDefinition,
  store: CheckpointStore,
  key: CheckpointKey,
  newestSeq: number,
): Promise<VerifiedMigration> {
  const host = systemHost();
  const { runId, id: checkpointId, seq } = key;
  try {
    const saved = await readSaved(store, key, newestSeq, host);
    const { version } = saved.loaded.context.workflow;
    return { runId, checkpointId, seq, version, problems: problemsOf(definition, saved, host) };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return { runId, checkpointId, seq, version: null, problems: [problemOf(error)] };
  }
}
