import type { CheckpointView } from "../core/checkpoint-view.js";
import type { GraphJSON } from "../core/graph-json.js";
import { counted } from "./number-text.js";

const MOST_SHOWN = 40;

/** A graph, and the id of the group in it that only the picture has, if there is one. */
export interface DrawnGraph {
  readonly graph: GraphJSON;
  readonly outside: string | null;
}

/** The graph with the tasks that a run has queued beside it, as members of a group of their own. */
export function withOutsiders(graph: GraphJSON, run: CheckpointView | undefined): DrawnGraph {
  if (run === undefined) return { graph, outside: null };
  const inside = new Set([...graph.nodes, ...graph.groups].map(({ id }) => id));
  // Open tasks come first: if there are too many, those that completed are left out.
  const ids = [...new Set([...run.tasks.map(({ taskId }) => taskId), ...run.completedTasks.keys()])].filter((id) => !inside.has(id));
  if (ids.length === 0) return { graph, outside: null };
  const left = ids.length - MOST_SHOWN;
  const group = freeName(`queued by tasks${left > 0 ? ` (${counted(left, "more task")} not shown)` : ""}`, inside);
  const nodes = ids.slice(0, MOST_SHOWN).map((id) => ({ id, group, join: "all" as const, reference: NO_REFERENCE }));
  const outside = { id: group, kind: "parallel" as const, group: null, policy: "", concurrency: null, branches: [] };
  return { graph: { ...graph, nodes: [...graph.nodes, ...nodes], groups: [...graph.groups, outside] }, outside: group };
}

/** Nothing that is drawn asks for it. */
const NO_REFERENCE = { strategy: "reference", module: "", name: "", qualname: "" } as const;

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  while (taken.has(free)) free += " ";
  return free;
}
