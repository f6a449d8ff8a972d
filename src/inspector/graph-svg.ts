import { checkedOptions, checkedWord, optionError } from "../authoring/option-checks.js";
import type { CheckpointView } from "../core/checkpoint-view.js";
import type { GraphJSON } from "../core/graph-json.js";
import type { Placed } from "./boxes.js";
import { type Drawable, graphOf, isView } from "./drawable-graph.js";
import { factsOf, type NodeFacts } from "./graph-facts.js";
import { graphLegend } from "./graph-legend.js";
import { drawnLink } from "./graph-link.js";
import { withOutsiders } from "./graph-outsiders.js";
import type { Direction } from "./link-boxes.js";
import { type Markup, tag } from "./markup.js";
import { placeGraph } from "./place-graph.js";
import { drawnGroup, drawnTask, nodeSize } from "./place-node.js";
import { shortened } from "./text-size.js";
import { picture, textAt } from "./theme.js";
import { checkedTimeline, type Timeline } from "./timeline.js";

export interface GraphSvgOptions {
  /** How far a run has come, as `history.latest(runId)` gives it: states and counts are drawn in. A graph drawn of a checkpoint has that. */
  readonly run?: CheckpointView | undefined;
  /** When tasks ran, as `recordTimeline()` gives it: how long they took is drawn in. */
  readonly timeline?: Timeline | undefined;
  /** Where edges lead; `"down"` unless given. */
  readonly direction?: "down" | "right";
}

const MARGIN = 20;
const TITLE = 34;
const MIN_WIDTH = 360;

/**
 * The graph of a workflow as an SVG, laid out without a browser. Groups are boxes around their members, joins have a bar, edges
 * that close a cycle are dashed. The same graph and run give the same text. Throws `DefinitionError`, `InvalidOptionError`.
 *
 * ```ts
 * await writeFile("order.svg", graphSvg(Order));
 * await writeFile("order-7.svg", graphSvg(await history.load(checkpointId)));
 * ```
 */
export function graphSvg(graph: Drawable, options: GraphSvgOptions = {}): string {
  const {
    run = isView(graph) ? graph : undefined,
    timeline,
    direction,
  } = checkedOptions<GraphSvgOptions>(options, ["run", "timeline", "direction"], "graphSvg");
  const way: Direction = checkedWord(direction, ["down", "right"] as const, "option direction of graphSvg") ?? "down";
  if (run !== undefined && !isView(run))
    throw optionError("option run of graphSvg", run, "a checkpoint, as history.latest(runId) gives it");
  const drawn = withOutsiders(graphOf(graph), run);
  const facts = factsOf(drawn, run, timeline === undefined ? undefined : checkedTimeline(timeline, "option timeline of graphSvg"));
  const size = (id: string) => nodeSize(facts.get(id) as NodeFacts);
  return composed(drawn.graph, facts, placeGraph(drawn.graph, { task: size, groupHead: size }, way));
}

function composed(graph: GraphJSON, facts: ReadonlyMap<string, NodeFacts>, placed: Placed): string {
  const width = Math.max(placed.width, MIN_WIDTH) + 2 * MARGIN;
  const shift = (width - placed.width) / 2;
  const legend = graphLegend([...facts.values()], placed.links, MARGIN, TITLE + MARGIN + placed.height + MARGIN, width - 2 * MARGIN);
  const name = `graph ${graph.name}`;
  return picture(
    width,
    TITLE + placed.height + 2 * MARGIN + legend.height + MARGIN / 2,
    name,
    tag("g", {}, tag("title", {}, graph.name), textAt(MARGIN, MARGIN + 6, shortened(graph.name, width - 2 * MARGIN, 14), "cf-b")),
    tag("g", { transform: `translate(${Math.round(shift)} ${TITLE + MARGIN / 2})` }, drawnNodes(graph, facts, placed)),
    legend.markup,
  );
}

/** Groups first, the outer before the inner: what comes later lies above. */
function drawnNodes(graph: GraphJSON, facts: ReadonlyMap<string, NodeFacts>, { boxes, links }: Placed): (Markup | null)[] {
  const parents = new Map(graph.groups.map(({ id, group }) => [id, group]));
  const frames: Markup[] = [];
  const tasks: Markup[] = [];
  for (const [id, box] of boxes) {
    const fact = facts.get(id) as NodeFacts;
    if (fact.kind === "task") tasks.push(drawnTask(fact, box));
    else frames.push(drawnGroup(fact, box, depthOf(id, parents)));
  }
  return [...frames, ...links.map(drawnLink), ...tasks];
}

function depthOf(id: string, parents: ReadonlyMap<string, string | null>): number {
  let depth = 0;
  for (let at = parents.get(id) ?? null; at !== null && depth <= parents.size; at = parents.get(at) ?? null) depth++;
  return depth;
}
