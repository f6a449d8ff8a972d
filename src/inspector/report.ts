import { checkedFlag, checkedOptions, optionError } from "../authoring/option-checks.js";
import { explain } from "../core/explain.js";
import { checkedId } from "../core/ids.js";
import { CheckpointHistory } from "../engine/checkpoint-history.js";
import { systemClock } from "../host/system-clock.js";
import { type CheckpointLocation, openCheckpointStore } from "../open-store.js";
import { checkpointTreeSvg } from "./checkpoint-tree-svg.js";
import { graphSvg } from "./graph-svg.js";
import { checkedList } from "./list-check.js";
import { Markup, tag } from "./markup.js";
import { metricSeries } from "./metric-series.js";
import { metricsSvg } from "./metrics-svg.js";
import { counted } from "./number-text.js";
import { type ReportData, readReportData } from "./report-data.js";
import { reportPage, type Section } from "./report-page.js";
import { artifactsTable, checkpointsTable, factsTable, metricsTable, tasksTable, valuesTable } from "./report-tables.js";
import { firstOf } from "./text-size.js";
import { checkedTimeline, type Timeline } from "./timeline.js";
import { timelineOf } from "./timeline-of-checkpoints.js";
import { timelineSvg } from "./timeline-svg.js";

export interface ReportOptions {
  /** When tasks ran, as `recordTimeline()` gives it; without it the timeline has the checkpoints only. */
  readonly timeline?: Timeline | undefined;
  /** Ids of other runs, such as forks, whose checkpoints are drawn beside those of this one. The run it was forked from needs no mention. */
  readonly runs?: readonly string[];
  /** Whether channel values, results and inputs are written into it, shortened; `false` unless given. */
  readonly values?: boolean;
  /** The time that waits are told from, in wall-clock milliseconds; the present unless given. */
  readonly now?: number;
}

/**
 * A run as one HTML page for people: graph, timeline, metrics, checkpoints, tasks and what they wait for. It needs no network and
 * no scripts, and holds no payload values unless asked to. Throws `CheckpointNotFoundError`, `CheckpointCorruptError`,
 * `InvalidOptionError`.
 *
 * ```ts
 * await writeFile("run-1.html", await report("./checkpoints", "run-1"));
 * ```
 */
export async function report(from: CheckpointLocation, runId: string, options: ReportOptions = {}): Promise<string> {
  const settings = checkedSettings(options);
  const history = from instanceof CheckpointHistory ? from : openCheckpointStore(from);
  try {
    return pageOf(await readReportData(history, checkedId(runId, "run id"), settings.runs), settings);
  } finally {
    if (typeof from === "string") await history.close();
  }
}

interface ReportSettings {
  readonly timeline: Timeline | null;
  readonly runs: readonly string[];
  readonly values: boolean;
  readonly now: number;
}

function checkedSettings(options: ReportOptions): ReportSettings {
  const { timeline, runs, values, now } = checkedOptions<ReportOptions>(options, ["timeline", "runs", "values", "now"], "report");
  if (now !== undefined && !Number.isFinite(now)) throw optionError("option now of report", now, "wall-clock milliseconds");
  return {
    timeline: timeline === undefined ? null : checkedTimeline(timeline, "option timeline of report"),
    runs: checkedList(runs ?? [], "option runs of report", "a list of run ids").map((id) => checkedId(id, "run id")),
    values: checkedFlag(values, "option values of report"),
    now: now ?? systemClock.now(),
  };
}

function pageOf(data: ReportData, { timeline, values, now }: ReportSettings): string {
  const { view, checkpoints, others } = data;
  const times = timeline ?? timelineOf(checkpoints);
  const sections: readonly (Section | null)[] = [
    { title: "Run", content: factsTable(data) },
    { title: "Graph", content: scrolled(graphSvg(view, { timeline: timeline ?? undefined })) },
    { title: "Where it stands", content: explanation(explain(view, { now }).toText()) },
    { title: "Timeline", content: [timeline === null ? note(NO_TIMES) : null, scrolled(timelineSvg(times))] },
    view.metrics.size === 0 ? null : { title: "Metrics", content: [scrolled(metricsSvg(metricSeries(checkpoints))), metricsTable(view)] },
    { title: "Tasks", content: tasksTable(view) },
    { title: "Checkpoints", content: scrolled(checkpointTreeSvg([...checkpoints, ...others])) },
    { title: "List of checkpoints", content: checkpointsTable(checkpoints), folded: true },
    view.artifacts.length === 0 ? null : { title: "Artifacts", content: artifactsTable(view) },
    values ? { title: "Values", content: valuesTable(view), folded: true } : null,
  ];
  return reportPage(
    `Run ${firstOf(view.info.runId, NAME_LIMIT)} of ${firstOf(view.workflow.name, NAME_LIMIT)}`,
    sections.filter((section) => section !== null),
  );
}

/** No name that was checked is longer. */
const NAME_LIMIT = 128;
const NO_TIMES = "Checkpoints do not tell when tasks began and ended. Record a run with recordTimeline() to have them here.";

const note = (text: string): Markup => tag("p", { class: "note" }, text);

/** A picture as it is; on a narrow screen one scrolls in it. */
const scrolled = (svg: string): Markup => tag("div", { class: "scroll", tabindex: 0 }, new Markup(svg));

const MOST_LINES = 400;

/** What is indented belongs to the line before it. */
function explanation(text: string): Markup {
  const items: string[][] = [];
  const lines = text.split("\n").filter((line) => line !== "");
  for (const line of lines.slice(0, MOST_LINES)) {
    if (line.startsWith(" ")) items.at(-1)?.push(line.trim());
    else items.push([line]);
  }
  const list = items.map(([first = "", ...rest]) =>
    tag(
      "li",
      {},
      first,
      rest.map((line) => tag("div", {}, line)),
    ),
  );
  const left = lines.length - MOST_LINES;
  return tag("div", {}, tag("ul", {}, list), left > 0 ? note(`Not shown: ${counted(left, "more line")}.`) : null);
}
