import { definitionOf, type Runnable } from "../authoring/definition-of.js";
import type { CheckpointView } from "../core/checkpoint-view.js";
import { TaskGraph } from "../core/graph.js";
import type { GraphJSON } from "../core/graph-json.js";

/** What a graph can be drawn of: anything that can be run, a graph as data, or a checkpoint, which needs none of the code. */
export type Drawable = Runnable | GraphJSON | CheckpointView;

/** The graph of it as data. Throws `DefinitionError`, and `CheckpointCorruptError` for a stored graph that does not read as one. */
export function graphOf(drawable: Drawable): GraphJSON {
  if (drawable instanceof TaskGraph) return drawable.toJSON();
  if (isGraphJSON(drawable)) return drawable;
  return isView(drawable) ? savedGraph(drawable) : definitionOf(drawable).graph.toJSON();
}

/** Whether it is what `history.load(id)` gives. */
export const isView = (value: unknown): value is CheckpointView =>
  typeof value === "object" && value !== null && "info" in value && "details" in value && "completedTasks" in value;

const savedGraph = ({ workflow, details }: CheckpointView): GraphJSON => ({
  name: workflow.name,
  starts: [details.start],
  ...details.graph,
});

const isGraphJSON = (value: unknown): value is GraphJSON =>
  (["starts", "nodes", "groups", "edges"] as const).every((list) => Array.isArray((Object(value) as Partial<GraphJSON>)[list]));
