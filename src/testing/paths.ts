import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import { TaskTimeoutError } from "../core/errors.js";
import type { GraphPlan } from "../core/graph-plan.js";
import { singleStart } from "../core/graph-problem.js";
import { isRetriable } from "../core/retry.js";
import { startingWith } from "../wire-run.js";
import { Workflow } from "../workflow.js";
import {
  type CoverageItem,
  checkpointItem,
  cycleItem,
  edgeItem,
  groupItem,
  iteratingTasks,
  jumpItem,
  retryItem,
  taskItem,
  timeoutItem,
} from "./coverage-model.js";
import { failingMembers, type GroupNode } from "./group-outcomes.js";
import { ModelPath } from "./model-path.js";
import { endAfterFailureOf, tasksThatFail } from "./paths-forecast.js";
import { PathModel, type Region } from "./paths-model.js";
import { checkComplete, checkedPathOptions, type PathOptions, retriedError } from "./paths-options.js";
import type { PathScript } from "./paths-script.js";

/** A path in the making. */
interface Draft {
  readonly name: string;
  readonly covers: readonly CoverageItem[];
  readonly script: PathScript;
  readonly expected: "completed" | "failed";
}

/**
 * Paths through a workflow, made of its graph, that together go along every edge, end every group in every way its policy knows,
 * go through every cycle once, try every task again that has a retry policy (once with success, once until its attempts are used
 * up), and let every time-out fall due. Bodies do not run: mocks stand in for all of them. There are as many paths as the model is
 * large, and no more.
 *
 * ```ts
 * it.each(modelPaths(order, { gotos: { review: ["approve", "reject"] } }))("$name", async (path) => {
 *   expect((await path.run({ events: coverage.listeners })).status).toBe(path.expected);
 * });
 * ```
 *
 * Throws `InvalidOptionError`, which names every value that is missing, and `InvalidGraphError`.
 */
export function modelPaths(target: Runnable, options: PathOptions = {}): readonly ModelPath[] {
  // Once: each look at a class gives tasks of its own.
  const workflow = new Workflow(definitionOf(target));
  const { facts, values } = checkedPathOptions(workflow.definition, options);
  const definition = startingWith(workflow.definition, options.start);
  const model = new PathModel(definition, singleStart(definition.plan, options.start), facts, values);
  checkComplete(model);
  const drafts = [...regionPaths(model), ...jumpPaths(model), ...taskPaths(model), ...groupPaths(model), ...iterationPaths(model)];
  return drafts.map((draft) => new ModelPath(workflow, model, draft, options.start));
}

/** One for all that is reached from the start, and one for each jump that leads to more. */
function regionPaths(model: PathModel): Draft[] {
  return model.regions.map((region) => ({
    name: region.jumps.length === 0 ? "everything succeeds" : nameOfJump(region),
    covers: [...jumpItems(region), ...regionItems(model, region)],
    script: { jumps: region.jumps },
    expected: "completed",
  }));
}

/** One for each jump to where other ways lead as well. */
function jumpPaths(model: PathModel): Draft[] {
  const known = new Set(model.regions.flatMap(jumpItems));
  return model
    .jumps()
    .filter(({ from, to }) => !known.has(jumpItem(from, to)))
    .map((jump) => {
      const region = { jumps: [...(model.jumpsTo(jump.from) ?? []), jump], nodes: new Set<string>() };
      return { name: nameOfJump(region), covers: jumpItems(region), script: { jumps: region.jumps }, expected: "completed" };
    });
}

const nameOfJump = ({ jumps }: Region): string => `${jumps.at(-1)?.from} goes to ${jumps.at(-1)?.to}`;

const jumpItems = ({ jumps }: Region): CoverageItem[] => jumps.slice(-1).map(({ from, to }) => jumpItem(from, to));

