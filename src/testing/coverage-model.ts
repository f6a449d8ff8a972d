import type { GraphPlan, PlanNode, TaskNode } from "../core/graph-plan.js";
import type { WorkflowDefinition } from "../core/workflow-definition.js";
import { failingMembers, type GroupOutcome } from "./group-outcomes.js";

/** What a coverage counts. */
export const COVERAGE_PARTS = ["tasks", "edges", "jumps", "groups", "cycles", "retries", "timeouts", "checkpoints"] as const;
export type CoveragePart = (typeof COVERAGE_PARTS)[number];

/** One thing that runs may do, as `edges: pay -> ship`. */
export type CoverageItem = `${CoveragePart}: ${string}`;

/** What only the bodies of tasks know. */
export interface BodyFacts {
  /** The tasks that the body of a task may go to (`ctx.goto`, `ctx.nextTask`), by its name. */
  readonly gotos?: Readonly<Record<string, readonly string[]>>;
  /** Tasks that call `ctx.nextIteration`, beside those with a `maxCycles` of their own outside all cycles of the graph. */
  readonly iterates?: readonly string[];
}

export const taskItem = (task: string): CoverageItem => `tasks: ${task}`;
export const edgeItem = (from: string, to: string): CoverageItem => `edges: ${from} -> ${to}`;
export const jumpItem = (from: string, to: string): CoverageItem => `jumps: ${from} -> ${to}`;
export const cycleItem = (from: string, to: string): CoverageItem => `cycles: ${from} -> ${to}`;
export const retryItem = (task: string, end: "recovered" | "used up"): CoverageItem => `retries: ${task} ${end}`;
export const timeoutItem = (task: string): CoverageItem => `timeouts: ${task}`;
export const checkpointItem = (task: string): CoverageItem => `checkpoints: ${task}`;

const OUTCOMES: Readonly<Record<GroupOutcome, string>> = {
  succeeded: "all members succeeded",
  tolerated: "succeeded with failed members",
  failed: "failed",
};
export const groupItem = (group: string, outcome: GroupOutcome): CoverageItem => `groups: ${group} ${OUTCOMES[outcome]}`;

/** Everything that runs of a workflow may do, as far as its graph and these facts tell. */
export function coverageModel({ plan, registry }: WorkflowDefinition, { gotos = {}, iterates = [] }: BodyFacts): ReadonlySet<CoverageItem> {
  const nodes = [...plan.nodes.values()];
  return new Set([
    ...Array.from(registry.entries(), ({ ref, node }) => taskItem(node ?? ref.name)),
    ...nodes.flatMap((node) => node.next.map(({ to }) => edgeItem(node.id, to.id))),
    ...Object.entries(gotos).flatMap(([from, targets]) => targets.map((to) => jumpItem(from, to))),
    ...nodes.flatMap((node) =>
      node.kind === "task"
        ? []
        : ["succeeded" as const, ...failingMembers(plan, node).keys()].map((outcome) => groupItem(node.id, outcome)),
    ),
    ...nodes.flatMap((node) => node.next.filter(({ back }) => back).map(({ to }) => cycleItem(node.id, to.id))),
    ...iteratingTasks(plan, iterates).map((task) => cycleItem(task, task)),
    ...nodes.flatMap((node) => (node.kind === "task" ? taskItems(node) : [])),
  ]);
}

/** The tasks that repeat themselves: those named, and those with a `maxCycles` of their own that no cycle of the graph leads back to. */
export function iteratingTasks(plan: GraphPlan, named: readonly string[]): string[] {
  const limited = [...plan.nodes.values()].filter(
    (node) => node.kind === "task" && (node.task.settings.maxCycles ?? 1) > 1 && !reaches(node, node),
  );
  return [...new Set([...named, ...limited.map((node) => node.id)])];
}

function reaches(from: PlanNode, target: PlanNode): boolean {
  const found = new Set(from.next.map(({ to }) => to));
  for (const node of found) for (const { to } of node.next) found.add(to);
  return found.has(target);
}

function taskItems({ id, task: { settings } }: TaskNode): CoverageItem[] {
  const isRetried = (settings.retry?.maxRetries ?? 0) > 0;
  return [
    ...(isRetried ? [retryItem(id, "recovered"), retryItem(id, "used up")] : []),
    ...(settings.timeoutMs === null ? [] : [timeoutItem(id)]),
    ...(settings.critical || settings.checkpoint !== null ? [checkpointItem(id)] : []),
  ];
}
