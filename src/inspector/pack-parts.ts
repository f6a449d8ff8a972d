import { moved, type Placed } from "./boxes.js";

/** How much wider than high a packed space may be. */
const ASPECT = 1.6;

/** Parts that no line connects, in rows, in their order. */
export function packed(parts: readonly Placed[], gap: number): Placed {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const limit = widthFor(parts, gap);
  const placed: Placed[] = [];
  let [x, y, rowHeight, width] = [0, 0, 0, 0];
  for (const part of parts) {
    if (x > 0 && x + part.width > limit) [x, y, rowHeight] = [0, y + rowHeight + gap, 0];
    placed.push(moved(part, { x, y }));
    width = Math.max(width, x + part.width);
    x += part.width + gap;
    rowHeight = Math.max(rowHeight, part.height);
  }
  return {
    width,
    height: y + rowHeight,
    boxes: new Map(placed.flatMap(({ boxes }) => [...boxes])),
    links: placed.flatMap(({ links }) => links),
  };
}

function widthFor(parts: readonly Placed[], gap: number): number {
  const area = parts.reduce((sum, { width, height }) => sum + (width + gap) * (height + gap), 0);
  const widest = parts.reduce((most, { width }) => Math.max(most, width), 0);
  return Math.max(widest, Math.sqrt(area * ASPECT));
}
