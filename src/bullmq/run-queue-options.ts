import { checkedFlag, checkedOptions } from "../authoring/option-checks.js";
import { checkedId } from "../core/ids.js";
import { checkedConnection, type RedisConnection } from "./connection.js";
import { checkedPlace } from "./queue-names.js";
import type { RunPlace } from "./run-link.js";
import { checkedCount } from "./runner-options.js";

/** How a `runQueue` is set up. */
export interface RunQueueOptions {
  readonly connection: RedisConnection;
  /** The name of the queue that engines take runs from. */
  readonly queue: string;
  /** What the keys in Redis start with, the same for engines and those who submit. Default `cairnflow`; in braces for a cluster. */
  readonly prefix?: string;
  /** How long a call waits for a Redis that is away before it rejects. Default 30_000; at least 100. */
  readonly patienceMs?: number;
  /** How long the first connection may take. Default 5_000. */
  readonly connectTimeoutMs?: number;
}

/** How a run is submitted. */
export interface SubmitOptions {
  /** The id of the run, which makes submitting it again harmless; a fresh one unless given. */
  readonly runId?: string;
  /** Goes on with the run if it has failed or was cancelled: what has completed is not done again. */
  readonly retryFailed?: boolean;
}

export interface RunQueueSettings extends RunPlace {
  readonly patienceMs: number;
}

const PLACE = ["connection", "queue", "prefix", "patienceMs", "connectTimeoutMs"] as const;
const SUBMIT = ["runId", "retryFailed"] as const;

/** Throws `InvalidOptionError`. */
export function checkedRunQueueOptions(options: RunQueueOptions, what = "runQueue"): RunQueueSettings {
  const { patienceMs = 30_000, connectTimeoutMs = 5_000, ...place } = checkedOptions<RunQueueOptions>(options, PLACE, what);
  return {
    ...checkedPlace(place, what),
    connection: checkedConnection(place.connection, what),
    patienceMs: checkedCount("patienceMs", patienceMs, 100, what),
    connectTimeoutMs: checkedCount("connectTimeoutMs", connectTimeoutMs, 50, what),
  };
}

/** Throws `InvalidOptionError`, `InvalidIdError`. */
export function checkedSubmitOptions(options: SubmitOptions): { readonly runId: string | null; readonly retryFailed: boolean } {
  const { runId, retryFailed } = checkedOptions<SubmitOptions>(options, SUBMIT, "submit");
  return {
    runId: runId === undefined ? null : checkedId(runId, "run id"),
    retryFailed: checkedFlag(retryFailed, "option retryFailed of submit"),
  };
}

/** Tells the options of where runs are queued from those of one run. Throws `InvalidOptionError`. */
export function splitSubmitOptions(options: RunQueueOptions & SubmitOptions): {
  readonly place: RunQueueOptions;
  readonly submit: SubmitOptions;
} {
  const { runId, retryFailed, ...place } = checkedOptions<RunQueueOptions & SubmitOptions>(options, [...PLACE, ...SUBMIT], "submit");
  return { place, submit: { ...(runId === undefined ? {} : { runId }), ...(retryFailed === undefined ? {} : { retryFailed }) } };
}
