import { isFlow } from "../authoring/flow.js";
import { checkedOptions, shown } from "../authoring/option-checks.js";
import { checkedWorkflowOptions, type WorkflowOptions } from "../authoring/workflow-options.js";
import { InvalidOptionError } from "../core/errors.js";
import { expectedNames } from "../core/expected-names.js";
import { checkedId, quoted } from "../core/ids.js";
import { isPlainObject } from "../core/plain-object.js";
import { capture } from "../core/serialize/index.js";
import type { AnyTask } from "../core/task.js";
import type { ProgramParts } from "./build-pipeline.js";
import type { IndexedStep } from "./step-index.js";
import { pathsOf } from "./template.js";

/** What a program gives to the text of a pipeline. */
export interface PipelineOptions {
  /** The tasks that steps may name, by the name they are given in the text. Those that no step names may be queued by the others. */
  readonly tasks: Readonly<Record<string, AnyTask>>;
  /** Values for templates such as `${{ params.lr }}`; they take the place of those in the text. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** How runs saved under older versions are carried forward, as in the options of a workflow. */
  readonly migrate?: NonNullable<WorkflowOptions["migrate"]>;
}

/** The options of a pipeline, checked; `migrate` is, once its version is known. */
export interface CheckedProgram extends Omit<ProgramParts, "migrations"> {
  migrations(version: number): ProgramParts["migrations"];
}

/** Throws `DefinitionError` for what is no task, no value that can be stored, or no option. */
export function checkedProgram(options: PipelineOptions, known: readonly string[], what: string): CheckedProgram {
  const { tasks, params = {}, migrate } = checkedOptions<PipelineOptions>(options, ["tasks", "params", "migrate", ...known], what);
  if (!isPlainObject(tasks)) throw notAnObject("tasks", tasks, what, "tasks by name, such as { load, score }");
  if (!isPlainObject(params)) throw notAnObject("params", params, what, "values by name, such as { lr: 0.1 }");
  for (const [name, task] of Object.entries(tasks)) checkTask(checkedId(name, `a name in option tasks of ${what}`), task, what);
  const values = Object.entries(params).map(([name, value]) => [name, capture(value, `params.${name}`).read()] as const);
  return {
    tasks: new Map(Object.entries(tasks)),
    params: new Map(values),
    migrations: (version) => checkedWorkflowOptions({ version, ...(migrate === undefined ? {} : { migrate }) }, what).migrations,
  };
}

function checkTask(name: string, task: unknown, what: string): void {
  if (isFlow(task) && task.kind === "task") return;
  const found = isFlow(task) ? `a ${task.kind}` : shown(task);
  throw new InvalidOptionError(
    `task ${quoted(name)} in option tasks of ${what} is ${found}: expected what task(name, fn) returned; pass that.`,
  );
}

const notAnObject = (option: string, found: unknown, what: string, expected: string): InvalidOptionError =>
  new InvalidOptionError(`option ${option} of ${what} is ${shown(found)}: expected ${expected}.`);

/** Throws `InvalidOptionError` for a value that nothing in the text asks for: its name is misspelt here or there. */
export function assertParamsUsed(given: Iterable<string>, declared: Iterable<string>, index: ReadonlyMap<string, IndexedStep>): void {
  const known = new Set(declared);
  for (const { step } of index.values()) {
    const parameters = step.kind === "task" ? step.parameters : step.kind === "each" ? step.items : null;
    for (const { root, keys } of parameters === null ? [] : pathsOf(parameters.template)) if (root === "params") known.add(String(keys[0]));
  }
  for (const name of given) {
    if (known.has(name)) continue;
    throw new InvalidOptionError(
      `option params has ${quoted(name)}, which nothing in the pipeline asks for: ${expectedNames(name, known)}`,
    );
  }
}