/** What is done in a region when every task does well. */
function regionItems({ plan, registry }: PathModel, { nodes }: Region): CoverageItem[] {
  const marked = [...registry.entries()].filter(({ task }) => task.settings.critical || task.settings.checkpoint !== null);
  const known = [...nodes].flatMap((name) => plan.nodes.get(name) ?? []);
  return [
    ...[...nodes].filter((name) => plan.nodes.get(name)?.kind !== "parallel" && plan.nodes.get(name)?.kind !== "each").map(taskItem),
    ...known.flatMap((node) => node.next.map(({ to }) => edgeItem(node.id, to.id))),
    ...known.flatMap((node) => node.next.filter(({ back }) => back).map(({ to }) => cycleItem(node.id, to.id))),
    ...known.flatMap((node) => (node.kind === "task" ? [] : [groupItem(node.id, "succeeded")])),
    ...marked.flatMap(({ node }) => (node !== null && nodes.has(node) ? [checkpointItem(node)] : [])),
  ];
}

/** Retries and time-outs. */
function taskPaths(model: PathModel): Draft[] {
  return nodesOf(model.plan).flatMap((name) => [...retryPaths(model, name), ...timeoutPaths(model, name)]);
}

const nodesOf = ({ nodes }: GraphPlan): string[] => [...nodes.values()].filter(({ kind }) => kind === "task").map(({ id }) => id);

function retryPaths(model: PathModel, task: string): Draft[] {
  const { retry } = model.task(task).settings;
  const found = retry === null || retry.maxRetries === 0 ? null : retriedError(model, task, retry);
  if (found === null) return [];
  const jumps = model.jumpsTo(task) ?? [];
  const throws = { task, error: found.error };
  const usedUp = { jumps, throws: { ...throws, always: true } };
  return [
    {
      name: `${task} fails once and is tried again`,
      covers: [retryItem(task, "recovered")],
      script: { jumps, throws: { ...throws, always: false } },
      expected: "completed",
    },
    {
      name: `${task} uses up its attempts`,
      covers: [retryItem(task, "used up")],
      script: usedUp,
      expected: endAfterFailureOf(model, task),
    },
  ];
}

function timeoutPaths(model: PathModel, task: string): Draft[] {
  const { timeoutMs, retry } = model.task(task).settings;
  if (timeoutMs === null) return [];
  const isTriedAgain =
    retry !== null && retry.maxRetries > 0 && isRetriable(retry, new TaskTimeoutError("a path let it fall due", timeoutMs));
  return [
    {
      name: `${task} runs longer than its time-out`,
      covers: [timeoutItem(task)],
      script: { jumps: model.jumpsTo(task) ?? [], hangs: { task, ms: timeoutMs * 2 + 1 } },
      expected: isTriedAgain ? "completed" : endAfterFailureOf(model, task),
    },
  ];
}

/** Each way in which a group can end with failed members. */
function groupPaths(model: PathModel): Draft[] {
  const groups = [...model.plan.nodes.values()].filter((node): node is GroupNode => node.kind !== "task");
  return groups.flatMap((group) =>
    [...failingMembers(model.plan, group, model.sizeOf(group)).keys()].flatMap((outcome) => {
      const fails = tasksThatFail(model, group, outcome);
      if (fails === null) return [];
      return {
        name: outcome === "failed" ? `group ${group.id} fails` : `group ${group.id} succeeds with failed members`,
        covers: [groupItem(group.id, outcome)],
        script: { jumps: model.jumpsTo(group.id) ?? [], fails },
        expected: outcome === "failed" ? endAfterFailureOf(model, group.id) : "completed",
      };
    }),
  );
}

function iterationPaths(model: PathModel): Draft[] {
  return iteratingTasks(model.plan, model.facts.iterates).map((task) => ({
    name: `${task} runs once more`,
    covers: [cycleItem(task, task)],
    script: { jumps: model.jumpsTo(task) ?? [], iterates: task },
    expected: "completed",
  }));
}
