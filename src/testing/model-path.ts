import type { Runnable } from "../authoring/definition-of.js";
import { ExecutionContext } from "../execution-context.js";
import type { ExecutionOptions } from "../execution-options.js";
import { MemoryCheckpointStore } from "../memory/memory-checkpoint-store.js";
import type { CoverageItem } from "./coverage-model.js";
import { type Mocks, withMocks } from "./mocks.js";
import type { PathModel } from "./paths-model.js";
import { type PathScript, scriptMocks } from "./paths-script.js";
import { simulatedClock } from "./simulated-clock.js";

/** How a path ended. */
export type PathEnd =
  | { readonly status: "completed"; readonly output: unknown; readonly error: null }
  | { readonly status: "failed"; readonly output: undefined; readonly error: unknown };

/** Options of a run but for those that a path chooses itself. */
export type PathRunOptions = Omit<ExecutionOptions, "clock" | "checkpoints" | "start">;

/** One way through a workflow, as data that the real engine can be driven along. */
export class ModelPath {
  readonly name: string;
  /** What the path is there for; it may see more. */
  readonly covers: readonly CoverageItem[];
  readonly expected: "completed" | "failed";
  /** What the run is started with. */
  readonly input: unknown;
  /** A body for each task, which leads the run along the path. */
  readonly mocks: Mocks;

  constructor(
    private readonly target: Runnable,
    model: PathModel,
    { name, covers, script, expected }: Pick<ModelPath, "name" | "covers" | "expected"> & { readonly script: PathScript },
    private readonly start: string | undefined,
  ) {
    this.name = name;
    this.covers = covers;
    this.expected = expected;
    this.input = model.input;
    this.mocks = scriptMocks(model, script);
  }

  /**
   * Runs the workflow along the path: with its mocks, on a simulated clock, with a store in memory. Resolves to how it ended, also
   * when that is a failure; compare `status` with `expected`.
   */
  async run(options: PathRunOptions = {}): Promise<PathEnd> {
    const clock = simulatedClock();
    const start = this.start === undefined ? {} : { start: this.start };
    const context = ExecutionContext.create(withMocks(this.target, this.mocks), {
      ...{ maxSteps: LIMIT, defaultMaxCycles: LIMIT, ...options },
      ...{ clock, checkpoints: new MemoryCheckpointStore(), ...start },
    });
    const ended = context.run(this.input).then(
      ({ output }): PathEnd => ({ status: "completed", output, error: null }),
      (error: unknown): PathEnd => ({ status: "failed", output: undefined, error }),
    );
    await clock.runUntilIdle();
    return ended;
  }
}

/** More than a path through a large graph needs. */
const LIMIT = 100_000;
