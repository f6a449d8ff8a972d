import type { Runnable } from "../authoring/definition-of.js";
import { checkedOptions, checkedWord } from "../authoring/option-checks.js";
import type { CheckpointKey } from "../core/checkpoint.js";
import { CheckpointError, DefinitionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { loadMeta } from "../engine/load-checkpoint.js";
import { systemHost } from "../host/system-host.js";
import { MemoryCheckpointStore } from "../memory/memory-checkpoint-store.js";
import type { CheckpointLocation } from "../open-store.js";
import type { InterceptedStore } from "./intercepted-store.js";
import { resumeScenario } from "./scenario.js";
import { ScenarioError } from "./scenario-errors.js";
import type { ResumeScenarioOptions } from "./scenario-options.js";
import { type CheckpointPlaces, storesAt } from "./stored-places.js";

/** How stored checkpoints are replayed. */
export interface ReplayCheckpointsOptions
  extends Pick<ResumeScenarioOptions, "mocks" | "handlers" | "maxMoves" | "patience" | "strategy" | "maxSteps" | "defaultMaxCycles"> {
  /** Every checkpoint of a run, or only its newest with the steps of its journal. Default `all`. */
  readonly which?: "all" | "newest";
}

/**
 * How a stored checkpoint fits today's code: it ran to its end; or it could not be loaded, migrated or resumed (`refused`), its run
 * failed, or did not come to an end (`stuck`).
 */
export type CheckpointFit = "fits" | "refused" | "failed" | "stuck";

/** One stored checkpoint under today's code. */
export interface ReplayedCheckpoint {
  /** The location of its store. */
  readonly store: string;
  readonly runId: string;
  readonly checkpoint: string;
  readonly seq: number;
  readonly name: string | null;
  readonly fit: CheckpointFit;
  /** Attempts at tasks from there to the end. */
  readonly attempts: number;
  /** Why it does not fit, or `null`. */
  readonly problem: string | null;
}

/** Which stored checkpoints fit today's code. `String(report)` has a line for each. */
export class CheckpointReplays {
  constructor(readonly checkpoints: readonly ReplayedCheckpoint[]) {}

  /** Whether there are any, and all of them fit. */
  get ok(): boolean {
    return this.checkpoints.length > 0 && this.checkpoints.every(({ fit }) => fit === "fits");
  }

  toString(): string {
    const fitting = this.checkpoints.filter(({ fit }) => fit === "fits").length;
    return [...this.checkpoints.map(lineOf), `${fitting} of ${this.checkpoints.length} checkpoints fit`].join("\n");
  }
}

const OPTIONS = ["mocks", "handlers", "maxMoves", "patience", "strategy", "maxSteps", "defaultMaxCycles", "which"];

/**
 * Resumes stored checkpoints, of whatever version, under today's code and runs each to its end, with virtual time and the mocks given. The
 * stores are only read. Made for checkpoints that are kept with the tests, so that no change of the code strands runs that are under way.
 *
 * ```ts
 * const report = await replayCheckpoints("fixtures/**", order, { mocks: { pay: () => "receipt" } });
 * expect(String(report)).toMatch(/fit$/);
 * expect(report.ok).toBe(true);
 * ```
 *
 * Throws `DefinitionError`s for options, mocks and places that are none.
 */
export async function replayCheckpoints(
  places: CheckpointPlaces,
  target: Runnable,
  options: ReplayCheckpointsOptions = {},
): Promise<CheckpointReplays> {
  const { which, ...others } = checkedOptions<ReplayCheckpointsOptions>(options, OPTIONS, "a replay of checkpoints");
  const isNewestOnly = checkedWord(which, ["all", "newest"], "option which of a replay of checkpoints") === "newest";
  const replays: ReplayedCheckpoint[] = [];
  for (const store of storesAt(places)) {
    for (const runId of await store.runs()) {
      const keys = await store.list(runId);
      for (const key of isNewestOnly ? keys.slice(-1) : keys) replays.push(await replayed(store, key, target, others));
    }
  }
  return new CheckpointReplays(replays);
}

async function replayed(
  store: InterceptedStore,
  key: CheckpointKey,
  target: Runnable,
  options: Omit<ReplayCheckpointsOptions, "which">,
): Promise<ReplayedCheckpoint> {
  const { runId, id, seq } = key;
  const facts = { store: store.location, runId, checkpoint: id, seq, name: await nameOf(store, key) };
  let attempts = 0;
  try {
    const from: CheckpointLocation = store;
    const story = await resumeScenario(target, { ...options, from, runId, at: id, checkpoints: new MemoryCheckpointStore() });
    try {
      await story.toEnd();
    } finally {
      attempts = story.trace.length;
    }
    return { ...facts, fit: "fits", attempts, problem: null };
  } catch (error) {
    // Of the workflow or the options: no checkpoint could fit.
    if (error instanceof DefinitionError && !(error instanceof ScenarioError)) throw error;
    return { ...facts, fit: fitOf(error, attempts), attempts, problem: (error as Error).message };
  }
}

function fitOf(error: unknown, attempts: number): CheckpointFit {
  if (error instanceof ScenarioError) return "stuck";
  return error instanceof CheckpointError && attempts === 0 ? "refused" : "failed";
}

/** The name is for people; a checkpoint whose documents cannot be read is refused later. */
async function nameOf(store: InterceptedStore, key: CheckpointKey): Promise<string | null> {
  return loadMeta(store, key, systemHost().sha256).then(
    ({ info }) => info.name,
    () => null,
  );
}

function lineOf({ store, runId, checkpoint, seq, name, fit, attempts, problem }: ReplayedCheckpoint): string {
  const what = `${store} ${runId} ${seq} ${name === null ? checkpoint : quoted(name)}`;
  return `${fit.padEnd(7)} ${what}: ${problem ?? `${attempts} attempts to its end`}`;
}
