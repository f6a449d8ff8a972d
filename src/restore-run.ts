import type { CheckpointInfo, CheckpointStore, ForkOrigin } from "./core/checkpoint.js";
import type { Host } from "./core/clock.js";
import { PoisonTaskError } from "./core/errors.js";
import { checkedId } from "./core/ids.js";
import { migrateRun } from "./core/migrate.js";
import { checkedStrategy, type ResumeStrategy } from "./core/resume-strategy.js";
import type { RunState } from "./core/run-state.js";
import { checkPlaces } from "./core/state-check.js";
import { readRunState } from "./core/state-read.js";
import { Step } from "./core/step.js";
import { runOwned } from "./core/store-checks.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { channelEdits } from "./engine/channel-edits.js";
import { Ownership } from "./engine/ownership.js";
import { replayJournal } from "./engine/replay-journal.js";
import { channelEntries, namesOf, savedLimits, setGoing, startOver } from "./engine/resume-run.js";
import type { CheckpointOrigin } from "./engine/run-image.js";
import type { StoredRunWiring } from "./engine/run-storage.js";
import { loadSaved, type SavedCheckpoint } from "./engine/saved-checkpoint.js";
import { type ExecutionOptions, type ForkOptions, hostOf, type ResumeOptions, storesOf } from "./execution-options.js";
import { type RunBacking, startingWith, wireRun } from "./wire-run.js";

/** A run as a checkpoint has it, wired and ready to go on. */
export interface RestoredRun {
  readonly wiring: StoredRunWiring;
  readonly info: CheckpointInfo;
}

/** Makes a run ours and restores it. What was opened for it is let go of if that fails. */
export async function resumeRun(base: WorkflowDefinition, options: ResumeOptions): Promise<RestoredRun> {
  const strategy = checkedStrategy(options.strategy);
  const runId = checkedId(options.runId, "run id");
  const host = hostOf(options);
  const { source, store, ownStores } = storesOf(options, options.from);
  const isStored = store !== null && options.durability !== "none";
  const ownership = isStored && store === source ? new Ownership(source, runId, host) : null;
  return lettingGo(ownership, ownStores, async () => {
    await source.open();
    if (ownership !== null) await ownership.acquire({ takeOver: options.takeOver === true });
    else if (isStored && options.takeOver !== true) await refuseOwned(source, runId);
    const saved = await loadSaved(source, runId, options.at, strategy.fallback, host);
    const origin = store === source ? originOf(saved, strategy) : null;
    const restored = restoreRun(base, saved, host, options, strategy, { store, ownStores, ownership, origin });
    if (ownership !== null) await countResume(ownership, saved, restored.wiring.state, strategy);
    warnOfOtherChannel(saved, restored.wiring);
    return restored;
  });
}

/** Whoever reads the channel where it was would not notice that the run goes on elsewhere. */
function warnOfOtherChannel({ key: { runId }, loaded }: SavedCheckpoint, { channel, events }: StoredRunWiring): void {
  const before = loaded.context.channelBackend;
  const now = channel.backend.kind;
  if (before === now || before === "memory") return;
  const message = `run ${runId} was saved with a ${before} channel and goes on with a ${now} channel: whoever reads the former sees nothing of it any more; pass the same kind as option channel of the resume.`;
  events.emit("warning", { runId, code: "CHANNEL_CHANGED", message });
}

/** Restores a run under another id, with edits. */
export async function forkRun(base: WorkflowDefinition, { channel: edits = {}, newChannel, ...others }: ForkOptions): Promise<RestoredRun> {
  const options = { ...others, ...(newChannel === undefined ? {} : { channel: newChannel }) };
  const strategy = checkedStrategy(options.strategy);
  const host = hostOf(options);
  const ops = channelEdits(edits);
  const runId = options.newRunId === undefined ? host.newId() : checkedId(options.newRunId, "new run id");
  const { source, store, ownStores } = storesOf(options, options.from);
  return lettingGo(null, ownStores, async () => {
    await source.open();
    const saved = await loadSaved(source, checkedId(options.runId, "run id"), options.at, strategy.fallback, host);
    const forkedFrom: ForkOrigin = { runId: saved.key.runId, checkpointId: saved.key.id };
    const restored = restoreRun(base, saved, host, options, strategy, { store, ownStores, forkedFrom }, runId);
    restored.wiring.channel.backend.commit(ops);
    return restored;
  });
}

