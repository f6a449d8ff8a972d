import { type LegendEntry, legendOf } from "./legend.js";
import { type Markup, tag } from "./markup.js";
import { counted, durationText, momentText } from "./number-text.js";
import { picture, textAt } from "./theme.js";
import { multiplesIn, niceTimeStep } from "./ticks.js";
import { lanesOf, type TaskLanes } from "./time-lanes.js";
import { TimeScale } from "./time-scale.js";
import { BAR_OUTCOMES, type BarOutcome, checkedTimeline, type Timeline, type TimelineMark } from "./timeline.js";
import { BAR_CLASSES, BAR_MEANINGS, rowHeight, timelineRow } from "./timeline-row.js";

const WIDTH = 960;
const MARGIN = 20;
const LEFT = 190;
const RIGHT = WIDTH - MARGIN - 10;
const TOP = 76;
const NOTE_LINE = 16;
const MOST_TASKS = 120;
/** More lines than that would hide the bars. */
const MOST_LINES = 40;
const MOST_LANES = 8;

/**
 * A Gantt chart of a run: a row for each task, a bar for each attempt, a line for each checkpoint. At most 120 tasks with 8 attempts
 * at once are drawn; what is left out is said. Throws `InvalidOptionError`.
 */
export function timelineSvg(timeline: Timeline): string {
  const { startMs, endMs, bars, marks, omitted } = checkedTimeline(timeline, "the timeline");
  const scale = new TimeScale(startMs, endMs, LEFT, RIGHT);
  const tasks = lanesOf(bars, endMs, MOST_LANES);
  const { bottom, stripes, rows } = drawnRows(tasks.slice(0, MOST_TASKS), scale);
  const notes = notesOf(tasks, omitted);
  const used = BAR_OUTCOMES.filter((outcome) => bars.some((bar) => bar.outcome === outcome));
  const legend = legendOf([...used.map(outcomeEntry), ...(marks.length > 0 ? [MARK_ENTRY] : [])], MARGIN, bottom + 14, WIDTH - 2 * MARGIN);
  const below = bottom + 14 + legend.height;
  return picture(
    WIDTH,
    below + notes.length * NOTE_LINE + 10,
    "timeline",
    textAt(MARGIN, MARGIN + 6, `${durationText(endMs - startMs)} from ${momentText(startMs)}`, "cf-b"),
    stripes,
    axis(scale, bottom),
    drawnMarks(marks, scale, bottom),
    rows,
    legend.markup,
    notes.map((note, index) => textAt(MARGIN, below + 12 + index * NOTE_LINE, note, "cf-s cf-m")),
  );
}

function drawnRows(tasks: readonly TaskLanes[], scale: TimeScale) {
  let bottom = TOP;
  const [stripes, rows]: [Markup[], Markup[]] = [[], []];
  for (const [index, task] of tasks.entries()) {
    const height = rowHeight(task);
    if (index % 2 === 0) stripes.push(tag("rect", { class: "cf-stripe", x: MARGIN / 2, y: bottom, width: WIDTH - MARGIN, height }));
    rows.push(timelineRow(task, scale, bottom, { left: MARGIN, right: LEFT - 12 }));
    bottom += height;
  }
  return { bottom, stripes, rows };
}

function axis(scale: TimeScale, bottom: number): Markup {
  const ticks = multiplesIn(0, scale.spanMs, niceTimeStep(scale.spanMs, 8)).map((ms) => {
    const x = scale.x(scale.startMs + ms);
    return [
      tag("line", { class: "cf-grid", x1: x, x2: x, y1: TOP - 12, y2: bottom }),
      textAt(x, TOP - 18, durationText(ms), "cf-s cf-m cf-mid"),
    ];
  });
  return tag("g", {}, ticks);
}

/** Moments of one pixel are one line, which names the first of them. */
function drawnMarks(marks: readonly TimelineMark[], scale: TimeScale, bottom: number): Markup {
  const columns = new Map<number, string[]>();
  for (const { atMs, label } of marks) {
    const x = Math.round(scale.x(atMs));
    columns.set(x, [...(columns.get(x) ?? []), label]);
  }
  return tag(
    "g",
    {},
    Array.from(columns, ([x, labels]) => drawnMark(x, columns.size > MOST_LINES ? TOP - 4 : bottom, labelsText(labels))),
  );
}

const LABELS_NAMED = 5;

function labelsText(labels: readonly string[]): string {
  const left = labels.length - LABELS_NAMED;
  return [...labels.slice(0, LABELS_NAMED), ...(left > 0 ? [`and ${left} more`] : [])].join(", ");
}

const drawnMark = (x: number, bottom: number, label: string): Markup =>
  tag(
    "g",
    {},
    tag("title", {}, label),
    tag("line", { class: "cf-back cf-thin cf-faint", x1: x, x2: x, y1: TOP - 8, y2: bottom }),
    tag("path", { class: "cf-backtip", d: `M${x - 4} ${TOP - 12}h8l-4 7z` }),
  );

const outcomeEntry = (outcome: BarOutcome): LegendEntry => ({
  sign: (x, y) => tag("rect", { class: `${BAR_CLASSES[outcome]} cf-thin`, x: x + 1, y: y + 2, width: 24, height: 10, rx: 2 }),
  text: BAR_MEANINGS[outcome],
});

const MARK_ENTRY: LegendEntry = {
  sign: (x, y) => tag("path", { class: "cf-backtip", d: `M${x + 9} ${y + 4}h8l-4 7z` }),
  text: "checkpoint, start or resume",
};

function notesOf(tasks: readonly TaskLanes[], omitted: number): readonly string[] {
  const rows = tasks.length - MOST_TASKS;
  const crowded = tasks.slice(0, MOST_TASKS).reduce((sum, task) => sum + task.omitted, 0);
  return [
    ...(tasks.length === 0 ? ["No attempt of a task was recorded."] : []),
    ...(rows > 0 ? [`Not shown: ${counted(rows, "more task")}.`] : []),
    ...(crowded > 0 ? [`Not shown: ${counted(crowded, "attempt")} beside ${MOST_LANES} others of the same task.`] : []),
    ...(omitted > 0 ? [`Not recorded: ${counted(omitted, "later attempt")}.`] : []),
  ];
}
