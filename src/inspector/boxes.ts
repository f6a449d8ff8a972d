/** Places and sizes, in pixels; `x` and `y` are those of the upper left corner. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Size, Point {}

/** A line from one box to another, by the ids of these. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly back: boolean;
}

export interface PlacedLink extends Link {
  readonly points: readonly Point[];
}

/** Boxes and the lines between them, in a space of their own that begins at 0, 0. */
export interface Placed extends Size {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly links: readonly PlacedLink[];
}

/** The same somewhere else. */
export function moved(placed: Placed, by: Point): Placed {
  const at = ({ x, y }: Point): Point => ({ x: x + by.x, y: y + by.y });
  return {
    width: placed.width,
    height: placed.height,
    boxes: new Map(Array.from(placed.boxes, ([id, box]) => [id, { ...box, ...at(box) }])),
    links: placed.links.map((link) => ({ ...link, points: link.points.map(at) })),
  };
}
