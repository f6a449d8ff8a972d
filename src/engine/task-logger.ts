import type { Logger } from "../core/logger.js";

/** Says nothing: the logger of a run that was given none. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

interface TaskFacts {
  readonly runId: string;
  readonly taskId: string;
  readonly cycle: number;
  readonly attempt: number;
}

/** A logger that names run, task, cycle and attempt in every line. */
export function taskLogger(logger: Logger, { runId, taskId, cycle, attempt }: TaskFacts): Logger {
  const facts = { runId, taskId, cycle, attempt };
  return {
    debug: (fields, message) => logger.debug({ ...facts, ...fields }, message),
    info: (fields, message) => logger.info({ ...facts, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...facts, ...fields }, message),
    error: (fields, message) => logger.error({ ...facts, ...fields }, message),
  };
}
