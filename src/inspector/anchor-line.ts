import type { Box, Point } from "./boxes.js";

/** How far from the middle of a side a line may touch it, as a part of that side. */
const REACH = 0.35;
/** How straight a line leaves and arrives, in pixels. */
const STRAIGHT = 10;

/** The same line from the lower side of one box to the upper side of another, which it meets head on; `aside` moves it along these. */
export function anchoredDown(points: readonly Point[], above: Box, below: Box, aside: number): readonly Point[] {
  const [first, last] = [points[1], points.at(-2)];
  const [from, to] = [above.y + above.height, below.y];
  if (first === undefined || last === undefined || from + 2 * STRAIGHT > to) return points;
  const [startX, endX] = [touching(above, first.x, aside), touching(below, last.x, aside)];
  return [
    { x: startX, y: from },
    { x: startX, y: from + STRAIGHT },
    ...points.slice(1, -1).map(({ x, y }) => ({ x: x + aside, y })),
    { x: endX, y: to - STRAIGHT },
    { x: endX, y: to },
  ];
}

/** The same for boxes side by side. */
export function anchoredRight(points: readonly Point[], left: Box, right: Box, aside: number): readonly Point[] {
  return anchoredDown(points.map(turned), turnedBox(left), turnedBox(right), aside).map(turned);
}

/** From the right side of a box back to it, so far out. */
export function loopOnRight({ x, y, width, height }: Box, out: number): readonly Point[] {
  const [left, right, upper, lower] = [x + width, x + width + out, y + height * 0.3, y + height * 0.7];
  return [
    { x: left, y: lower },
    { x: right, y: lower },
    { x: right, y: upper },
    { x: left, y: upper },
  ];
}

/** The same on the lower side. */
export const loopBelow = (box: Box, out: number): readonly Point[] => loopOnRight(turnedBox(box), out).map(turned);

function touching({ x, width }: Box, towards: number, aside: number): number {
  const middle = x + width / 2;
  return middle + Math.max(-REACH * width, Math.min(REACH * width, (towards - middle) * REACH + aside));
}

const turned = ({ x, y }: Point): Point => ({ x: y, y: x });
const turnedBox = ({ x, y, width, height }: Box): Box => ({ x: y, y: x, width: height, height: width });
