import { checkedCount, checkedFlag, checkedOptions } from "../authoring/option-checks.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { checkedKey, quoted } from "../core/ids.js";
import { isPlainObject } from "../core/plain-object.js";
import { isResultKey } from "../core/result-key.js";
import { capture } from "../core/serialize/index.js";
import { type RunChannel, StoredChannel } from "../core/stored-channel.js";
import { type ExecutionOptions, type ResumeOptions, RUN_OPTIONS } from "../execution-options.js";
import { MemoryChannel } from "../memory/memory-channel.js";
import type { Mocks } from "./mocks.js";
import type { SimulatedClock } from "./simulated-clock.js";

/** What a scenario can be told besides what a run can be told. */
export interface ScenarioDirection {
  /** Bodies in place of those of some tasks, as `withMocks` takes them. */
  readonly mocks?: Mocks;
  /** What the channel holds at the beginning, by key; or a channel that is kept in memory. */
  readonly channel?: Readonly<Record<string, unknown>> | RunChannel;
  /** One of its own unless given. */
  readonly clock?: SimulatedClock;
  /** Whether a body that calls `Date.now`, `Math.random`, `setTimeout` and the like fails the scenario; no unless given. */
  readonly strictDeterminism?: boolean;
  /** How many bodies may begin and timers fire within one call; 10,000 unless given. */
  readonly maxMoves?: number;
  /** How long, in real time, something may be under way that is not known to the clock; 1 s unless given. */
  readonly patience?: Duration;
}

/** How a scenario is set up. Ids and chance are the same at every run unless given; checkpoints go to a store in memory. */
export interface ScenarioOptions extends Omit<ExecutionOptions, keyof ScenarioDirection | "runner">, ScenarioDirection {}

/** Which checkpoint a scenario goes on from, and how it is set up. A run that an earlier scenario has left is taken over. */
export interface ResumeScenarioOptions extends Omit<ResumeOptions, keyof ScenarioDirection | "runner" | "runId">, ScenarioDirection {
  /** The run; that of a scenario which was not given another unless given. */
  readonly runId?: string;
}

const OWN = ["mocks", "strictDeterminism", "maxMoves", "patience"];
const OF_A_RUN = RUN_OPTIONS.filter((name) => name !== "runner");
/** What `scenario` can be told. */
export const STARTING: readonly string[] = [...OF_A_RUN, "runId", "start", "seed", "input", ...OWN];
const RESUMING: readonly string[] = [...OF_A_RUN, "from", "runId", "at", "strategy", "takeOver", ...OWN];

/** The settings of a scenario, checked. */
export interface ScenarioSettings {
  readonly channel: RunChannel;
  readonly strict: boolean;
  readonly maxMoves: number;
  readonly patienceMs: number;
}

/** What is left for the run itself. */
export function withoutDirection<Options extends ScenarioDirection & { readonly input?: unknown }>(
  options: Options,
): Omit<Options, keyof ScenarioDirection | "input"> {
  const { mocks, channel, clock, strictDeterminism, maxMoves, patience, input, ...run } = options;
  return run;
}

/** Throws `InvalidOptionError`. */
export function checkedScenario(options: ScenarioDirection, kind: "scenario" | "resumed scenario"): ScenarioSettings {
  checkedOptions(options, kind === "scenario" ? STARTING : RESUMING, `a ${kind}`);
  const { clock, strictDeterminism, maxMoves, patience = 1_000 } = options;
  if (clock !== undefined && typeof clock.advance !== "function") {
    throw new InvalidOptionError("option clock of a scenario is not a clock that can be advanced: expected one of simulatedClock().");
  }
  return {
    channel: channelOf(options.channel),
    strict: checkedFlag(strictDeterminism, "option strictDeterminism of a scenario"),
    maxMoves: checkedCount(maxMoves, "option maxMoves of a scenario") ?? 10_000,
    patienceMs: toMs(patience, "option patience of a scenario"),
  };
}

function channelOf(given: ScenarioDirection["channel"] = {}): RunChannel {
  if (given instanceof StoredChannel) return given;
  if (!isPlainObject(given)) {
    throw new InvalidOptionError(
      `option channel of a scenario is ${quoted(given)}: expected values by key, or a channel that is kept in memory, such as a MemoryChannel.`,
    );
  }
  const channel = new MemoryChannel();
  const values = Object.entries(given);
  channel.backend.commit(
    values.map(([key, value]) => ({ kind: "set", key: ownKey(key), value: capture(value, `channel.${key}`), expiresAt: null })),
  );
  return channel;
}

function ownKey(key: string): string {
  if (!isResultKey(checkedKey(key))) return key;
  throw new InvalidOptionError(`option channel of a scenario sets ${quoted(key)}, the result of a task: mock the task instead.`);
}
