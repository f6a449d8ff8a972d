import { checkedCount, checkedOptions } from "../authoring/option-checks.js";
import type { Clock } from "../core/clock.js";
import type { RunEventMap, RunListeners } from "../core/run-events.js";
import { systemClock } from "../host/system-clock.js";
import type { BarOutcome, Timeline, TimelineBar, TimelineMark } from "./timeline.js";

export interface RecordTimelineOptions {
  /** The clock of the run, if it was given one. */
  readonly clock?: Clock;
  /** How many attempts, and how many checkpoints, are recorded at most: the first ones; 10,000 unless given. */
  readonly limit?: number;
}

/** Writes down when tasks of a run begin and end. */
export interface TimelineRecorder {
  /** For the option `events` of a run. */
  readonly listeners: RunListeners;
  /** What was recorded so far. */
  timeline(): Timeline;
}

/**
 * Records when the tasks of a run begin and end, in this process: checkpoints do not keep that. Throws `InvalidOptionError`.
 *
 * ```ts
 * const recorder = recordTimeline();
 * await training.run("iris.csv", { events: recorder.listeners });
 * await writeFile("timeline.svg", timelineSvg(recorder.timeline()));
 * ```
 */
export function recordTimeline(options: RecordTimelineOptions = {}): TimelineRecorder {
  const { clock = systemClock, limit } = checkedOptions<RecordTimelineOptions>(options, ["clock", "limit"], "recordTimeline");
  const book = new TimelineBook(clock, checkedCount(limit, "option limit of recordTimeline") ?? 10_000);
  return { listeners: listenersOf(book), timeline: () => book.read() };
}

function listenersOf(book: TimelineBook): RunListeners {
  const over = (): void => book.over();
  return {
    runStarted: () => book.mark("started"),
    runResumed: () => book.mark("resumed"),
    taskStarted: (task) => book.started(task),
    taskCompleted: (task) => book.ended(task, "completed"),
    taskRetrying: (task) => book.ended(task, "retried"),
    taskFailed: (task) => book.ended(task, "failed"),
    checkpointCommitted: ({ checkpoint: { seq, name } }) => book.mark(`checkpoint ${seq}${name === null ? "" : ` ${name}`}`),
    runStopped: over,
    runCompleted: over,
    runFailed: over,
  };
}

type TaskFacts = Pick<RunEventMap["taskStarted"], "specId" | "taskId" | "cycle" | "attempt">;

class TimelineBook {
  readonly #bars: TimelineBar[] = [];
  readonly #open = new Map<string, number>();
  readonly #marks: TimelineMark[] = [];
  #startMs: number | null = null;
  #endMs: number | null = null;
  #omitted = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
  ) {}

  started(task: TaskFacts): void {
    const startMs = this.#now();
    if (this.#bars.length >= this.limit) {
      this.#omitted++;
      return;
    }
    const { taskId, cycle, attempt } = task;
    this.#open.set(keyOf(task), this.#bars.length);
    this.#bars.push({ taskId, cycle, attempt, startMs, endMs: null, outcome: "unfinished" });
  }

  ended(task: TaskFacts, outcome: BarOutcome): void {
    const endMs = this.#now();
    const place = this.#open.get(keyOf(task));
    if (place === undefined) return;
    this.#open.delete(keyOf(task));
    this.#bars[place] = { ...(this.#bars[place] as TimelineBar), endMs, outcome };
  }

  mark(label: string): void {
    const atMs = this.#now();
    if (this.#marks.length < this.limit) this.#marks.push({ atMs, label });
  }

  over(): void {
    this.#now();
  }

  /** Bars without an end stay open: what became of them, the run has not said. */
  read(): Timeline {
    const startMs = this.#startMs ?? 0;
    return { startMs, endMs: this.#endMs ?? startMs, bars: [...this.#bars], marks: [...this.#marks], omitted: this.#omitted };
  }

  #now(): number {
    const now = this.clock.now();
    this.#startMs = Math.min(this.#startMs ?? now, now);
    this.#endMs = Math.max(this.#endMs ?? now, now);
    return now;
  }
}

/** A spec that failed is queued again under its id, with another attempt. */
const keyOf = ({ specId, attempt }: TaskFacts): string => `${specId}/${attempt}`;
