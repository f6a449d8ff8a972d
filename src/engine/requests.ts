import type { CheckpointRequestOptions } from "../core/checkpoint.js";
import { DuplicateIdError, InvalidOptionError, NoCheckpointStoreError, TaskNotRegisteredError } from "../core/errors.js";
import { endId } from "../core/graph-flow.js";
import { checkedId, quoted } from "../core/ids.js";
import type { CheckpointRequest, NextRequest } from "../core/outcome.js";
import type { RegisteredTask } from "../core/registry.js";
import { capture } from "../core/serialize/index.js";
import type { TaskLike } from "../core/task.js";
import type { NextTaskOptions } from "../core/task-context.js";
import type { TaskSpec } from "../core/task-spec.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { inlineTask } from "./inline-task.js";
import type { Durability } from "./run-wiring.js";
import type { TaskDoor } from "./task-door.js";

/** The request behind `ctx.nextTask` and `ctx.goto`. Throws `TaskNotRegisteredError` for a task the workflow does not know. */
export function nextRequest(run: TaskDoor, from: string, code: TaskLike, options: NextTaskOptions<unknown>): NextRequest {
  const { task, ref, node } = run.definition.registry.find(code) ?? unregistered(run, code);
  if (options.id !== undefined && isTaken(run.definition, checkedId(options.id, "the id of a dynamic task"))) {
    throw new DuplicateIdError(`nextTask in "${from}" got the id ${quoted(options.id)}, which is the name of a task: choose another id.`);
  }
  if (options.goto !== undefined && typeof options.goto !== "boolean") {
    throw new InvalidOptionError(`nextTask in "${from}" got goto of type ${typeof options.goto}: expected true or false.`);
  }
  return {
    ref,
    node,
    id: options.id ?? null,
    input: capture(options.input, `input of ${options.id ?? ref.name}`),
    jump: options.goto ?? node !== null,
    maxRetries: task.settings.retry?.maxRetries ?? run.settings.defaultRetry?.maxRetries ?? 0,
  };
}

/** Whether an id is that of a node or of a task that may be queued: the results of both are kept by their names. */
function isTaken({ plan, registry }: WorkflowDefinition, id: string): boolean {
  return plan.nodes.has(id) || registry.resolve({ module: registry.module, name: id }) !== undefined;
}

function unregistered(run: TaskDoor, code: TaskLike): RegisteredTask {
  const { name, registry } = run.definition;
  if (typeof code === "object" && code !== null && code.kind !== "task") {
    throw new TaskNotRegisteredError(`a group or chain (${code.kind}) cannot be queued or jumped to: name one of its tasks.`);
  }
  if (typeof code === "function" && run.takesInline) return inlineTask(registry, code);
  const what =
    typeof code === "function"
      ? `the function ${quoted(code.name || "anonymous")}`
      : `task ${quoted("name" in code ? code.name : code?.kind)}`;
  throw new TaskNotRegisteredError(
    `${what} is not known to workflow ${quoted(name)}, so that a resume could not find it: ` +
      `give it to the workflow as in workflow(${JSON.stringify(name)}, flow, { tasks: [...] }), or put it into the graph. ` +
      `An inline function works only with durability "none", no checkpoint store and no runner.`,
  );
}

/** The request behind `ctx.checkpoint`. Throws `NoCheckpointStoreError` if checkpoints are meant to be stored but there is no store. */
export function checkpointRequest(
  run: TaskDoor,
  spec: TaskSpec,
  metadata: Readonly<Record<string, unknown>>,
  { name, mode = "deferred" }: CheckpointRequestOptions,
): CheckpointRequest {
  if (mode !== "deferred" && mode !== "immediate") {
    throw new InvalidOptionError(`checkpoint in "${spec.taskId}" got mode ${quoted(mode)}: expected "deferred" or "immediate".`);
  }
  if (run.checkpointer === null && run.settings.durability !== "none") throw noStore(`task "${spec.taskId}"`, run.settings.durability);
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw new InvalidOptionError(`checkpoint in "${spec.taskId}" got metadata that is no object: expected fields such as { epoch: 10 }.`);
  }
  return {
    id: run.host.newId(),
    name: name === undefined ? null : checkedId(name, "checkpoint name"),
    reason: "requested",
    metadata: capture(metadata, "checkpoint metadata"),
    taskId: spec.taskId,
    cycle: spec.cycle,
  };
}

/** What to say when a checkpoint is asked for that could not be stored. */
export function noStore(who: string, durability: Durability): NoCheckpointStoreError {
  const why =
    durability === "none"
      ? 'the run has durability "none": leave that out'
      : 'the run has no store: pass { checkpoints: "./checkpoints" } (a folder) or "memory:"';
  return new NoCheckpointStoreError(`${who} asked for a checkpoint, but ${why}, or do not ask.`);
}

/** The id under which the result of a task, a group or a decorated method is kept. */
export function resultIdOf(definition: WorkflowDefinition, code: TaskLike): string {
  const entry = definition.registry.find(code);
  if (entry) return entry.node ?? entry.ref.name;
  if (typeof code !== "function") {
    const id = endId(code);
    if (definition.graph.has(id)) return id;
  }
  throw new TaskNotRegisteredError(
    `result() got a task that workflow ${quoted(definition.name)} does not know: put it into the graph or into { tasks: [...] }.`,
  );
}
