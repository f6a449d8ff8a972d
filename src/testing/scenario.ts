import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import type { Channel } from "../core/channel.js";
import { checkedId } from "../core/ids.js";
import type { SettledAttempt } from "../core/rehearsal.js";
import { StoredChannel } from "../core/stored-channel.js";
import { ExecutionContext } from "../execution-context.js";
import { type ExecutionOptions, isPolicy } from "../execution-options.js";
import { MemoryCheckpointStore } from "../memory/memory-checkpoint-store.js";
import { type CheckpointLocation, openCheckpointStore } from "../open-store.js";
import { Workflow } from "../workflow.js";
import { DeterminismWatch } from "./determinism.js";
import { Driver } from "./driver.js";
import { withMocks } from "./mocks.js";
import { MortalClock } from "./mortal-clock.js";
import {
  checkedScenario,
  type ResumeScenarioOptions,
  type ScenarioDirection,
  type ScenarioOptions,
  withoutDirection,
} from "./scenario-options.js";
import { simulatedClock } from "./simulated-clock.js";
import { type Handlers, Stage } from "./stage.js";
import { Story } from "./story.js";
import { TraceBook } from "./trace-book.js";
import { WitnessedChannel } from "./witnessed-channel.js";

/** The id and the seed of a run that is not given others. */
const NAME = "scenario";

/** The arguments of a scenario: the input may be left out where the workflow takes none. */
export type ScenarioArguments<Input> = undefined extends Input
  ? [options?: ScenarioOptions & { readonly input?: Input }]
  : [options: ScenarioOptions & { readonly input: Input }];

/** What has no types for its input and output; a workflow that has is not taken for one, whatever its input. */
export type NotTyped<T> = T extends Workflow<never, unknown> ? never : unknown;

/**
 * Sets up a run that goes on only as far as a test tells it to. Time is virtual, every body runs in this thread, ids and chance are the
 * same at every run: two runs of one scenario have the same trace.
 *
 * ```ts
 * const story = scenario(order, { input: { id: "o1" }, mocks: { pay: throwOnce(new Error("declined")) } });
 * await story.until("ship");
 * expect(String(story.trace)).toMatchSnapshot();
 * const { output } = await story.toEnd();
 * ```
 *
 * Throws `DefinitionError`s: for options, mocks, or a graph that cannot be run.
 */
export function scenario<Input, Output>(target: Workflow<Input, Output>, ...args: ScenarioArguments<Input>): Story<Output>;
export function scenario<T extends Runnable>(target: T & NotTyped<T>, options?: ScenarioOptions & { readonly input?: unknown }): Story;
export function scenario(target: Runnable, options: ScenarioOptions & { readonly input?: unknown } = {}): Story {
  const setting = setUp(target, options, "scenario");
  const { checkpoints = new MemoryCheckpointStore(), ...run } = withoutDirection(options);
  const wired: ExecutionOptions = { runId: NAME, seed: NAME, newId: counted("id"), ...run, ...setting.wiring, checkpoints };
  return new Story({
    ...setting,
    context: ExecutionContext.create(setting.workflow, wired),
    input: options.input,
    store: placeOf(checkpoints),
  });
}

/**
 * Sets up a scenario that goes on from a checkpoint: by default from the newest one of the run that `scenario` has left in `from`.
 *
 * ```ts
 * await story.untilCheckpoint("paid");
 * story.kill();
 * const later = await resumeScenario(order, { from: story.store });
 * await later.toEnd();
 * ```
 *
 * Throws `DefinitionError`s, and what `resume` throws: `CheckpointNotFoundError`, `CheckpointCorruptError`, `IncompatibleCheckpointError`.
 */
export async function resumeScenario<Output>(target: Workflow<never, Output>, options: ResumeScenarioOptions): Promise<Story<Output>>;
export async function resumeScenario(target: Runnable, options: ResumeScenarioOptions): Promise<Story>;
export async function resumeScenario(target: Runnable, options: ResumeScenarioOptions): Promise<Story> {
  const setting = setUp(target, options, "resumed scenario");
  const run = withoutDirection(options);
  const runId = options.runId === undefined ? NAME : checkedId(options.runId, "run id");
  const newId = counted(`id-${await newestSeq(options.from, runId)}`);
  const wired = { takeOver: true, newId, ...run, ...setting.wiring, runId };
  const context = await ExecutionContext.resume(setting.workflow, wired);
  const store = options.checkpoints === undefined ? options.from : placeOf(options.checkpoints);
  return new Story({ ...setting, context, input: undefined, store });
}

/** Everything around a run, from the clock to the stage. */
function setUp(target: Runnable, options: ScenarioDirection & Pick<ExecutionOptions, "handlers">, kind: "scenario" | "resumed scenario") {
  const { channel, strict, maxMoves, patienceMs } = checkedScenario(options, kind);
  const mocked = options.mocks === undefined ? definitionOf(target) : withMocks(target, options.mocks).definition;
  const clock = options.clock ?? simulatedClock();
  const runClock = new MortalClock(clock);
  const watch = strict ? new DeterminismWatch() : null;
  const handlers: Handlers = new Map(Object.entries(options.handlers ?? {}));
  const stage = new Stage(mocked, handlers, (ctx, body) => (watch === null ? body(ctx) : watch.call(ctx, body)));
  const witness = new WitnessedChannel(channel.backend);
  const book = new TraceBook(clock, witness);
  const settled = (attempt: SettledAttempt): void => {
    stage.settled(attempt);
    book.note(attempt);
  };
  const definition = { ...mocked, rehearsal: { bodies: stage.bodies, settled } };
  return {
    workflow: new Workflow<never, never>(definition),
    definition,
    clock,
    runClock,
    channel: channel as unknown as Channel,
    stage,
    trace: book.trace,
    watch,
    maxMoves,
    driver: new Driver(stage, clock, patienceMs, () => book.trace.length),
    wiring: { clock: runClock, channel: new StoredChannel<object>(witness, channel.schemas) as never },
  };
}

/** Tells the ids of what follows apart from those there are. */
async function newestSeq(from: CheckpointLocation, runId: string): Promise<number> {
  const history = openCheckpointStore(from);
  try {
    return (await history.latest(runId))?.info.seq ?? 0;
  } finally {
    if (typeof from === "string") await history.close();
  }
}

function counted(prefix: string): () => string {
  let count = 0;
  return () => `${prefix}-${++count}`;
}

const placeOf = (checkpoints: NonNullable<ExecutionOptions["checkpoints"]>): CheckpointLocation =>
  isPolicy(checkpoints) ? checkpoints.store : checkpoints;
