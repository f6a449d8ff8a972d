import type { ErrorRecord } from "./error-record.js";
import type { StoredValue } from "./serialize/index.js";
import type { TaskOrigin } from "./task-origin.js";
import type { TaskRef } from "./task-ref.js";

/** Names the member of a group that something belongs to. */
export interface ScopeKey {
  /** The serial of the group. */
  readonly group: number;
  /** The member's place in the group. */
  readonly member: number;
}

/** One pending execution of one task, as plain data: a checkpoint stores it whole. */
export interface TaskSpec {
  /** Unique in the run, in the order in which specs were queued. */
  readonly serial: number;
  /** Its place in the queue: the serial, or a later one since it was queued again. */
  readonly order: number;
  /** The id of the instance: the task's name, or the id it was queued with. */
  readonly taskId: string;
  /** The node of the graph this is a visit of, or `null` for a dynamic task. */
  readonly node: string | null;
  readonly ref: TaskRef;
  readonly input: StoredValue;
  /** 1 for the first start; grows with retries and with resumes that start the task again. */
  readonly attempt: number;
  /** Attempts of this visit that failed: what the retry budget is counted by. */
  readonly failures: number;
  readonly maxRetries: number;
  /** Which visit of the task this is, from 1. */
  readonly cycle: number;
  /** Wall-clock milliseconds. */
  readonly createdAt: number;
  readonly availableAt: number;
  /** The serial of the spec whose step queued this one, or `null` for the start. */
  readonly parent: number | null;
  /** By which edge or call it was queued, where nothing else says so. */
  readonly origin: TaskOrigin | null;
  /** The group member it belongs to, or `null` at the top level. */
  readonly scope: ScopeKey | null;
  /** Tells instances of one dynamic task without ids apart: derived from who queued it, so that it is the same after a resume. */
  readonly lineage: string | null;
  readonly lastError: ErrorRecord | null;
  /** What `ctx.once` has remembered over the attempts of this visit. */
  readonly memo: ReadonlyMap<string, StoredValue> | null;
}

/** The id of a spec as people and tasks see it. */
export const specIdOf = (spec: Pick<TaskSpec, "serial">): string => `s${spec.serial}`;
