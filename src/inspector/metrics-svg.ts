import { tag } from "./markup.js";
import { metricPanel, PANEL } from "./metric-panel.js";
import { checkedSeries, type MetricSeries } from "./metric-series.js";
import { counted } from "./number-text.js";
import { picture, textAt } from "./theme.js";

const COLUMNS = 2;
const MARGIN = 10;
const MOST = 24;

/**
 * Curves of metrics over the steps of a run, each with axes of its own. Values that are not finite are marked and interrupt their
 * curve. At most 24 are drawn; how many are left out is said. Throws `InvalidOptionError`.
 */
export function metricsSvg(series: readonly MetricSeries[]): string {
  const all = checkedSeries(series);
  const shown = all.slice(0, MOST);
  const rows = Math.max(1, Math.ceil(shown.length / COLUMNS));
  const columns = Math.min(COLUMNS, Math.max(shown.length, 1));
  const bottom = MARGIN + rows * PANEL.height;
  const note = noteOf(all.length);
  const panels = shown.map((one, index) => {
    const [x, y] = [MARGIN + (index % COLUMNS) * PANEL.width, MARGIN + Math.floor(index / COLUMNS) * PANEL.height];
    return tag("g", { transform: `translate(${x} ${y})` }, metricPanel(one));
  });
  return picture(
    columns * PANEL.width + 2 * MARGIN,
    shown.length === 0 ? 50 : bottom + (note === null ? 0 : 24),
    "metrics",
    panels,
    note === null ? null : textAt(2 * MARGIN, shown.length === 0 ? 30 : bottom + 10, note, "cf-s cf-m"),
  );
}

function noteOf(count: number): string | null {
  if (count === 0) return "There is no metric.";
  return count > MOST ? `Not shown: ${counted(count - MOST, "more metric")}.` : null;
}
