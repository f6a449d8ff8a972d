import { checkedNames } from "../core/checkpoint-policy.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError, LimitExceededError } from "../core/errors.js";
import { checkedId, quoted } from "../core/ids.js";
import { capture } from "../core/serialize/index.js";
import type { BoardQuery } from "./board-store.js";
import { BOARD_TASK_STATUSES, type BoardTaskStatus } from "./board-task.js";

/** What a task is created with besides its type and data. */
export interface CreateOptions {
  /** A fresh id unless given. Creating the same task again under its id changes nothing. */
  readonly id?: string;
  /** The id of the task that it belongs to; it is cancelled with that one. */
  readonly parent?: string;
  /** Notes for whoever looks at the task. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What is claimed, for how long, and whether to wait for it. */
export interface ClaimOptions extends WaitOptions {
  /** Only tasks of these types; all unless given. */
  readonly types?: readonly string[];
  /** After how long without a heartbeat the task returns by itself; `"24h"` unless given. */
  readonly lease?: Duration;
  /** How long to wait for a task; not at all unless given. */
  readonly wait?: Duration;
}

/** How a wait is called off. */
export interface WaitOptions {
  /** Ends the wait when it is aborted: it rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** How a claimed task ended. */
export interface Completion {
  readonly status: "done" | "failed";
  /** What came out of it, or why it has failed. */
  readonly result?: unknown;
}

/** Which tasks are listed, oldest first. */
export interface ListOptions {
  readonly status?: BoardTaskStatus;
  readonly type?: string;
  /** The id of the task to begin behind. */
  readonly after?: string;
  /** How many at most: 100 unless given, and never more than 1,000. */
  readonly limit?: number;
}

/** How many characters a value of a task may take as it is stored. */
const VALUE_LIMIT = 1_048_576;
const LIST_LIMIT = 1_000;
const TYPE_LIMIT = 100;
/** Ten years: no lease or wait makes a time that cannot be written. */
const LONGEST_MS = 10 * 365 * 86_400_000;

/** The text of a value. Throws `NotSerializableError`, or `LimitExceededError` if it is too long. */
export function textOf(value: unknown, what: string): string {
  const text = capture(value, what).text();
  if (text.length <= VALUE_LIMIT) return text;
  throw new LimitExceededError(
    `${what} takes ${text.length} characters: expected at most ${VALUE_LIMIT}; keep large values elsewhere and give their address here.`,
  );
}

export function textOfMetadata(metadata: CreateOptions["metadata"] = {}): string {
  const prototype: unknown = typeof metadata === "object" && metadata !== null ? Object.getPrototypeOf(metadata) : undefined;
  if (prototype === Object.prototype || prototype === null) return textOf(metadata, "metadata");
  throw new InvalidOptionError("option metadata is no plain object: expected fields and their values; put the value into one.");
}

export function checkedTypes(types: readonly string[] | undefined): readonly string[] | null {
  if (types === undefined) return null;
  if (Array.isArray(types) && types.length >= 1 && types.length <= TYPE_LIMIT) {
    return [...new Set(types.map((type) => checkedId(type, "task type")))];
  }
  throw new InvalidOptionError(`option types is not a list of 1 to ${TYPE_LIMIT} task types: leave it out to claim tasks of any type.`);
}

/** Throws `InvalidOptionError`; `least` is 0 for a wait and 1 for a lease. */
export function checkedMs(duration: Duration, what: string, least: number): number {
  const ms = Math.round(toMs(duration, `option ${what}`));
  if (ms >= least && ms <= LONGEST_MS) return ms;
  throw new InvalidOptionError(
    `option ${what} is ${quoted(String(duration))}: expected from ${least} ms to 3650 days; choose such a time.`,
  );
}

export function checkedCompletion(completion: Completion): "done" | "failed" {
  checkedNames(completion, ["status", "result"], "completion");
  if (completion.status === "done" || completion.status === "failed") return completion.status;
  throw new InvalidOptionError(
    `option status is ${quoted(completion.status)}: expected "done" or "failed"; release a task that is neither.`,
  );
}

export function checkedQuery(options: ListOptions): BoardQuery {
  checkedNames(options, ["status", "type", "after", "limit"], "list");
  const { status = null, type, after, limit = 100 } = options;
  if (status !== null && !BOARD_TASK_STATUSES.includes(status)) {
    throw new InvalidOptionError(`option status is ${quoted(status)}: expected one of ${BOARD_TASK_STATUSES.join(", ")}.`);
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIST_LIMIT) {
    throw new InvalidOptionError(
      `option limit is ${String(limit)}: expected a whole number from 1 to ${LIST_LIMIT}; ask again with \`after\`.`,
    );
  }
  return {
    status,
    type: type === undefined ? null : checkedId(type, "task type"),
    after: after === undefined ? null : checkedId(after, "task id"),
    limit,
  };
}
