import { checkedOptions } from "../authoring/option-checks.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import { isRetriable, type RetryPolicy } from "../core/retry.js";
import type { AnyTask } from "../core/task.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { checkedBodyFacts, checkedByTask } from "./body-facts.js";
import type { BodyFacts } from "./coverage-model.js";
import type { PathModel, PathValues } from "./paths-model.js";

/** What a graph alone does not tell of the runs of a workflow. */
export interface PathOptions extends BodyFacts {
  /** The node that runs start with, if the graph leaves a choice. */
  readonly start?: string;
  /** The input of runs. */
  readonly input?: unknown;
  /** Outputs of tasks by name, for those whose output goes through a schema; others give `null`, or a list where an `each` follows. */
  readonly samples?: Readonly<Record<string, unknown>>;
  /** What a `goto` gives to a task, by its name; the sample of the task that jumps unless given. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** What tasks throw that are tried again, by name, where a function of theirs decides. */
  readonly errors?: Readonly<Record<string, unknown>>;
}

const KNOWN = ["start", "input", "gotos", "iterates", "samples", "inputs", "errors"];

/** The options of `modelPaths`, checked by name and kind. */
export function checkedPathOptions(definition: WorkflowDefinition, options: unknown): { facts: Required<BodyFacts>; values: PathValues } {
  const { gotos, iterates, input, samples, inputs, errors } = checkedOptions<PathOptions>(options, KNOWN, "modelPaths");
  const byTask = (record: unknown, name: string): Map<string, unknown> =>
    new Map(checkedByTask(definition, record, `option ${name} of modelPaths`));
  return {
    facts: checkedBodyFacts(definition, { ...(gotos && { gotos }), ...(iterates && { iterates }) }, "modelPaths"),
    values: { input, samples: byTask(samples, "samples"), inputs: byTask(inputs, "inputs"), errors: byTask(errors, "errors") },
  };
}

/** Refuses a model with values missing that no path could make up, or with nodes that no known way leads to; names all of them. */
export function checkComplete(model: PathModel): void {
  const problems = [
    ...missingSamples(model),
    ...model
      .unreached()
      .map(
        (name) => `no known way leads to ${quoted(name)}: name the task that goes there, as in gotos: { task: [${JSON.stringify(name)}] }`,
      ),
    ...model.tasks().flatMap(({ name, task }) => (hasError(model, name, task) ? [] : [noError(name)])),
  ];
  if (problems.length === 0) return;
  throw new InvalidOptionError(
    `modelPaths of ${quoted(model.definition.name)} lacks what the graph does not tell: ${problems.join("; ")}.`,
  );
}

function missingSamples(model: PathModel): string[] {
  const { samples, inputs, input } = model.values;
  const missing: string[] = [];
  const lacksSample = (name: string): boolean => !samples.has(name);
  for (const { name, task } of model.tasks()) {
    if (task.settings.output !== null && lacksSample(name)) missing.push(`samples: ${quoted(name)} has an output schema`);
    if (task.settings.input === null) continue;
    if (name === model.start && input === undefined) missing.push(`input: ${quoted(name)} has an input schema`);
    for (const from of feedersOf(model, name).filter(lacksSample))
      missing.push(`samples: the output of ${quoted(from)} goes into the input schema of ${quoted(name)}`);
    const isTarget = model.jumps().some(({ to }) => to === name);
    if (isTarget && !inputs.has(name)) missing.push(`inputs: ${quoted(name)} has an input schema, and a goto leads to it`);
  }
  return [...new Set(missing)];
}

/** The tasks with an edge to a node. */
const feedersOf = ({ plan }: PathModel, name: string): string[] =>
  [...plan.nodes.values()].filter((node) => node.kind === "task" && node.next.some(({ to }) => to.id === name)).map(({ id }) => id);

const noError = (name: string): string =>
  `errors: no error was found that ${quoted(name)} is tried again after, as a function of its retry options decides`;

const hasError = (model: PathModel, name: string, { settings }: AnyTask): boolean =>
  settings.retry === null || settings.retry.maxRetries === 0 || retriedError(model, name, settings.retry) !== null;

/** An error after which a task is tried again, or `null` if none was found. */
export function retriedError({ values }: PathModel, name: string, policy: RetryPolicy): { readonly error: unknown } | null {
  const named = (policy.on ?? []).map((matcher) => {
    if (typeof matcher === "string") return errorNamed(matcher === "transient" ? "ECONNRESET" : matcher);
    const { prototype } = matcher as { readonly prototype?: object };
    return prototype === undefined
      ? new Error("a path had this task fail")
      : Object.assign(Object.create(prototype) as Error, { message: "a path had this task fail" });
  });
  const candidates = values.errors.has(name) ? [values.errors.get(name)] : [new Error("a path had this task fail"), ...named];
  const error = candidates.find((candidate) => isRetriable(policy, candidate));
  return error === undefined ? null : { error };
}

const errorNamed = (name: string): Error => Object.assign(new Error("a path had this task fail"), { name, code: name });
