import type { CheckpointInfo } from "../core/checkpoint.js";
import type { Timeline } from "./timeline.js";

/** The moments at which checkpoints were taken. Neither they nor journals tell when a task began. */
export function timelineOf(checkpoints: readonly CheckpointInfo[]): Timeline {
  const marks = checkpoints
    .map(({ seq, name, createdAt }) => ({ atMs: Date.parse(createdAt), label: `checkpoint ${seq}${name === null ? "" : ` ${name}`}` }))
    .sort((a, b) => a.atMs - b.atMs);
  return { startMs: marks[0]?.atMs ?? 0, endMs: marks.at(-1)?.atMs ?? 0, bars: [], marks, omitted: 0 };
}
