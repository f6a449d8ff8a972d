import type { TimelineBar } from "./timeline.js";

/** Attempts side by side on one line of a chart, none over another. */
export type Lane = readonly TimelineBar[];

/** The attempts of one task. */
export interface TaskLanes {
  readonly taskId: string;
  readonly lanes: readonly Lane[];
  /** How many attempts found no place. */
  readonly omitted: number;
}

/** Attempts by task, in the order in which tasks first began; each in the first lane that is free then. */
export function lanesOf(bars: readonly TimelineBar[], endMs: number, mostLanes: number): readonly TaskLanes[] {
  const tasks = new Map<string, TimelineBar[]>();
  for (const bar of [...bars].sort((a, b) => a.startMs - b.startMs)) {
    const known = tasks.get(bar.taskId);
    if (known === undefined) tasks.set(bar.taskId, [bar]);
    else known.push(bar);
  }
  return Array.from(tasks, ([taskId, own]) => inLanes(taskId, own, endMs, mostLanes));
}

function inLanes(taskId: string, bars: readonly TimelineBar[], endMs: number, mostLanes: number): TaskLanes {
  const lanes: TimelineBar[][] = [];
  const ends: number[] = [];
  let omitted = 0;
  for (const bar of bars) {
    const free = ends.findIndex((end) => end <= bar.startMs);
    const place = free === -1 ? lanes.length : free;
    if (place >= mostLanes) {
      omitted++;
      continue;
    }
    ends[place] = bar.endMs ?? endMs;
    (lanes[place] ??= []).push(bar);
  }
  return { taskId, lanes, omitted };
}

/** Attempts of one outcome so close that nobody could tell them apart in a picture. */
export interface Run {
  readonly first: TimelineBar;
  readonly startMs: number;
  readonly endMs: number;
  readonly count: number;
}

/** Puts attempts together that follow each other within `closeMs` and take less than that: a chart of thousands stays small. */
export function runsOf(lane: Lane, endMs: number, closeMs: number): readonly Run[] {
  const runs: Run[] = [];
  for (const bar of lane) {
    const [last, end] = [runs.at(-1), bar.endMs ?? endMs];
    if (last !== undefined && last.first.outcome === bar.outcome && bar.startMs - last.endMs < closeMs && end - bar.startMs < closeMs)
      runs[runs.length - 1] = { ...last, endMs: Math.max(last.endMs, end), count: last.count + 1 };
    else runs.push({ first: bar, startMs: bar.startMs, endMs: end, count: 1 });
  }
  return runs;
}
