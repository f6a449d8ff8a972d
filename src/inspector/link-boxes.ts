import { Graph, layout } from "@dagrejs/dagre";
import { anchoredDown, anchoredRight, loopBelow, loopOnRight } from "./anchor-line.js";
import type { Box, Link, Placed, PlacedLink, Point, Size } from "./boxes.js";
import { fitted } from "./fit-space.js";

export type Direction = "down" | "right";

/** The room beside a box for a line from it to itself. */
const LOOP_ROOM = 22;
/** Keeps a line back apart from one that leads forward between the same boxes. */
const BACK_ASIDE = -14;

/** Lays out boxes that lines hold together, in ranks, so that no two overlap. */
export function linkedBoxes(sizes: ReadonlyMap<string, Size>, links: readonly Link[], direction: Direction): Placed {
  // Ids of the layout are numbers of ours: as keys of its objects, names could be anything.
  const keys = new Map(Array.from(sizes.keys(), (id, index) => [id, String(index)]));
  const graph = laidOut(sizes, links, direction, keys);
  const boxes = new Map(Array.from(sizes, ([id, size]) => [id, boxAt(graph.node(keys.get(id) as string) as unknown as Point, size)]));
  const [anchored, loop] = direction === "down" ? [anchoredDown, loopOnRight] : [anchoredRight, loopBelow];
  const placed = links.map((link, index): PlacedLink => {
    const [above, below] = ends(link).map((id) => boxes.get(id) as Box) as [Box, Box];
    if (above === below) return { ...link, points: loop(above, LOOP_ROOM) };
    const points = anchored(pointsOf(graph, keys, link, index), above, below, link.back ? BACK_ASIDE : 0);
    return { ...link, points: link.back ? [...points].reverse() : points };
  });
  return fitted(boxes, placed);
}

function laidOut(sizes: ReadonlyMap<string, Size>, links: readonly Link[], direction: Direction, keys: ReadonlyMap<string, string>): Graph {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction === "down" ? "TB" : "LR", nodesep: 28, edgesep: 20, ranksep: 40 });
  const looped = new Set(links.flatMap(({ from, to }) => (from === to ? [from] : [])));
  for (const [id, size] of sizes) graph.setNode(keys.get(id) as string, looped.has(id) ? withLoop(size, direction) : { ...size });
  for (const [index, link] of links.entries()) {
    const [above, below] = ends(link);
    if (above !== below) graph.setEdge(keys.get(above) as string, keys.get(below) as string, {}, String(index));
  }
  layout(graph);
  return graph;
}

/** A back edge is laid out the other way round, so that all others lead forwards. */
const ends = ({ from, to, back }: Link): readonly [string, string] => (back ? [to, from] : [from, to]);

function pointsOf(graph: Graph, keys: ReadonlyMap<string, string>, link: Link, index: number): readonly Point[] {
  const [above, below] = ends(link);
  const edge: { points?: readonly Point[] } = graph.edge({
    v: keys.get(above) as string,
    w: keys.get(below) as string,
    name: String(index),
  });
  return edge.points ?? [];
}

/** On both sides, so that the box stays in the middle. */
const withLoop = ({ width, height }: Size, direction: Direction): Size =>
  direction === "down" ? { width: width + 2 * LOOP_ROOM, height } : { width, height: height + 2 * LOOP_ROOM };

const boxAt = ({ x, y }: Point, { width, height }: Size): Box => ({ x: x - width / 2, y: y - height / 2, width, height });
