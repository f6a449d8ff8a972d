import type { MetricPoint } from "../engine/checkpoint-history.js";
import { type Markup, rounded, tag } from "./markup.js";
import type { MetricSeries } from "./metric-series.js";
import { counted, numberText } from "./number-text.js";
import { shortened } from "./text-size.js";
import { textAt } from "./theme.js";
import { multiplesIn, niceStep } from "./ticks.js";

export const PANEL = { width: 460, height: 210 };
const PLOT = { left: 62, right: 440, top: 48, bottom: 168 };
const DOTS_UP_TO = 60;

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The curve of one metric with its axes, least and greatest value. What is no finite number is a cross at the bottom, and a gap. */
export function metricPanel({ name, points }: MetricSeries): Markup {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const odd = points.filter(({ value }) => !Number.isFinite(value));
  const xs = rangeOf(points.map(({ steps }) => steps));
  const ys = padded(rangeOf(finite.map(({ value }) => value)));
  return tag(
    "g",
    {},
    tag("title", {}, name),
    textAt(PLOT.left, 18, shortened(name, PLOT.right - PLOT.left, 13), "cf-b"),
    textAt(PLOT.left, 34, summary(points, finite, odd), "cf-s cf-m"),
    horizontalAxis(xs),
    finite.length === 0 ? null : verticalAxis(ys),
    curves(points, xs, ys),
    odd.map((point) => oddSign(xAt(point.steps, xs), point)),
  );
}

function summary(points: readonly MetricPoint[], finite: readonly MetricPoint[], odd: readonly MetricPoint[]): string {
  const { from, to } = rangeOf(finite.map(({ value }) => value));
  const last = points.at(-1);
  return [
    ...(last === undefined ? ["no value"] : [`last ${numberText(last.value)}`]),
    ...(finite.length === 0 ? [] : [`least ${numberText(from)}`, `greatest ${numberText(to)}`]),
    ...(odd.length === 0 ? [] : [`${counted(odd.length, "value")} not finite`]),
  ].join(", ");
}

function rangeOf(values: readonly number[]): Range {
  const [from, to] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  return from <= to ? { from, to } : { from: 0, to: 1 };
}

/** Room for a curve that never moves, or lies on the border. Numbers near the end of what there is must not leave it. */
function padded({ from, to }: Range): Range {
  const room = Math.min(from === to ? Math.abs(from) * 0.1 || 1 : (to / 2 - from / 2) * 0.1, Number.MAX_VALUE / 8);
  return { from: Math.max(from - room, -Number.MAX_VALUE / 2), to: Math.min(to + room, Number.MAX_VALUE / 2) };
}

const part = (value: number, { from, to }: Range): number => (from === to ? 0.5 : Math.min(1, Math.max(0, (value - from) / (to - from))));
const xAt = (steps: number, range: Range): number => PLOT.left + part(steps, range) * (PLOT.right - PLOT.left);
const yAt = (value: number, range: Range): number => PLOT.bottom - part(value, range) * (PLOT.bottom - PLOT.top);

function curves(points: readonly MetricPoint[], xs: Range, ys: Range): Markup[] {
  const stretches = stretchesOf(points);
  const lines = stretches.map((stretch) => {
    const places = thinned(stretch, xs).map(({ steps, value }) => `${rounded(xAt(steps, xs))} ${rounded(yAt(value, ys))}`);
    return tag("path", { class: "cf-curve", d: `M${places.join("L")}` });
  });
  const dotted = points.length <= DOTS_UP_TO ? stretches.flat() : stretches.flatMap((stretch) => (stretch.length === 1 ? stretch : []));
  const dots = dotted.map(({ seq, steps, value }) =>
    tag(
      "circle",
      { class: "cf-dot", cx: xAt(steps, xs), cy: yAt(value, ys), r: 2.5 },
      tag("title", {}, `${numberText(value)} at step ${steps}, checkpoint ${seq}`),
    ),
  );
  return [...lines, ...dots];
}

/** Points that are joined: those between two that are not finite. */
function stretchesOf(points: readonly MetricPoint[]): readonly (readonly MetricPoint[])[] {
  const stretches: MetricPoint[][] = [[]];
  for (const point of points) {
    if (!Number.isFinite(point.value)) stretches.push([]);
    else stretches.at(-1)?.push(point);
  }
  return stretches.filter(({ length }) => length > 0);
}

/** The first, least, greatest and last of the points that fall on one column of pixels: the curve looks the same. */
function thinned(points: readonly MetricPoint[], xs: Range): readonly MetricPoint[] {
  if (points.length <= 2 * (PLOT.right - PLOT.left)) return points;
  const columns = new Map<number, MetricPoint[]>();
  for (const point of points) {
    const column = Math.round(xAt(point.steps, xs));
    const known = columns.get(column);
    if (known === undefined) columns.set(column, [point]);
    else known.push(point);
  }
  return [...columns.values()].flatMap((column) => {
    const least = column.reduce((a, b) => (b.value < a.value ? b : a));
    const greatest = column.reduce((a, b) => (b.value > a.value ? b : a));
    const kept = new Set([column[0], least, greatest, column.at(-1)]);
    return column.filter((point) => kept.has(point));
  });
}

function oddSign(x: number, { value, steps, seq }: MetricPoint): Markup {
  const y = PLOT.bottom - 6;
  return tag(
    "g",
    {},
    tag("title", {}, `${value} at step ${steps}, checkpoint ${seq}`),
    tag("path", { class: "cf-odd", d: `M${rounded(x - 3.5)} ${y - 3.5}l7 7m0-7l-7 7` }),
  );
}

function horizontalAxis(range: Range): Markup {
  const step = Math.max(1, niceStep(Math.max(range.to - range.from, 1), 6));
  const ticks = range.from === range.to ? [range.from] : multiplesIn(range.from, range.to, step);
  return tag(
    "g",
    {},
    tag("line", { class: "cf-axis", x1: PLOT.left, x2: PLOT.right, y1: PLOT.bottom, y2: PLOT.bottom }),
    ticks.map((tick) => textAt(xAt(tick, range), PLOT.bottom + 15, numberText(tick), "cf-s cf-m cf-mid")),
    textAt(PLOT.right, PLOT.bottom + 31, "steps", "cf-s cf-m cf-end"),
  );
}

function verticalAxis(range: Range): Markup {
  const ticks = multiplesIn(range.from, range.to, niceStep(range.to - range.from, 4));
  return tag(
    "g",
    {},
    ticks.map((tick) => {
      const y = yAt(tick, range);
      return [
        tag("line", { class: "cf-grid", x1: PLOT.left, x2: PLOT.right, y1: y, y2: y }),
        textAt(PLOT.left - 6, y + 4, numberText(tick), "cf-s cf-m cf-end"),
      ];
    }),
  );
}