/** Does all that a resume does before it runs, without a store; throws what it would throw. */
export function rehearseResume(base: WorkflowDefinition, saved: SavedCheckpoint, host: Host): void {
  restoreRun(base, saved, host, { durability: "none" }, checkedStrategy(), { store: null, ownStores: [] });
}

function restoreRun(
  base: WorkflowDefinition,
  saved: SavedCheckpoint,
  host: Host,
  options: ExecutionOptions,
  strategy: Required<ResumeStrategy>,
  backing: RunBacking,
  runId = saved.key.runId,
): RestoredRun {
  const { loaded, journal } = saved;
  const names = namesOf(base, loaded);
  const state = readRunState(loaded.state.head, loaded.tasks, names, runId);
  const definition = startingWith(base, state.start);
  const fill: RunBacking["fill"] = (channel) => channel.restore(channelEntries(loaded.channel, names));
  const wiring = wireRun(definition, state, host, { ...savedLimits(loaded), ...options }, { ...backing, fill });
  replayJournal(journal, state, wiring.channel.backend, names);
  if (names.migrates) migrateRun(definition, loaded.context.workflow.version, state, wiring.channel.backend);
  checkPlaces(state, definition.plan);
  const step = new Step(state, wiring.settings.defaultRetry?.maxRetries ?? 0).begin(host.clock.now());
  if (strategy.preserveCompleted) setGoing(step, definition, strategy);
  else wiring.channel.backend.commit(startOver(step, definition, wiring.channel.backend));
  if (saved.warning !== null) wiring.events.emit("warning", { runId, ...saved.warning });
  return { wiring, info: loaded.meta.info };
}

/** Segments can be shared with the checkpoint it goes on from, unless everything is to be done anew. */
function originOf({ key, loaded, newestSeq }: SavedCheckpoint, { preserveCompleted }: Required<ResumeStrategy>): CheckpointOrigin {
  const { channel, tasks, context } = loaded;
  return { seq: newestSeq, id: key.id, graphHash: preserveCompleted ? context.workflow.graphHash : "", channel, state: tasks };
}

/** A task that kills its process each time must not do so for ever. */
async function countResume(
  ownership: Ownership,
  { key }: SavedCheckpoint,
  state: RunState,
  { maxResumeAttempts }: Required<ResumeStrategy>,
): Promise<void> {
  const count = await ownership.countResume(`${state.steps}/${state.saves}`);
  if (count <= maxResumeAttempts) return;
  const specs = [...state.pending()].sort((a, b) => Number(state.interrupted.has(b.serial)) - Number(state.interrupted.has(a.serial)));
  const suspects = [...new Set(specs.map(({ taskId }) => taskId))].slice(0, SUSPECTS);
  const attempts = count - 1;
  ownership.keepCount();
  throw new PoisonTaskError(
    `run ${key.runId} was resumed ${attempts} times in a row after ${state.steps} steps, and its process died each time before it got any further; ` +
      `expected at most ${maxResumeAttempts} such attempts. Look at what comes next (${suspects.join(", ")}), then resume with a higher strategy.maxResumeAttempts.`,
    attempts,
    suspects,
    { runId: key.runId, checkpointId: key.id },
  );
}

const SUSPECTS = 10;

/** Two owners in two stores would do everything twice. */
async function refuseOwned(source: CheckpointStore, runId: string): Promise<void> {
  const owner = await source.owner(runId);
  if (owner?.isAlive) throw runOwned(runId, owner.description);
}

async function lettingGo<T>(ownership: Ownership | null, ownStores: readonly CheckpointStore[], restore: () => Promise<T>): Promise<T> {
  try {
    return await restore();
  } catch (error) {
    await ownership?.release();
    for (const store of ownStores) await store.close().catch(() => {});
    throw error;
  }
}
