import { optionError } from "../authoring/option-checks.js";

/** When the tasks of a run ran: plain data, so that it can be kept as JSON. Times are wall-clock milliseconds. */
export interface Timeline {
  readonly startMs: number;
  readonly endMs: number;
  readonly bars: readonly TimelineBar[];
  readonly marks: readonly TimelineMark[];
  /** How many attempts were not recorded, as there were more than `limit`. */
  readonly omitted: number;
}

/** One attempt of one task. */
export interface TimelineBar {
  readonly taskId: string;
  readonly cycle: number;
  readonly attempt: number;
  readonly startMs: number;
  /** `null` while nobody has heard of its end. */
  readonly endMs: number | null;
  readonly outcome: BarOutcome;
}

/** How an attempt ended. `retried`: it failed, and was tried again. */
export type BarOutcome = "completed" | "retried" | "failed" | "unfinished";
export const BAR_OUTCOMES: readonly BarOutcome[] = ["completed", "retried", "failed", "unfinished"];

/** A moment of a run. */
export interface TimelineMark {
  readonly atMs: number;
  /** What happened then, in a few words. */
  readonly label: string;
}

/** Returns a timeline if it is one, as it may have been read from a file. Throws `InvalidOptionError`. */
export function checkedTimeline(timeline: unknown, what: string): Timeline {
  const expected = "what timeline() of recordTimeline() gives";
  if (!isRecord(timeline) || !Array.isArray(timeline["bars"]) || !Array.isArray(timeline["marks"]))
    throw optionError(what, timeline, expected);
  const { startMs, endMs, bars, marks, omitted } = timeline;
  const isWhole = [startMs, endMs, omitted].every(Number.isFinite) && bars.every(isBar) && marks.every(isMark);
  if (isWhole) return timeline as unknown as Timeline;
  throw optionError(what, timeline, `${expected}, with times in milliseconds`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

function isBar(bar: unknown): boolean {
  if (!isRecord(bar) || typeof bar["taskId"] !== "string" || !BAR_OUTCOMES.includes(bar["outcome"] as BarOutcome)) return false;
  return [bar["cycle"], bar["attempt"], bar["startMs"], bar["endMs"] ?? 0].every(Number.isFinite);
}

const isMark = (mark: unknown): boolean => isRecord(mark) && typeof mark["label"] === "string" && Number.isFinite(mark["atMs"]);
