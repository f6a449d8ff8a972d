/** Workflows whose steps are kept in files: pipelines in YAML. Needs the package `yaml`. */

export { loadWorkflow, type PipelineTextOptions, parseWorkflow } from "./load-workflow.js";
export { PipelineError, type PipelineProblem, TemplateError } from "./pipeline-errors.js";
export { PipelineWorkflow } from "./pipeline-workflow.js";
export type { PipelineOptions } from "./program-options.js";
