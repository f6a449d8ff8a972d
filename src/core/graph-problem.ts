import { InvalidGraphError } from "./errors.js";
import type { GraphPlan } from "./graph-plan.js";
import { quoted } from "./ids.js";

/** A reason why a graph cannot be run as it stands. */
export interface GraphProblem {
  readonly kind: "no-start" | "ambiguous-start" | "unreachable" | "unknown-next" | "crosses-group" | "duplicate-id" | "missing-task";
  /** The node it is about, or `null` if it is about the graph as a whole. */
  readonly node: string | null;
  readonly message: string;
}

/** The start chosen by the caller of a run, if any. */
export interface StartChoice {
  readonly start?: string | undefined;
}

/** What `assertRunnable` needs of a graph. */
interface Checked {
  readonly name: string;
  validate(choice: StartChoice): readonly GraphProblem[];
}

/** Throws `InvalidGraphError` with every problem of a graph, if it has any. */
export function assertRunnable(graph: Checked, start?: string): void {
  const problems = graph.validate({ start });
  if (problems.length > 0) throw invalidGraph(graph.name, problems);
}

/** The node a run starts with: the one that was chosen, or the only one it can start with. Throws `InvalidGraphError`. */
export function singleStart(plan: GraphPlan, start?: string): string {
  const problem = startProblem(plan.name, plan.starts, start, (id) => plan.nodes.get(id)?.group);
  if (problem !== null) throw invalidGraph(plan.name, [problem]);
  return start ?? (plan.starts[0] as string);
}

/** What is wrong with the start of a run, or `null`. `groupOf` gives `undefined` for a node that is not in the graph. */
export function startProblem(
  graph: string,
  starts: readonly string[],
  start: string | undefined,
  groupOf: (id: string) => string | null | undefined,
): GraphProblem | null {
  if (start === undefined) return defaultStartProblem(graph, starts);
  const group = groupOf(start);
  if (group === null) return null;
  const found = group === undefined ? "is not in it" : `is inside group ${quoted(group)}`;
  const fix = group === undefined ? "expected a task or group at its top level; correct the name" : `start with the group`;
  return { kind: "no-start", node: start, message: `graph ${quoted(graph)} cannot start with ${quoted(start)}, which ${found}: ${fix}.` };
}

function defaultStartProblem(graph: string, starts: readonly string[]): GraphProblem | null {
  if (starts.length === 1) return null;
  if (starts.length === 0)
    return {
      kind: "no-start",
      node: null,
      message: `graph ${quoted(graph)} has no start: every task has one before it; mark one with start: true, or name one as the \`start\` of the run.`,
    };
  return {
    kind: "ambiguous-start",
    node: null,
    message:
      `graph ${quoted(graph)} has ${starts.length} starts (${listed(starts)}), but a run starts exactly one: ` +
      `mark only one with start: true, put one task before them, or name one as the \`start\` of the run.`,
  };
}

/** Names for a message: quoted, and not too many. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map(quoted).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

/** The error for a graph with these problems. */
export function invalidGraph(graph: string, problems: readonly GraphProblem[]): InvalidGraphError {
  const lines = problems.map((problem) => problem.message);
  const text = lines.length === 1 ? (lines[0] as string) : `graph ${quoted(graph)} has ${lines.length} problems:\n- ${lines.join("\n- ")}`;
  return new InvalidGraphError(text, problems);
}
