import type { Point } from "./boxes.js";
import { type Markup, tag } from "./markup.js";
import type { TreeRow } from "./tree-rows.js";
import { laneClass } from "./tree-signs.js";

type Place = (row: TreeRow, index: number) => Point;

/** What leads from one line to another: down a run, back to the checkpoint that a run was resumed from, over to a fork. */
export function drawnRails(rows: readonly TreeRow[], place: Place): Markup {
  const points = new Map<string, Point>();
  const last = new Map<number, { readonly row: TreeRow; readonly at: Point }>();
  const rails = rows.map((row, index) => {
    const at = place(row, index);
    const before = last.get(row.lane);
    last.set(row.lane, { row, at });
    if (row.kind === "checkpoint") points.set(row.checkpoint.id, at);
    if (row.kind === "run") return forkRail(row.origin === null ? undefined : points.get(row.origin.checkpointId), at, row.lane);
    return before === undefined ? null : rail(row, before.row, before.at, at, points);
  });
  return tag("g", {}, rails);
}

function rail(row: TreeRow, above: TreeRow, from: Point, to: Point, points: ReadonlyMap<string, Point>): Markup {
  const parent = row.kind === "checkpoint" ? row.checkpoint.parent : null;
  const origin = parent === null ? undefined : points.get(parent);
  const isNext = above.kind === "checkpoint" && above.checkpoint.id === parent;
  if (origin === undefined || isNext || above.kind === "run")
    return straight(from, to, row.lane, above.kind === "gap" || (!isNext && parent !== null));
  return tag("path", {
    class: `cf-rail ${laneClass(row.lane)}`,
    d: `M${origin.x} ${origin.y}C${origin.x - 18} ${origin.y + 12} ${to.x - 18} ${to.y - 12} ${to.x} ${to.y}`,
  });
}

const straight = (from: Point, to: Point, lane: number, gap: boolean): Markup =>
  tag("line", { class: `cf-rail ${laneClass(lane)}${gap ? " cf-gap" : ""}`, x1: from.x, x2: to.x, y1: from.y, y2: to.y });

/** From the checkpoint of the other run over to the new lane, and down to where that begins. */
function forkRail(from: Point | undefined, to: Point, lane: number): Markup | null {
  if (from === undefined) return null;
  const turn = Math.sign(to.x - from.x) * 10;
  const d = `M${from.x} ${from.y}H${to.x - turn}Q${to.x} ${from.y} ${to.x} ${from.y + 10}V${to.y}`;
  return tag("path", { class: `cf-rail ${laneClass(lane)}`, d });
}
