import type { Box, Placed, PlacedLink, Point } from "./boxes.js";

/** Moves all to where the space begins, lines included, which the layout may have put beyond it. */
export function fitted(boxes: ReadonlyMap<string, Box>, links: readonly PlacedLink[]): Placed {
  const corners = [...boxes.values()].flatMap(({ x, y, width, height }) => [
    { x, y },
    { x: x + width, y: y + height },
  ]);
  const all = [...corners, ...links.flatMap(({ points }) => points)];
  const [left, top] = [least(all.map(({ x }) => x)), least(all.map(({ y }) => y))];
  const [right, bottom] = [-least(all.map(({ x }) => -x)), -least(all.map(({ y }) => -y))];
  const at = ({ x, y }: Point): Point => ({ x: x - left, y: y - top });
  return {
    width: right - left,
    height: bottom - top,
    boxes: new Map(Array.from(boxes, ([id, box]) => [id, { ...box, ...at(box) }])),
    links: links.map((link) => ({ ...link, points: link.points.map(at) })),
  };
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
