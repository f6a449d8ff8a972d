import { defineTask } from "../authoring/define-task.js";
import { chain, each, parallel } from "../authoring/flow.js";
import { checkedSettings } from "../authoring/task-settings.js";
import type { WorkflowSettings } from "../authoring/workflow-options.js";
import { TaskGraph } from "../core/graph.js";
import { TaskRegistry } from "../core/registry.js";
import { checkedRetry } from "../core/retry.js";
import type { AnyBody, AnyFlow, AnyTask, TaskSettings } from "../core/task.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { tried } from "./fields.js";
import type { Problems } from "./problems.js";
import { branchesOf, type EachStepSpec, type ParallelStepSpec, type PipelineSpec, type StepSpec, type TaskStepSpec } from "./step-spec.js";
import { itemsTask, stepTask, type TemplateValues } from "./step-task.js";

/** What the program adds to the text of a pipeline. */
export interface ProgramParts {
  readonly tasks: ReadonlyMap<string, AnyTask>;
  readonly params: ReadonlyMap<string, unknown>;
  readonly migrations: WorkflowSettings["migrations"];
}

/** The task every pipeline starts with: its result is the input of the run. No step can have its name, which has a dot. */
const INPUT = defineTask({
  name: "run.input",
  qualname: "run.input",
  settings: checkedSettings({ start: true }, "run.input"),
  body: (_ctx: never, input: never) => input,
});

/** Makes a definition of a pipeline whose names have been checked. What only groups can tell is a problem. */
export function buildPipeline(spec: PipelineSpec, program: ProgramParts, problems: Problems): WorkflowDefinition {
  const builder = new FlowBuilder(spec, program, problems);
  const flows = new Map(spec.steps.map((step) => [step.id, builder.flowOf(step)]));
  problems.assertNone();
  const graph = new TaskGraph(spec.id).add(INPUT);
  for (const flow of flows.values()) graph.add(flow);
  for (const { id, needs } of spec.steps) {
    const before = needs.length === 0 ? [INPUT] : needs.map(({ text }) => flows.get(text) as AnyFlow);
    for (const flow of before) graph.edge(flow, flows.get(id) as AnyFlow);
  }
  const plan = graph.plan();
  const registry = registryOf(plan, spec, program);
  return { name: spec.id, version: spec.version, graph, plan, registry, migrations: program.migrations };
}

/** Tasks of steps under their own references; those of the program that no step uses may be queued by the others. */
function registryOf(plan: WorkflowDefinition["plan"], { id, steps }: PipelineSpec, { tasks }: ProgramParts): TaskRegistry {
  const used = taskStepsOf(steps).map((step) => ({ step, task: tasks.get(step.task.text) as AnyTask }));
  const once = used.filter(({ task }) => used.filter((other) => other.task === task).length === 1);
  const nodes = [...plan.nodes.values()].filter((node) => node.kind === "task");
  const tasksByStep = new Map(nodes.map((node) => [node.id, node.task]));
  // A task that is one step only stands for that step in calls such as ctx.goto(task).
  const aliases = new Map<unknown, AnyTask>(once.map(({ step, task }) => [task, tasksByStep.get(step.id) as AnyTask]));
  const registry = new TaskRegistry(id, aliases as ReadonlyMap<AnyBody, AnyTask>);
  for (const node of nodes) registry.add(node.task, node.id, node.ref);
  const spare = [...tasks.values()].filter((task) => !used.some((one) => one.task === task) && !plan.nodes.has(task.name));
  for (const task of spare) registry.add(task, null);
  return registry;
}

const taskStepsOf = (steps: readonly StepSpec[]): readonly TaskStepSpec[] =>
  steps.flatMap((step) => (step.kind === "task" ? [step] : branchesOf(step).flatMap(taskStepsOf)));

/** Makes flows of steps. */
class FlowBuilder {
  readonly #flows = new Map<string, AnyFlow>();
  readonly #values: TemplateValues;

  constructor(
    private readonly spec: PipelineSpec,
    private readonly program: ProgramParts,
    private readonly problems: Problems,
  ) {
    this.#values = { params: program.params, input: INPUT, flows: this.#flows };
  }

  flowOf(step: StepSpec): AnyFlow {
    const flow = step.kind === "task" ? this.#task(step) : step.kind === "each" ? this.#each(step) : this.#parallel(step);
    this.#flows.set(step.id, flow);
    return flow;
  }

  #task(step: TaskStepSpec): AnyTask {
    const task = this.program.tasks.get(step.task.text) as AnyTask;
    const { maxRetries } = this.spec.resume ?? { maxRetries: null };
    const retry = task.settings.retry ?? (maxRetries === null ? null : checkedRetry(maxRetries));
    return stepTask(step, task, { ...this.#module(step.task.text), retry }, this.#values);
  }

  #parallel(step: ParallelStepSpec): AnyFlow {
    const branches = step.branches.map((branch) => this.#chain(branch));
    return this.#group(step, (options) => parallel(branches as never, options as never));
  }

  #each(step: EachStepSpec): AnyFlow {
    const branch = this.#chain(step.steps);
    const group = this.#group(step, (options) => each(branch, options as never));
    if (step.items === null) return group;
    const settings = { ...checkedSettings({}, "items"), ...this.#module("items") };
    return chain(itemsTask(`${step.id}.items`, step.items.template, step.id, this.#values, settings), group) as AnyFlow;
  }

  #group(step: ParallelStepSpec | EachStepSpec, make: (options: object) => AnyFlow): AnyFlow {
    const options = { name: step.id, policy: step.policy.value, ...(step.concurrency === null ? {} : { concurrency: step.concurrency }) };
    // What stands in for a group that cannot be made is never run: its problem is thrown first.
    return tried(() => make(options), step.policy.place, this.problems) ?? INPUT;
  }

  #chain(steps: readonly StepSpec[]): AnyFlow {
    const flows = steps.map((step) => this.flowOf(step));
    return flows.length === 1 ? (flows[0] as AnyFlow) : (chain(...(flows as never[])) as AnyFlow);
  }

  /** The reference of a step names its task, too: a checkpoint does not fit a pipeline whose step does something else. */
  #module(task: string): Pick<TaskSettings, "module"> {
    return { module: `${this.spec.id}/${task}` };
  }
}
