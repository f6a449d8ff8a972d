import type { RunChannelBackend } from "./core/channel.js";
import type { CheckpointStore, ForkOrigin } from "./core/checkpoint.js";
import type { Host } from "./core/clock.js";
import { InvalidOptionError } from "./core/errors.js";
import { assertRunnable } from "./core/graph-problem.js";
import type { RunState } from "./core/run-state.js";
import { checkedTelemetry } from "./core/telemetry.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import { Checkpointer } from "./engine/checkpointer.js";
import { RunEventHub } from "./engine/events.js";
import { checkedCheckpointPolicy, checkedRunSettings } from "./engine/options.js";
import { Ownership } from "./engine/ownership.js";
import type { CheckpointOrigin } from "./engine/run-image.js";
import { RunJournal } from "./engine/run-journal.js";
import { logRun } from "./engine/run-log.js";
import type { StoredRunWiring } from "./engine/run-storage.js";
import { RunWatch } from "./engine/run-watch.js";
import { silentLogger } from "./engine/task-logger.js";
import { channelOf, type ExecutionOptions, handlersOf, policyOf, runnerOf } from "./execution-options.js";

/** Where a run is stored, and what it goes on from. */
export interface RunBacking {
  readonly store: CheckpointStore | null;
  /** Stores that were opened for this run alone. */
  readonly ownStores: readonly CheckpointStore[];
  /** The hold on the store, if there is one already. */
  readonly ownership?: Ownership | null;
  readonly origin?: CheckpointOrigin | null;
  readonly forkedFrom?: ForkOrigin | null;
  /** Fills the channel before anybody looks at it. */
  readonly fill?: (channel: RunChannelBackend) => void;
}

/** Wires a run. Throws `DefinitionError`s for options that do not fit. */
export function wireRun(
  definition: WorkflowDefinition,
  state: RunState,
  host: Host,
  options: ExecutionOptions,
  { store, ownStores, ownership = null, origin = null, forkedFrom = null, fill }: RunBacking,
): StoredRunWiring {
  const settings = checkedRunSettings(options);
  const { channel, mirror } = channelOf(options, state.runId);
  channel.backend.useClock(host.clock);
  fill?.(channel.backend);
  const wiring = {
    definition,
    settings,
    state,
    channel,
    mirror,
    host,
    random: options.random ?? null,
    events: new RunEventHub(state.runId, options.events),
    logger: options.logger ?? silentLogger,
    handlers: handlersOf(definition, options),
    watch: watchOf(definition, state, host, options, forkedFrom !== null),
    runner: runnerOf(options),
    ownStores,
  };
  if (options.logger !== undefined) logRun(wiring.events, options.logger, definition);
  const policy = checkedCheckpointPolicy(policyOf(options));
  if (store === null && settings.durability === "step") {
    throw new InvalidOptionError(
      'option durability is "step", but the run has no store: pass { checkpoints: "./checkpoints" } (a folder) or "memory:".',
    );
  }
  if (store === null || settings.durability === "none") return { ...wiring, journal: null, checkpointer: null };
  const hold = ownership ?? new Ownership(store, state.runId, host);
  const journal = settings.durability === "step" ? new RunJournal(hold, state.runId, channel.backend) : null;
  return { ...wiring, journal, checkpointer: new Checkpointer({ ...wiring, journal }, hold, policy, origin, forkedFrom) };
}

/** A fork has a trace of its own, also if nobody watches it. */
function watchOf(definition: WorkflowDefinition, state: RunState, host: Host, options: ExecutionOptions, isFork: boolean): RunWatch | null {
  const telemetry = checkedTelemetry(options.telemetry, "a run");
  const { trace } = state;
  if (isFork) state.trace = null;
  return telemetry === null ? null : new RunWatch(telemetry, { definition, state, host }, isFork ? { trace } : null);
}

/** The definition as a run from `start` sees it. Throws `InvalidGraphError` for a graph that cannot be run. */
export function startingWith(definition: WorkflowDefinition, start: string | undefined): WorkflowDefinition {
  assertRunnable(definition.graph, start);
  return { ...definition, plan: definition.graph.plan(start) };
}
