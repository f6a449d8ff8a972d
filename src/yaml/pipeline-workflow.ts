import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import type { RunResult } from "../engine/run-result.js";
import { type CheckpointOptions, type ExecutionOptions, type ForkOptions, policyOf, type ResumeOptions } from "../execution-options.js";
import type { CheckpointLocation } from "../open-store.js";
import { type RunArguments, Workflow } from "../workflow.js";
import type { ResumeSection } from "./step-spec.js";

/**
 * A workflow that was read from a text. `run`, `resume` and `fork` follow the `resume:` section of the text; what the program says itself
 * comes before it.
 *
 * ```ts
 * const pipeline = await loadWorkflow("pipeline.yaml", { tasks: { load, score } });
 * const context = ExecutionContext.create(pipeline, pipeline.runOptions({ checkpoints: "./checkpoints" }));
 * ```
 */
export class PipelineWorkflow extends Workflow<unknown, unknown> {
  readonly #section: ResumeSection | null;

  constructor(definition: WorkflowDefinition, section: ResumeSection | null) {
    super(definition);
    this.#section = section;
  }

  /**
   * These options, with what the `resume:` section adds: for `ExecutionContext.create` and `run(pipeline, input, options)`, which do not
   * look at the section. Throws `InvalidOptionError` if the section asks for checkpoints and the program names no place for them.
   */
  runOptions(options: ExecutionOptions = {}): ExecutionOptions {
    if (this.#section === null || options.durability === "none") return options;
    if (!this.#section.enabled) return { durability: "none", ...options };
    const { checkpoints } = options;
    if (checkpoints !== undefined) return { ...options, ...this.#checkpoints(checkpoints, options) };
    throw new InvalidOptionError(
      `pipeline ${quoted(this.name)} is to be resumed (resume: in its text), but the run has no place for checkpoints: pass { checkpoints: "./checkpoints" }, or { durability: "none" } to run without.`,
    );
  }

  /** These options, with what the `resume:` section adds: for `ExecutionContext.resume` and `resume(pipeline, options)`. */
  resumeOptions<Options extends ResumeOptions | ForkOptions>(options: Options): Options {
    if (this.#section === null) return options;
    const { retryFailed, enabled } = this.#section;
    const strategy = retryFailed === null ? {} : { strategy: { retryFailed, ...options.strategy } };
    if (!enabled) return { durability: "none", ...options, ...strategy };
    return { ...options, ...strategy, ...this.#checkpoints(options.checkpoints ?? options.from, options) };
  }

  override async run(...[input, options]: RunArguments<unknown>): Promise<RunResult> {
    return super.run(input, this.runOptions(options));
  }

  override resume(options: ResumeOptions): Promise<RunResult> {
    return super.resume(this.resumeOptions(options));
  }

  override fork(options: ForkOptions): Promise<RunResult> {
    return super.fork(this.resumeOptions(options));
  }

  #checkpoints(
    given: CheckpointLocation | CheckpointOptions,
    options: Pick<ExecutionOptions, "checkpoints">,
  ): Pick<ExecutionOptions, "checkpoints"> {
    const every = this.#section?.every ?? null;
    if (every === null) return {};
    const isPolicy = given === options.checkpoints && policyOf(options) === given;
    return { checkpoints: isPolicy ? { every, ...(given as CheckpointOptions) } : { store: given as CheckpointLocation, every } };
  }
}
