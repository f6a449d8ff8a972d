import { type Defined, defineWorkflow, definitionOf, type Runnable, type types } from "./authoring/definition-of.js";
import { isFlow } from "./authoring/flow.js";
import { type WorkflowDecorator, workflowDecorator } from "./authoring/workflow-note.js";
import type { WorkflowOptions } from "./authoring/workflow-options.js";
import { TaskGraph } from "./core/graph.js";
import type { Flow } from "./core/task.js";
import type { WorkflowDefinition } from "./core/workflow-definition.js";
import type { RunResult } from "./engine/run-result.js";
import { ExecutionContext } from "./execution-context.js";
import type { ExecutionOptions, ForkOptions, ResumeOptions } from "./execution-options.js";
import { type ResumeReport, resumeReport } from "./resume-report.js";

/** The arguments of a run: the input may be left out where the workflow takes none. */
export type RunArguments<Input> = undefined extends Input
  ? [input?: Input, options?: ExecutionOptions]
  : [input: Input, options?: ExecutionOptions];

/** A named, versioned graph plus the tasks it may create while running. */
export class Workflow<Input = never, Output = unknown> implements Defined<Input, Output> {
  /** Only for the compiler. */
  declare readonly [types]?: { readonly input: (input: Input) => void; readonly output: Output };

  constructor(readonly definition: WorkflowDefinition) {}

  get name(): string {
    return this.definition.name;
  }

  get version(): number {
    return this.definition.version;
  }

  get graph(): TaskGraph {
    return this.definition.graph;
  }

  /** Runs the workflow to its end. Rejects with what it failed with: see `ExecutionContext.run`. */
  async run(...[input, options]: RunArguments<Input>): Promise<RunResult<Output>> {
    return ExecutionContext.create<Output>(this, options).run(input);
  }

  /** Goes on with a run from a checkpoint, to its end. */
  resume(options: ResumeOptions): Promise<RunResult<Output>> {
    return resume<Output>(this, options);
  }

  /** Starts a new run from a checkpoint of another, with edits, and runs it to its end. */
  fork(options: ForkOptions): Promise<RunResult<Output>> {
    return fork<Output>(this, options);
  }
}

/**
 * Makes a workflow of a flow or graph, or marks a class of tasks as one.
 *
 * ```ts
 * const training = workflow("training", chain(load, train), { tasks: [repair] });
 * await training.run("iris.csv", { checkpoints: "./checkpoints" });
 *
 * \@workflow("order", { version: 2 })
 * class Order { ... }
 * ```
 *
 * Throws `DefinitionError`.
 */
export function workflow<Input, Output>(
  name: string,
  flow: Flow<Input, Output, string>,
  options?: WorkflowOptions,
): Workflow<Input, Output>;
export function workflow(name: string, graph: TaskGraph, options?: WorkflowOptions): Workflow<unknown, unknown>;
export function workflow(name: string, options?: WorkflowOptions): WorkflowDecorator;
export function workflow(name: string, subject?: unknown, options?: WorkflowOptions): unknown {
  if (isFlow(subject) || subject instanceof TaskGraph) return new Workflow(defineWorkflow(name, subject, options));
  return workflowDecorator(name, subject as WorkflowOptions | undefined);
}

/** The workflow of a class with `@task` methods, or of an instance with its own dependencies. */
export function workflowOf(target: Runnable): Workflow<unknown, unknown> {
  return new Workflow(definitionOf(target));
}

/**
 * Runs a workflow, a graph, or a class with `@task` methods, to its end.
 *
 * ```ts
 * const { output } = await run(Order, order, { checkpoints: "./checkpoints" });
 * ```
 */
export function run<Input, Output>(target: Workflow<Input, Output>, ...args: RunArguments<Input>): Promise<RunResult<Output>>;
export function run(target: Runnable, input?: unknown, options?: ExecutionOptions): Promise<RunResult>;
export async function run(target: Runnable, input?: unknown, options?: ExecutionOptions): Promise<RunResult> {
  return ExecutionContext.create(target, options).run(input);
}

/** Goes on with a run from its newest checkpoint, or from the one named by `at`, to its end. */
export async function resume<Output = unknown>(target: Runnable<never, Output>, options: ResumeOptions): Promise<RunResult<Output>> {
  return (await ExecutionContext.resume<Output>(target, options)).run();
}

/**
 * Starts a new run from a checkpoint of another, with edits to its channel, and runs it to its end. The other run is left as it is.
 *
 * ```ts
 * const { output } = await fork(training, { from: "./checkpoints", runId: "run-1", at: "epoch-10", channel: { lr: 0.01 } });
 * ```
 */
export async function fork<Output = unknown>(target: Runnable<never, Output>, options: ForkOptions): Promise<RunResult<Output>> {
  return (await ExecutionContext.fork<Output>(target, options)).run();
}

/** Says whether a run could be resumed under today's code, and if not, everything that stands in the way. */
export async function canResume(target: Runnable, options: Pick<ResumeOptions, "from" | "runId" | "at">): Promise<ResumeReport> {
  return resumeReport(definitionOf(target), options);
}
