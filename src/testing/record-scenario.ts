import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import { toErrorRecord } from "../core/error-record.js";
import { InvalidOptionError } from "../core/errors.js";
import { isPlainObject } from "../core/plain-object.js";
import type { Workflow } from "../workflow.js";
import { eventLines, joined } from "./fixture-events.js";
import { type FixturePath, saveFixture } from "./fixture-file.js";
import { mapped, stepOf, written } from "./fixture-values.js";
import { scenario } from "./scenario.js";
import type { FixtureEnd, ScenarioFixture } from "./scenario-fixture.js";
import type { ScenarioOptions } from "./scenario-options.js";
import { simulatedClock } from "./simulated-clock.js";
import type { Story } from "./story.js";

/** How a scenario is recorded: as `scenario` takes it, with a channel given as values by key. */
export type RecordOptions = Omit<ScenarioOptions, "channel"> & {
  readonly input?: unknown;
  readonly channel?: Readonly<Record<string, unknown>>;
  /** Where the fixture is written; a file that is there is not replaced. Nowhere unless given. */
  readonly file?: FixturePath;
};

type RecordArguments<Input> = undefined extends Input
  ? [options?: RecordOptions & { readonly input?: Input }]
  : [options: RecordOptions & { readonly input: Input }];

/**
 * Runs a scenario to its end and gives all that happened as a fixture, which `replayScenario` compares later code with. With `file` it
 * is written there as JSON: read it before you keep it. A run that fails is recorded as well.
 *
 * ```ts
 * await recordScenario(order, { input: { id: "o1" }, mocks: { pay: () => "receipt" }, file: "fixtures/order.json" });
 * ```
 *
 * Throws `DefinitionError`s, `NotSerializableError`, and `FixtureError` if the file is there.
 */
export function recordScenario<Input>(target: Workflow<Input, unknown>, ...args: RecordArguments<Input>): Promise<ScenarioFixture>;
export function recordScenario(target: Runnable, options?: RecordOptions): Promise<ScenarioFixture>;
export async function recordScenario(target: Runnable, options: RecordOptions = {}): Promise<ScenarioFixture> {
  const { file, ...others } = options;
  const fixture = await recorded(target, others);
  if (file !== undefined) saveFixture(file, fixture, false);
  return fixture;
}

/** What replays and recordings are the same in: ids, chance and time. */
const RECORDED_AS = "recorded";

/** A fixture of what happens. */
export async function recorded(target: Runnable, options: Omit<RecordOptions, "file">): Promise<ScenarioFixture> {
  const { channel = {}, clock = simulatedClock(), runId = RECORDED_AS, seed = RECORDED_AS } = options;
  if (!isPlainObject(channel)) {
    throw new InvalidOptionError(
      "option channel of a recorded scenario is no plain object: expected values by key, which can be written down.",
    );
  }
  const { name, version } = definitionOf(target);
  const { lines, listeners } = eventLines();
  const startedAt = new Date(clock.now()).toISOString();
  const story = scenario(target, { ...options, clock, runId, seed, events: joined(listeners, options.events) });
  const end = await ended(story);
  return {
    cairnflowScenario: 1,
    workflow: { name, version },
    runId,
    seed,
    startedAt,
    input: written(options.input),
    channel: mapped(channel, written),
    steps: story.trace.map(stepOf),
    end,
    events: lines,
  };
}

/** Brings a story to its end, and tells how that was. Throws what has stopped the story, but not what its run failed with. */
async function ended(story: Story): Promise<FixtureEnd> {
  try {
    const { status, output, message } = await story.toEnd();
    return { status, ...(status === "completed" ? { output: written(output) } : {}), ...(message === undefined ? {} : { message }) };
  } catch (failure) {
    if (story.error === null) throw failure;
    const { name, code, message } = toErrorRecord(failure);
    return { status: "failed", error: { name, code, message } };
  }
}
