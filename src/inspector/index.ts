/** Pictures and reports of graphs, runs and checkpoints, made of data, without a browser. */

export { checkpointTreeSvg } from "./checkpoint-tree-svg.js";
export type { Drawable } from "./drawable-graph.js";
export { type GraphPngOptions, graphPng } from "./graph-png.js";
// Pictures.
export { type GraphSvgOptions, graphSvg } from "./graph-svg.js";
export { type MetricSeries, metricSeries } from "./metric-series.js";
export { metricsSvg } from "./metrics-svg.js";
// When tasks ran.
export { type RecordTimelineOptions, recordTimeline, type TimelineRecorder } from "./record-timeline.js";
// A page with all of them.
export { type ReportOptions, report } from "./report.js";
export type { BarOutcome, Timeline, TimelineBar, TimelineMark } from "./timeline.js";
export { timelineSvg } from "./timeline-svg.js";
