import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import { checkedOptions } from "../authoring/option-checks.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { RegisteredTask } from "../core/registry.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { differenceText, type FixtureDifference, firstDifference } from "./fixture-difference.js";
import { type FixturePath, loadFixture, saveFixture } from "./fixture-file.js";
import { mapped, unwritten } from "./fixture-values.js";
import type { Mocks } from "./mocks.js";
import { type RecordOptions, recorded } from "./record-scenario.js";
import { RecordedBodies } from "./recorded-bodies.js";
import { FixtureError } from "./scenario-errors.js";
import { fixtureText, readFixture, type ScenarioFixture } from "./scenario-fixture.js";
import { STARTING } from "./scenario-options.js";
import { simulatedClock } from "./simulated-clock.js";

/** How a fixture is replayed: input, channel, ids, chance and time are those of the fixture. */
export type ReplayOptions = Omit<RecordOptions, "input" | "channel" | "file" | "runId" | "seed" | "clock"> & {
  /** The tasks that run their own bodies; all others do again what the fixture says. */
  readonly live?: readonly string[];
};

const OF_THE_FIXTURE = ["input", "channel", "runId", "seed", "clock"];
const REPLAY_OPTIONS = [...STARTING.filter((name) => !OF_THE_FIXTURE.includes(name)), "live"];

/** How a replay compares with its fixture. `String(report)` says it for people. */
export class ReplayReport {
  constructor(
    /** The first difference, or `null` if all is the same. */
    readonly difference: FixtureDifference | null,
    /** What happened in the replay, as a fixture. */
    readonly replayed: ScenarioFixture,
  ) {}

  get matches(): boolean {
    return this.difference === null;
  }

  toString(): string {
    const { steps } = this.replayed;
    return this.difference === null ? `the same: ${steps.length} steps` : differenceText(this.difference);
  }
}

/**
 * Runs a recorded scenario again under today's code: tasks that are not `live` do what the fixture says that they did, so that nothing
 * outside is needed, and all that happens is compared. Gives the first difference.
 *
 * ```ts
 * const report = await replayScenario("fixtures/order.json", order, { live: ["score"] });
 * expect(report.difference).toBeNull();
 * ```
 *
 * Throws `FixtureError` for a fixture that cannot be read or is one of another workflow, and `DefinitionError`s.
 */
export async function replayScenario(
  fixture: FixturePath | ScenarioFixture,
  target: Runnable,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  return replay(fixtureOf(fixture), target, options);
}

/**
 * Records a fixture anew under today's code, with its input, channel, ids and chance, and writes it if anything is different. All tasks
 * run their own bodies, unless `live` names some: then the others do again what the fixture says. Gives the first difference.
 *
 * ```ts
 * console.log(String(await updateFixture("fixtures/order.json", order, { live: ["score"] })));
 * ```
 *
 * Throws as `replayScenario`.
 */
export async function updateFixture(file: FixturePath, target: Runnable, options: ReplayOptions = {}): Promise<ReplayReport> {
  const { registry } = definitionOf(target);
  const all = Array.from(registry.entries(), ({ ref }) => `${ref.module}#${ref.name}`);
  const report = await replay(loadFixture(file), target, { live: all, ...options });
  if (!report.matches) saveFixture(file, report.replayed, true);
  return report;
}

function fixtureOf(fixture: FixturePath | ScenarioFixture): ScenarioFixture {
  if (typeof fixture === "string" || fixture instanceof URL) return loadFixture(fixture);
  return readFixture(fixtureText(fixture), "the fixture");
}

async function replay(fixture: ScenarioFixture, target: Runnable, given: ReplayOptions): Promise<ReplayReport> {
  const { live = [], ...options } = checkedOptions<ReplayOptions>(given, REPLAY_OPTIONS, "a replay");
  const definition = definitionOf(target);
  refuseOther(fixture, definition);
  const clock = simulatedClock({ start: fixture.startedAt });
  const isLive = liveTasks(definition, live, options.mocks);
  const stubs = new RecordedBodies(definition, fixture, clock).mocks((task) => !isLive(task));
  const { runId, seed } = fixture;
  const replayed = await recorded(target, {
    ...options,
    clock,
    runId,
    seed,
    input: unwritten(fixture.input),
    channel: mapped(fixture.channel, unwritten),
    mocks: { ...stubs, ...options.mocks },
  });
  return new ReplayReport(firstDifference(fixture, replayed), replayed);
}

function refuseOther({ workflow }: ScenarioFixture, { name }: WorkflowDefinition): void {
  if (workflow.name === name) return;
  throw new FixtureError(
    `the fixture is of workflow ${quoted(workflow.name)}, and is replayed with ${quoted(name)}: pass the workflow it was recorded with.`,
  );
}

/** Which tasks have bodies of their own, or mocks. */
function liveTasks({ name, registry }: WorkflowDefinition, live: readonly string[], mocks: Mocks = {}): (task: RegisteredTask) => boolean {
  if (!Array.isArray(live)) throw new InvalidOptionError("option live of a replay is no list: expected the names of tasks.");
  const keysOf = ({ ref }: RegisteredTask): readonly string[] => [ref.name, `${ref.module}#${ref.name}`];
  const known = new Set([...registry.entries()].flatMap(keysOf));
  const unknown = live.find((task) => !known.has(task));
  if (unknown !== undefined) {
    throw new InvalidOptionError(
      `option live of a replay names task ${quoted(unknown)}, which workflow ${quoted(name)} does not have: expected some of ${Array.from(registry.entries(), ({ ref }) => ref.name).join(", ")}.`,
    );
  }
  const named = new Set([...live, ...Object.keys(mocks)]);
  return (task) => keysOf(task).some((key) => named.has(key));
}
