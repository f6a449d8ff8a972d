import { readFile, stat } from "node:fs/promises";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { plainText } from "../core/render-labels.js";
import { buildPipeline } from "./build-pipeline.js";
import { checkPipeline } from "./check-pipeline.js";
import { PipelineError } from "./pipeline-errors.js";
import { PipelineWorkflow } from "./pipeline-workflow.js";
import { Problems } from "./problems.js";
import { assertParamsUsed, type CheckedProgram, checkedProgram, type PipelineOptions } from "./program-options.js";
import { readPipeline } from "./read-pipeline.js";
import { readYaml, TEXT_LIMIT } from "./read-yaml.js";
import { indexSteps } from "./step-index.js";

/** What a program gives to the text of a pipeline, and what that is called. */
export interface PipelineTextOptions extends PipelineOptions {
  /** What stands before line and column in messages; `pipeline` unless given. Nothing is read from there. */
  readonly file?: string;
}

/** The most bytes of UTF-8 for each character of a text. */
const BYTES = 3;

/**
 * Makes a workflow of a file in YAML: its steps name tasks of the program.
 *
 * ```ts
 * const pipeline = await loadWorkflow("pipeline.yaml", { tasks: { load, score, train }, params: { lr: 0.1 } });
 * await pipeline.run({ path: "iris.csv" }, { checkpoints: "./checkpoints" });
 * ```
 *
 * Throws `PipelineError` with everything that is wrong with the file, by line and column, and `InvalidOptionError`. Nothing in the file names
 * another file, a module or a store.
 */
export async function loadWorkflow(file: string | URL, options: PipelineOptions): Promise<PipelineWorkflow> {
  const program = checkedProgram(options, [], "loadWorkflow");
  const name = checkedFile(file);
  return makePipeline(await readText(file, name), name, program);
}

/**
 * Makes a workflow of a text in YAML, as `loadWorkflow` does of a file.
 *
 * ```ts
 * const pipeline = parseWorkflow("id: etl\nsteps:\n  - { id: load, task: load }\n", { tasks: { load } });
 * ```
 *
 * Throws `PipelineError`, `InvalidOptionError`.
 */
export function parseWorkflow(text: string, options: PipelineTextOptions): PipelineWorkflow {
  const program = checkedProgram(options, ["file"], "parseWorkflow");
  if (typeof text !== "string") throw new InvalidOptionError(`parseWorkflow got ${quoted(text)}: expected the text of a pipeline.`);
  return makePipeline(text, checkedFile(options.file ?? "pipeline"), program);
}

function makePipeline(text: string, file: string, program: CheckedProgram): PipelineWorkflow {
  const problems = new Problems(file);
  const root = readYaml(text, problems);
  const spec = root === null ? null : readPipeline(root, problems);
  // What was read is checked although something else could not be: one error tells of both.
  const index = indexSteps(spec?.steps ?? [], problems);
  const params = new Map([...(spec?.params ?? []), ...program.params]);
  if (spec !== null) checkPipeline(spec, { index, tasks: program.tasks, params }, problems);
  problems.assertNone();
  if (spec === null) throw new PipelineError(`${file} holds no pipeline: expected a map with id and steps.`, []);
  assertParamsUsed(program.params.keys(), spec.params.keys(), index);
  const migrations = program.migrations(spec.version);
  return new PipelineWorkflow(buildPipeline(spec, { tasks: program.tasks, params, migrations }, problems), spec.resume);
}

async function readText(file: string | URL, name: string): Promise<string> {
  try {
    const facts = await stat(file);
    if (!facts.isFile()) throw new PipelineError(`${name} is no file: expected the path of a pipeline's text.`, []);
    if (facts.size > BYTES * TEXT_LIMIT)
      throw new PipelineError(
        `${name} is ${facts.size} bytes long: expected at most ${TEXT_LIMIT} characters; make several pipelines of it.`,
        [],
      );
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause;
    const why = cause instanceof TypeError ? "its bytes are not UTF-8" : ((cause as NodeJS.ErrnoException).code ?? String(cause));
    throw new PipelineError(`${name} cannot be read (${why}): expected the path of a pipeline's text in UTF-8; correct it.`, [], { cause });
  }
}

function checkedFile(file: unknown): string {
  const name = file instanceof URL ? file.pathname : file;
  if (typeof name === "string" && name !== "") return plainText(name);
  throw new InvalidOptionError(`the file of a pipeline is ${quoted(file)}: expected its path.`);
}
