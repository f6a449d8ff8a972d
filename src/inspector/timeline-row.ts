import { type Markup, tag } from "./markup.js";
import { counted, durationText } from "./number-text.js";
import { shortened } from "./text-size.js";
import { SMALL_SIZE, textAt } from "./theme.js";
import { type Run, runsOf, type TaskLanes } from "./time-lanes.js";
import type { TimeScale } from "./time-scale.js";
import type { BarOutcome } from "./timeline.js";

const LANE = 14;
const GAP = 8;
const LABEL_SIZE = SMALL_SIZE + 1;

export const BAR_CLASSES: Record<BarOutcome, string> = {
  completed: "cf-completed",
  retried: "cf-waiting",
  failed: "cf-failed",
  unfinished: "cf-unfinished",
};
export const BAR_MEANINGS: Record<BarOutcome, string> = {
  completed: "completed",
  retried: "failed, tried again",
  failed: "failed for good",
  unfinished: "no end recorded",
};

export const rowHeight = ({ lanes }: TaskLanes): number => Math.max(lanes.length, 1) * LANE + GAP;

/** The name of a task, and a bar for each of its attempts. */
export function timelineRow(
  task: TaskLanes,
  scale: TimeScale,
  y: number,
  labels: { readonly left: number; readonly right: number },
): Markup {
  const name = shortened(task.taskId, labels.right - labels.left, LABEL_SIZE);
  return tag(
    "g",
    {},
    tag("g", {}, tag("title", {}, task.taskId), textAt(labels.right, y + rowHeight(task) / 2 + 4, name, "cf-end cf-l")),
    task.lanes.map((lane, index) =>
      runsOf(lane, scale.endMs, scale.pixelMs).map((run) => drawnRun(run, scale, y + GAP / 2 + index * LANE)),
    ),
  );
}

function drawnRun({ first, startMs, endMs, count }: Run, scale: TimeScale, y: number): Markup {
  const x = scale.x(startMs);
  const width = Math.max(scale.x(endMs) - x, 1.5);
  const what = count > 1 ? `${counted(count, "attempt")} from cycle ${first.cycle}` : `cycle ${first.cycle}, attempt ${first.attempt}`;
  const took = first.endMs === null ? [] : [durationText(endMs - startMs)];
  return tag(
    "rect",
    { class: `${BAR_CLASSES[first.outcome]} cf-thin`, x, y: y + 1, width, height: LANE - 3, rx: Math.min(2, width / 2) },
    tag("title", {}, [`${first.taskId}: ${what}`, ...took, BAR_MEANINGS[first.outcome]].join(", ")),
  );
}
