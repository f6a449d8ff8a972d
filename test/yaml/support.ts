import { type TaskContext, task } from "cairnflow";
import { PipelineError, type PipelineOptions, type PipelineWorkflow, parseWorkflow } from "../../src/yaml/index.js";

/** Gives its input back. */
export const echo = task("echo", (_ctx: TaskContext, input: unknown) => input);

/** A workflow of a text whose steps name `echo`, and other tasks if some are given. */
export const pipelineOf = (text: string, options: Partial<PipelineOptions> = {}): PipelineWorkflow =>
  parseWorkflow(text, { file: "p.yaml", ...options, tasks: { echo, ...options.tasks } });

/** The problems of a text, as `line:column message`. */
export function problemsOf(text: string, options: Partial<PipelineOptions> = {}): string[] {
  try {
    pipelineOf(text, options);
  } catch (error) {
    if (error instanceof PipelineError) return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
    throw error;
  }
  return [];
}

/** The output of a run of a text. */
export const outputOf = async (text: string, input?: unknown, options: Partial<PipelineOptions> = {}): Promise<unknown> =>
  (await pipelineOf(text, options).run(input)).output;
