import { defineTask } from "../authoring/define-task.js";
import type { AnyBody, AnyFlow, AnyTask, TaskSettings } from "../core/task.js";
import type { TaskContext } from "../core/task-context.js";
import type { TaskSpec } from "../core/task-spec.js";
import { validated } from "../core/validate.js";
import { TemplateError } from "./pipeline-errors.js";
import { resolveTemplate } from "./resolve-template.js";
import type { TaskStepSpec } from "./step-spec.js";
import type { Template, TemplatePath } from "./template.js";

/** What templates of a pipeline's steps are made of. */
export interface TemplateValues {
  readonly params: ReadonlyMap<string, unknown>;
  /** Keeps the input of the run. */
  readonly input: AnyTask;
  /** What has the output of a step, by the step's id. */
  readonly flows: ReadonlyMap<string, AnyFlow>;
}

type Body = (ctx: TaskContext, input: unknown) => unknown;

/** A task of a pipeline: a task of the program under the name of a step, called with the parameters of that step. */
export function stepTask(step: TaskStepSpec, task: AnyTask, settings: Partial<TaskSettings>, values: TemplateValues): AnyTask {
  const merged: TaskSettings = { ...task.settings, start: false, next: [], after: [], formerly: [], ...settings, ...step.settings };
  const { name, qualname } = { name: step.id, qualname: task.qualname };
  if (step.parameters === null) return defineTask({ name, qualname, settings: Object.freeze(merged), body: task.body });
  const { template } = step.parameters;
  const { input: schema } = task.settings;
  const body: Body = async (ctx, input) => {
    const given = isHandedOver(ctx) ? input : await resolveTemplate(template, (path) => rootOf(path, ctx, input, values), step.id);
    const checked = schema === null ? given : await validated(schema, given, `parameters of ${step.id}`);
    return (task.body as Body)(ctx, checked);
  };
  return defineTask({ name, qualname, settings: Object.freeze({ ...merged, input: null }), body: body as AnyBody });
}

/** A task that gives the list of an `each`. */
export function itemsTask(name: string, template: Template, step: string, values: TemplateValues, settings: TaskSettings): AnyTask {
  const body: Body = async (ctx, input) => {
    const items = await resolveTemplate(template, (path) => rootOf(path, ctx, input, values), step);
    if (Array.isArray(items)) return items;
    throw new TemplateError(`items of step "${step}" is no list: expected one; correct its template, or what it leads to.`);
  };
  return defineTask({ name, qualname: `${step}.items`, settings, body: body as AnyBody });
}

/** Whether a task has chosen what the step gets, by `ctx.goto`, `ctx.nextTask` or `ctx.nextIteration`: parameters are not asked then. */
function isHandedOver(ctx: TaskContext): boolean {
  const { spec } = ctx as Partial<{ readonly spec: TaskSpec }>;
  const via = spec?.origin?.via;
  return via === "goto" || via === "nextTask" || via === "iteration";
}

function rootOf({ root, step }: TemplatePath, ctx: TaskContext, given: unknown, { params, input, flows }: TemplateValues): unknown {
  switch (root) {
    case "item":
    case "previous":
      return given;
    case "params":
      return Object.fromEntries(params);
    case "input":
      return ctx.result(input);
    case "steps":
      return ctx.result(flows.get(step as string) as AnyFlow);
  }
}
