import type { GraphAnalysis, GraphDraft } from "./graph-analysis.js";
import { walk } from "./graph-cycles.js";
import type { DraftNode } from "./graph-draft.js";
import { type GraphProblem, invalidGraph, listed, startProblem } from "./graph-problem.js";
import { quoted } from "./ids.js";
import { refOf } from "./registry.js";
import type { AnyTask } from "./task.js";

/** Every reason why a graph cannot be run from `start`, or from the only place it can start. */
export function problemsOf(analysis: GraphAnalysis, start: string | undefined): GraphProblem[] {
  const { draft, nodes, problems } = analysis;
  if (nodes.length === 0) return [emptyProblem(draft.name)];
  const starts = analysis.starts.map((node) => node.id);
  const wrongStart = startProblem(draft.name, starts, start, (id) => groupOf(draft, id));
  const tasks = nodes.flatMap(({ part }) => (part.kind === "task" ? [part] : []));
  return [
    ...(wrongStart === null ? [] : [wrongStart]),
    ...problems,
    ...unreachable(analysis, start),
    ...sharedReferences(tasks, draft.name),
    ...tasks.filter((task) => typeof task.body !== "function").map(missingTask),
  ];
}

/** The node of the chosen start of a run. Throws `InvalidGraphError` if it is not at the top level. */
export function startNode(draft: GraphDraft, start: string): DraftNode {
  const problem = startProblem(draft.name, [], start, (id) => groupOf(draft, id));
  if (problem !== null) throw invalidGraph(draft.name, [problem]);
  return draft.nodes.get(start) as DraftNode;
}

function groupOf(draft: GraphDraft, id: string): string | null | undefined {
  const node = draft.nodes.get(id);
  return node === undefined ? undefined : (node.branch?.group ?? null);
}

const emptyProblem = (name: string): GraphProblem => ({
  kind: "no-start",
  node: null,
  message: `graph ${quoted(name)} is empty: expected at least one task; add one with graph.add(task).`,
});

/** Top-level nodes that no edge leads to from any place where a run may start. Without such a place there is one problem, not many. */
function unreachable(analysis: GraphAnalysis, start: string | undefined): GraphProblem[] {
  const { draft, nodes, starts, jumpTargets, next } = analysis;
  const chosen = start === undefined ? undefined : draft.nodes.get(start);
  const roots = [...starts, ...(chosen === undefined ? [] : [chosen])];
  if (roots.length === 0) return [];
  const { regions } = walk(
    next,
    [...roots, ...jumpTargets].map((node) => node.index),
  );
  const names = listed(roots.map((node) => node.id));
  const lost = nodes.filter((node) => node.branch === null && regions[node.index] === -1);
  return lost.map((node) => unreachableProblem(node, draft.name, names));
}

function unreachableProblem(node: DraftNode, graph: string, starts: string): GraphProblem {
  return {
    kind: "unreachable",
    node: node.id,
    message:
      `${node.part.kind === "task" ? "task" : "group"} ${quoted(node.id)} of graph ${quoted(graph)} is never reached: ` +
      `no edge leads to it from ${starts}; add one (graph.edge, next or after), or take it out.`,
  };
}

/** Every reference, present or former, must lead to one task, or an old checkpoint would be a matter of luck. */
function sharedReferences(tasks: readonly AnyTask[], graph: string): GraphProblem[] {
  const keyOf = (task: AnyTask, name: string): string => `${refOf(graph, task).module}#${name}`;
  const owners = new Map(tasks.map((task) => [keyOf(task, task.name), task.name]));
  const problems: GraphProblem[] = [];
  for (const task of tasks) {
    for (const former of task.settings.formerly) {
      const key = former.includes("#") ? former : keyOf(task, former);
      const owner = owners.get(key) ?? task.name;
      owners.set(key, owner);
      if (owner !== task.name) problems.push(sharedReference(task.name, former, owner));
    }
  }
  return problems;
}

function sharedReference(name: string, former: string, owner: string): GraphProblem {
  return {
    kind: "duplicate-id",
    node: name,
    message:
      `task ${quoted(name)} has formerly: ${quoted(former)}, which already stands for task ${quoted(owner)}: ` +
      `expected one task for each reference; remove it from one of the two.`,
  };
}

function missingTask(task: AnyTask): GraphProblem {
  return {
    kind: "missing-task",
    node: task.name,
    message:
      `task ${quoted(task.name)} is a reference without a function (found ${typeof task.body}): ` +
      `add the task that task(name, fn) or @task made, in place of its data.`,
  };
}
