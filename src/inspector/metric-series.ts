import { optionError } from "../authoring/option-checks.js";
import type { CheckpointInfo } from "../core/checkpoint.js";
import type { MetricPoint } from "../engine/checkpoint-history.js";
import { checkedList } from "./list-check.js";

/** The values of one metric over the checkpoints of a run, oldest first. */
export interface MetricSeries {
  readonly name: string;
  readonly points: readonly MetricPoint[];
}

/**
 * The series of all metrics in a list of checkpoints, in the order of their names. Throws `InvalidOptionError`.
 *
 * ```ts
 * metricsSvg(metricSeries(await history.list("run-1")));
 * ```
 */
export function metricSeries(checkpoints: readonly CheckpointInfo[]): readonly MetricSeries[] {
  const series = new Map<string, MetricPoint[]>();
  const listed = checkedList(checkpoints, "the list of checkpoints", "what history.list(runId) resolves to");
  for (const { seq, steps, metrics } of [...listed].sort((a, b) => a.seq - b.seq)) {
    for (const [name, value] of Object.entries(metrics)) {
      const points = series.get(name) ?? [];
      series.set(name, points);
      points.push({ seq, steps, value });
    }
  }
  return Array.from(series, ([name, points]) => ({ name, points })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns series if they are some. Throws `InvalidOptionError`. */
export function checkedSeries(series: readonly MetricSeries[]): readonly MetricSeries[] {
  const expected = "a list of { name, points }, as metricSeries(checkpoints) gives it";
  for (const one of checkedList(series, "the series of metrics", expected))
    if (typeof one !== "object" || one === null || typeof one.name !== "string" || !Array.isArray(one.points))
      throw optionError("a series of a metric", one, expected);
  return series;
}
