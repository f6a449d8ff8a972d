import { DefinitionError, type ErrorFacts } from "../core/errors.js";

/** One thing that is wrong with the text of a pipeline. Lines and columns count from 1. */
export interface PipelineProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The text of a pipeline cannot be made a workflow of; `problems` lists every reason with its line and column. */
export class PipelineError extends DefinitionError {
  override readonly code = "PIPELINE";
  constructor(
    message: string,
    readonly problems: readonly PipelineProblem[],
    facts: ErrorFacts = {},
  ) {
    super(message, facts);
  }
}

/** A template asks for something that is not there when its step is about to run, or that cannot stand where it is written. */
export class TemplateError extends DefinitionError {
  override readonly code = "TEMPLATE";
}
