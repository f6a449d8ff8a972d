import type { Logger, LogLine, TaskLogger } from "../core/logger.js";

/** Says nothing: the logger of a run that was given none. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

interface TaskFacts {
  readonly runId: string;
  readonly taskId: string;
  readonly cycle: number;
  readonly attempt: number;
}

/** A logger that names run, task, cycle and attempt in every line. */
export function taskLogger(logger: Logger, { runId, taskId, cycle, attempt }: TaskFacts): TaskLogger {
  const line =
    (level: keyof Logger): LogLine =>
    (fields: Readonly<Record<string, unknown>> | string, message?: string) =>
      typeof fields === "string"
        ? logger[level]({ runId, taskId, cycle, attempt }, fields)
        : logger[level]({ runId, taskId, cycle, attempt, ...fields }, message ?? "");
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
