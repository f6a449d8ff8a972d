import { expectedNames } from "../core/expected-names.js";
import { quoted } from "../core/ids.js";
import type { Problems } from "./problems.js";
import { comesBefore, type IndexedStep } from "./step-index.js";
import type { Parameters, PipelineSpec } from "./step-spec.js";
import { pathsOf, type TemplatePath } from "./template.js";

/** What the names in a pipeline may mean. */
export interface KnownNames {
  readonly index: ReadonlyMap<string, IndexedStep>;
  readonly tasks: ReadonlyMap<string, unknown>;
  readonly params: ReadonlyMap<string, unknown>;
}

/** Checks that every name of a pipeline leads somewhere, and that no step waits for itself. */
export function checkPipeline({ steps }: PipelineSpec, known: KnownNames, problems: Problems): void {
  for (const indexed of known.index.values()) checkStep(indexed, known, problems);
  const inCycle = steps.find((step) => {
    const indexed = known.index.get(step.id);
    return indexed !== undefined && comesBefore(known.index, step.id, indexed);
  });
  if (inCycle !== undefined)
    problems.add(
      inCycle.place,
      `step ${quoted(inCycle.id)} needs itself, by way of the steps it needs: expected no cycle; remove one of these needs.`,
    );
}

function checkStep(indexed: IndexedStep, known: KnownNames, problems: Problems): void {
  const { step } = indexed;
  for (const { text, place } of step.needs) {
    const needed = known.index.get(text);
    if (needed === undefined)
      problems.add(place, `step ${quoted(step.id)} needs ${quoted(text)}, which is no step: ${expectedNames(text, topOf(known))}`);
    else if (needed.group !== null)
      problems.add(
        place,
        `step ${quoted(step.id)} needs ${quoted(text)}, which is inside group ${quoted(needed.group.step.id)}: expected the group; name it.`,
      );
  }
  if (step.kind === "task" && !known.tasks.has(step.task.text)) {
    const { text, place } = step.task;
    problems.add(
      place,
      `step ${quoted(step.id)} has the task ${quoted(text)}, which the program does not give: ${expectedNames(text, known.tasks.keys())}`,
    );
  }
  const parameters = step.kind === "task" ? step.parameters : step.kind === "each" ? step.items : null;
  if (parameters !== null) checkTemplate(indexed, parameters, known, problems);
}

const topOf = ({ index }: KnownNames): string[] => [...index.values()].filter(({ group }) => group === null).map(({ step }) => step.id);

function checkTemplate(indexed: IndexedStep, { template, place }: Parameters, known: KnownNames, problems: Problems): void {
  for (const path of pathsOf(template)) {
    const problem = problemOf(path, indexed, known);
    if (problem !== null) problems.add(place, `the template ${quoted(path.text)} of step ${quoted(indexed.step.id)} ${problem}`);
  }
}

function problemOf(path: TemplatePath, indexed: IndexedStep, known: KnownNames): string | null {
  const { group, before } = indexed;
  const isFirst = before.length === 0;
  switch (path.root) {
    case "input":
      return null;
    case "params":
      return paramProblem(path, known.params);
    case "steps":
      return stepProblem(path.step as string, indexed, known);
    case "item":
      return group?.step.kind === "each" && isFirst
        ? null
        : "asks for the item: expected in the first step of an each; hand it on in the output of that.";
    case "previous":
      return isFirst ? "asks for the step before it in its branch, and there is none: expected steps.<id>.output, input or item." : null;
  }
}

function paramProblem({ keys: [name] }: TemplatePath, params: ReadonlyMap<string, unknown>): string | null {
  if (typeof name !== "string") return "names no parameter: expected params.<name>.";
  return params.has(name)
    ? null
    : `asks for the parameter ${quoted(name)}, which neither the text nor the program gives: ${expectedNames(name, params.keys())}`;
}

function stepProblem(id: string, indexed: IndexedStep, { index }: KnownNames): string | null {
  const found = index.get(id);
  if (found === undefined) return `asks for step ${quoted(id)}, which is not there: ${expectedNames(id, index.keys())}`;
  if (found.isRepeated)
    return `asks for step ${quoted(id)}, which runs for each item and has no output of its own: expected the group's; name that.`;
  if (comesBefore(index, id, indexed)) return null;
  return `asks for step ${quoted(id)}, which need not have ended by then: expected a step that comes before; add it to needs.`;
}
