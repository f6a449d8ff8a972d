import { StoredValue } from "../core/serialize/index.js";

/**
 * What became of a task of a board: `pending` can be claimed, `claimed` somebody has, and the others are for good. A claim whose
 * lease has run out makes the task `pending` again.
 */
export type BoardTaskStatus = "pending" | "claimed" | "done" | "failed" | "cancelled";

export const BOARD_TASK_STATUSES: readonly BoardTaskStatus[] = ["pending", "claimed", "done", "failed", "cancelled"];

/** A task of a board as it was when it was asked for. */
export interface BoardTask {
  readonly id: string;
  readonly type: string;
  /** The id of the task that it belongs to. */
  readonly parent: string | null;
  readonly status: BoardTaskStatus;
  /** What is to be done: the value that it was created with, frozen. */
  readonly data: unknown;
  /** What its creator has noted with it, frozen. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What it was completed with, frozen; `undefined` before. */
  readonly result: unknown;
  /** Who has it, or who completed it. */
  readonly agent: string | null;
  /** Until when it is claimed, in milliseconds since 1970. */
  readonly leaseUntil: number | null;
  /** How often it was claimed so far. */
  readonly claims: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

/** A task as a store gives it: as it is at this moment, its values as texts of `StoredValue`. */
export interface StoredTask extends Omit<BoardTask, "data" | "metadata" | "result"> {
  readonly data: string;
  readonly metadata: string;
  readonly result: string | null;
}

/** Throws a `CheckpointError` for texts that no board has written. */
export function taskOf({ data, metadata, result, ...rest }: StoredTask): BoardTask {
  return { ...rest, data: readValue(data), metadata: readValue(metadata) as BoardTask["metadata"], result: resultOf(result) };
}

export const readValue = (text: string): unknown => StoredValue.fromText(text).read();

const resultOf = (result: string | null): unknown => (result === null ? undefined : readValue(result));

/** Whether nothing more happens to it. */
export const isFinished = ({ status }: { readonly status: BoardTaskStatus }): boolean => status !== "pending" && status !== "claimed";
