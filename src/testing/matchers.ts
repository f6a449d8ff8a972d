import type { Runnable } from "../authoring/definition-of.js";
import type { CheckpointView } from "../core/checkpoint-view.js";
import { toErrorRecord } from "../core/error-record.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { ExecutionContext } from "../execution-context.js";
import type { FixturePath } from "./fixture-file.js";
import { type ReplayOptions, replayScenario } from "./replay-scenario.js";
import { isSameData } from "./same-data.js";
import { resumeScenario } from "./scenario.js";
import type { ScenarioFixture } from "./scenario-fixture.js";
import type { ResumeScenarioOptions } from "./scenario-options.js";
import type { Story } from "./story.js";
import { valueText } from "./value-text.js";

/** What a matcher of vitest or jest gives. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** The matchers, for the types of `expect`: `declare module "vitest" { interface Matchers<T> extends ScenarioMatchers<T> {} }`. */
export interface ScenarioMatchers<Result = unknown> {
  /** A task of this id has completed. Of a story, a run or a checkpoint. */
  toHaveCompleted(task: string): Result;
  /** A task of this id waits to begin. Of a story, a run or a checkpoint. */
  toHavePending(task: string): Result;
  /** Nothing waits or is under way but tasks of this id. Of a story, a run or a checkpoint. */
  toBeAtState(task: string): Result;
  /** It failed with an error of this code, or with one that was caused by one. Of a story, or of an error itself. */
  toHaveFailedWith(code: string): Result;
  /** A workflow replays a fixture without a difference, as `replayScenario` does. To be awaited. */
  toMatchScenario(fixture: FixturePath | ScenarioFixture, options?: ReplayOptions): Promise<Result>;
  /** A workflow goes on from a stored checkpoint, as `resumeScenario` does, and ends with this output. To be awaited. */
  toResumeTo(from: ResumeScenarioOptions, output: unknown): Promise<Result>;
}

/** For `expect.extend(matchers)`. */
export const matchers = {
  async toMatchScenario(received: unknown, fixture: FixturePath | ScenarioFixture, options?: ReplayOptions): Promise<MatcherResult> {
    const report = await replayScenario(fixture, received as Runnable, options);
    return judged(report.matches, "to match the scenario", String(report));
  },
  async toResumeTo(received: unknown, from: ResumeScenarioOptions, output: unknown): Promise<MatcherResult> {
    const story = await resumeScenario(received as Runnable, from);
    const found = (await story.toEnd()).output;
    return judged(isSameData(found, output, false), `to resume to ${valueText(output)}`, valueText(found));
  },
  toHaveCompleted(received: unknown, task: string): MatcherResult {
    const { completed } = standingOf(received, "toHaveCompleted");
    return judged(completed.includes(task), `to have completed ${quoted(task)}`, `completed: ${named(completed)}`);
  },
  toHavePending(received: unknown, task: string): MatcherResult {
    const { pending } = standingOf(received, "toHavePending");
    return judged(pending.includes(task), `to have ${quoted(task)} pending`, `pending: ${named(pending)}`);
  },
  toBeAtState(received: unknown, task: string): MatcherResult {
    const { pending, running } = standingOf(received, "toBeAtState");
    const open = [...new Set([...running, ...pending])];
    return judged(open.length === 1 && open[0] === task, `to be at ${quoted(task)}`, `at: ${named(open)}`);
  },
  toHaveFailedWith(received: unknown, code: string): MatcherResult {
    const chain = causesOf(received instanceof Error ? received : errorOf(received));
    const found = chain.map((error) => error.code ?? error.name).join(", caused by ");
    return judged(
      chain.some((error) => error.code === code),
      `to have failed with ${quoted(code)}`,
      chain.length === 0 ? "no failure" : found,
    );
  },
};

interface Standing {
  readonly completed: readonly string[];
  readonly pending: readonly string[];
  readonly running: readonly string[];
}

const idsOf = (tasks: readonly { readonly taskId: string }[]): string[] => tasks.map(({ taskId }) => taskId);

function standingOf(received: unknown, matcher: string): Standing {
  const run = (typeof received === "object" && received !== null ? received : {}) as Partial<Story & ExecutionContext & CheckpointView>;
  if (Array.isArray(run.tasks) && (run.completedTasks as unknown) instanceof Map) {
    const { tasks, completedTasks } = received as CheckpointView;
    const of = (status: string): string[] => idsOf(tasks.filter((task) => task.status === status));
    return { completed: [...completedTasks.keys()], pending: of("pending"), running: of("running") };
  }
  if (Array.isArray(run.pending) && Array.isArray(run.running)) {
    const { completedTasks, pending, running } = received as Story;
    return { completed: completedTasks, pending: idsOf(pending), running: idsOf(running) };
  }
  if (!Array.isArray(run.pendingTasks)) throw notARun(received, matcher, "a story, an ExecutionContext or a CheckpointView");
  const { completedTasks, pendingTasks } = received as ExecutionContext;
  return { completed: completedTasks, pending: idsOf(pendingTasks), running: [] };
}

function errorOf(received: unknown): unknown {
  if (typeof received === "object" && received !== null && "error" in received && "trace" in received) return received.error;
  throw notARun(received, "toHaveFailedWith", "a story, or the error that a run rejected with");
}

/** An error, what caused it, and so on. */
function causesOf(thrown: unknown): { readonly name: string; readonly code: string | null }[] {
  if (thrown === null) return [];
  const chain = [];
  for (let error: ReturnType<typeof toErrorRecord> | null = toErrorRecord(thrown); error !== null; error = error.cause) chain.push(error);
  return chain;
}

const judged = (pass: boolean, what: string, found: string): MatcherResult => ({
  pass,
  message: () => `expected it ${pass ? "not " : ""}${what}; found ${found}`,
});

const named = (ids: readonly string[]): string => (ids.length === 0 ? "nothing" : [...new Set(ids)].map(quoted).join(", "));

const notARun = (received: unknown, matcher: string, expected: string): InvalidOptionError =>
  new InvalidOptionError(`${matcher} got ${quoted(received)}: expected ${expected}.`);
