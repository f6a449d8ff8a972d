import { DefinitionError } from "../core/errors.js";
import { TaskGraph } from "../core/graph.js";
import { checkedId, quoted } from "../core/ids.js";
import { TaskRegistry } from "../core/registry.js";
import type { AnyBody, AnyFlow, AnyTask } from "../core/task.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { isFlow } from "./flow.js";
import { shown } from "./option-checks.js";
import { registeredMethods } from "./task.js";
import { tasksOfClass } from "./workflow-class.js";
import { type AnyClass, workflowNoteOf } from "./workflow-note.js";
import { checkedWorkflowOptions, type WorkflowOptions, type WorkflowSettings } from "./workflow-options.js";

/** Names the property that carries the types of a workflow, for the compiler only. */
export declare const types: unique symbol;

/** Something that has been made a workflow of. */
export interface Defined<in Input = never, out Output = unknown> {
  readonly definition: WorkflowDefinition;
  /** Only for the compiler. */
  readonly [types]?: { readonly input: (input: Input) => void; readonly output: Output };
}

/** What can be run: a workflow, a graph, a class with `@task` methods, or an instance of one. */
export type Runnable<Input = never, Output = unknown> = Defined<Input, Output> | TaskGraph | AnyClass | object;

/** The definition of a flow or graph under a name. Throws `DefinitionError`. */
export function defineWorkflow(name: string, flow: AnyFlow | TaskGraph, options: WorkflowOptions = {}): WorkflowDefinition {
  const settings = checkedWorkflowOptions(options, `workflow ${quoted(checkedId(name, "workflow name"))}`);
  const graph = flow instanceof TaskGraph ? flow : new TaskGraph(name).add(flow);
  return definition(name, graph, settings);
}

/** The definition of anything that can be run. Throws `DefinitionError`. */
export function definitionOf(target: unknown): WorkflowDefinition {
  if (target instanceof TaskGraph) return definition(target.name, target, PLAIN);
  if (isDefined(target)) return target.definition;
  if (isFlow(target) || typeof target !== "object" ? typeof target !== "function" : target === null) {
    throw new DefinitionError(
      `found ${isFlow(target) ? `a ${target.kind}` : shown(target)} where a workflow is expected: ` +
        `pass a workflow(...), a TaskGraph, a class with @task methods, or an instance of one.`,
    );
  }
  const note = workflowNoteOf(target);
  const { graph, methods } = tasksOfClass(target as object);
  return definition(graph.name, graph, note ?? PLAIN, methods);
}

const isDefined = (target: unknown): target is Defined =>
  typeof target === "object" && target !== null && typeof (target as Partial<Defined>).definition === "object";

/** Of what was given no options. */
const PLAIN: WorkflowSettings = { version: 1, tasks: [], migrations: new Map() };

function definition(
  name: string,
  graph: TaskGraph,
  { version, tasks, migrations }: WorkflowSettings,
  methods: ReadonlyMap<AnyBody, AnyTask> = registeredMethods(graph.tasks()),
): WorkflowDefinition {
  const registry = new TaskRegistry(graph.name, methods);
  const plan = graph.plan();
  for (const node of plan.nodes.values()) if (node.kind === "task") registry.add(node.task, node.id, node.ref);
  for (const task of tasks) registry.add(task, null);
  return { name, version, graph, plan, registry, migrations };
}
