import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Logger } from "../core/logger.js";
import { checkedConnection, type RedisConnection } from "./connection.js";
import { checkedPlace, type QueuePlace } from "./queue-names.js";

/** How a `bullmqRunner` is set up. */
export interface BullmqRunnerOptions {
  readonly connection: RedisConnection;
  /** The name of the queue that workers listen to: letters, digits, `.` `_` `-`. */
  readonly queue: string;
  /** What the keys in Redis start with, the same for engines and workers. Default `cairnflow`; in braces for a cluster. */
  readonly prefix?: string;
  /** How often attempts that take long are asked after, in case the news of their end was lost. Default 5_000; at least 100. */
  readonly checkMs?: number;
  /** For how long a run waits for a Redis that is away before it fails. Default 300_000. */
  readonly patienceMs?: number;
  /** How long the first connection may take. Default 5_000. */
  readonly connectTimeoutMs?: number;
  /** Hears of tasks that nobody serves and of jobs that were lost. */
  readonly logger?: Logger;
}

export interface RunnerSettings extends QueuePlace {
  readonly connection: RedisConnection;
  readonly checkMs: number;
  readonly patienceMs: number;
  readonly connectTimeoutMs: number;
  readonly logger: Logger | null;
}

const WHO = "bullmqRunner";

/** Throws `InvalidOptionError`. */
export function checkedRunnerOptions(options: BullmqRunnerOptions): RunnerSettings {
  checkedObject(options, WHO);
  const { connection, checkMs = 5_000, patienceMs = 300_000, connectTimeoutMs = 5_000, logger } = options;
  return {
    ...checkedPlace(options, WHO),
    connection: checkedConnection(connection, WHO),
    checkMs: checkedCount("checkMs", checkMs, 100, WHO),
    patienceMs: checkedCount("patienceMs", patienceMs, 1_000, WHO),
    connectTimeoutMs: checkedCount("connectTimeoutMs", connectTimeoutMs, 50, WHO),
    logger: checkedLogger(logger, WHO),
  };
}

export function checkedObject(options: unknown, what: string): void {
  if (typeof options === "object" && options !== null) return;
  throw new InvalidOptionError(`the options of ${what} are missing: expected an object; give { connection, queue }.`);
}

/** Throws `InvalidOptionError` for anything but a whole number from `least` to what a timer takes. */
export function checkedCount(name: string, value: unknown, least: number, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= 2_147_483_647) return value as number;
  const found = typeof value === "number" ? String(value) : quoted(value);
  throw new InvalidOptionError(`option ${name} of ${what} is ${found}: expected a whole number from ${least} up; choose one.`);
}

export function checkedLogger(logger: Logger | undefined, what: string): Logger | null {
  if (logger === undefined) return null;
  if (typeof logger?.warn === "function" && typeof logger.info === "function") return logger;
  throw new InvalidOptionError(`option logger of ${what} is no logger: expected debug, info, warn and error, as pino has them.`);
}
