import type { JsonReader } from "./read-json.js";

const CALLS = ["edge", "join", "goto", "nextTask", "iteration"] as const;

/**
 * How a visit of a node came to be queued. `null` in its place: as the start, as the first task of a group's member, as a dynamic
 * task (whose lineage says by whom), or by a version that did not write it down.
 */
export interface TaskOrigin {
  readonly via: (typeof CALLS)[number];
  /** The node whose output came along the edge, or the task that asked; `null`: the task itself, or a join that nothing more could complete. */
  readonly from: string | null;
  /** Which visit of that it was, from 1; `null` for such a join. */
  readonly cycle: number | null;
}

/** An origin of a visit as it is written down: in few characters, since a journal has one for each pass of a loop. */
export function writtenOrigin({ via, from, cycle }: TaskOrigin, visit: number): unknown {
  if (via === "iteration" && cycle === visit - 1) return "self";
  return cycle === null ? [via] : [via, from, cycle];
}

/** Reads the origin of a visit; one that a later version has other words for is none. */
export function readOrigin(record: JsonReader, visit: number, rename: (node: string) => string): TaskOrigin | null {
  if (record.isAbsent) return null;
  if (record.value === "self") return { via: "iteration", from: null, cycle: visit - 1 };
  if (!Array.isArray(record.value)) return null;
  const [kind, from, cycle] = [record.item(0), record.item(1), record.item(2)];
  const via = CALLS.find((call) => call === kind.value);
  if (via === undefined) return null;
  return { via, from: from.isAbsent ? null : rename(from.text()), cycle: cycle.isAbsent ? null : cycle.count(1) };
}
