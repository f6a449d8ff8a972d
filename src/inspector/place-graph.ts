import type { GraphJSON } from "../core/graph-json.js";
import { type Box, moved, type Placed, type Size } from "./boxes.js";
import { GraphParts } from "./graph-parts.js";
import { type Direction, linkedBoxes } from "./link-boxes.js";
import { packed } from "./pack-parts.js";

const GAP = 28;
const PADDING = 14;

/** How large the nodes are drawn: a task as a whole, of a group the head above its members. */
export interface NodeSizes {
  task(id: string): Size;
  groupHead(id: string): Size;
}

/** Gives every node of a graph a place; the members of a group lie inside its box, and nothing else overlaps. */
export function placeGraph(graph: GraphJSON, sizes: NodeSizes, direction: Direction): Placed {
  const parts = new GraphParts(graph);
  const inside = (group: string | null): Placed => {
    const contents = new Map<string, Placed>();
    for (const id of parts.members(group)) if (parts.isGroup(id)) contents.set(id, inside(id));
    const sizeOf = (id: string): Size => {
      const content = contents.get(id);
      return content === undefined ? sizes.task(id) : groupSize(sizes.groupHead(id), content);
    };
    const placed = packed(
      parts.connected(group).map(({ ids, links }) => linkedBoxes(new Map(ids.map((id) => [id, sizeOf(id)])), links, direction)),
      GAP,
    );
    return withContents(placed, contents, (id) => sizes.groupHead(id).height);
  };
  return inside(null);
}

const groupSize = (head: Size, content: Placed): Size => ({
  width: Math.max(head.width, content.width + 2 * PADDING),
  height: head.height + content.height + 2 * PADDING,
});

function withContents(placed: Placed, contents: ReadonlyMap<string, Placed>, headHeight: (id: string) => number): Placed {
  const inner = Array.from(contents, ([id, content]) => {
    const { x, y, width } = placed.boxes.get(id) as Box;
    return moved(content, { x: x + (width - content.width) / 2, y: y + headHeight(id) + PADDING });
  });
  return {
    ...placed,
    boxes: new Map([...placed.boxes, ...inner.flatMap(({ boxes }) => [...boxes])]),
    links: [...placed.links, ...inner.flatMap(({ links }) => links)],
  };
}
