import type { PlacedLink, Point } from "./boxes.js";
import { type Markup, rounded, tag } from "./markup.js";

const TIP = 8;

/** An edge with its tip; one that closes a cycle is dashed. */
export function drawnLink({ points, back }: PlacedLink): Markup | null {
  const [last, before] = [points.at(-1), points.at(-2)];
  if (last === undefined || before === undefined) return null;
  const end = towards(last, before, TIP - 2);
  return tag(
    "g",
    {},
    tag("path", { class: back ? "cf-line cf-back" : "cf-line", d: smooth([...points.slice(0, -1), end]) }),
    tag("path", { class: back ? "cf-tip cf-backtip" : "cf-tip", d: tipAt(last, before) }),
  );
}

/** A curve that bends at the points between its ends. */
function smooth(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const bends = rest.slice(0, -1).map((point, index) => `Q${at(point)} ${at(middle(point, rest[index + 1] as Point))}`);
  return [`M${at(first)}`, ...bends, `L${at(rest.at(-1) ?? first)}`].join("");
}

function tipAt(point: Point, before: Point): string {
  const base = towards(point, before, TIP);
  const [dx, dy] = [(base.x - point.x) / 2, (base.y - point.y) / 2];
  return `M${at(point)}L${at({ x: base.x - dy, y: base.y + dx })}L${at({ x: base.x + dy, y: base.y - dx })}Z`;
}

/** The point so far from one point in the direction of another. */
function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + ((to.x - from.x) / length) * distance, y: from.y + ((to.y - from.y) / length) * distance };
}

const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

const at = ({ x, y }: Point): string => `${rounded(x)} ${rounded(y)}`;
