/** Where log lines go: any logger whose methods take fields and a message, as pino's do. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** One level of a task's log: a message, with fields before it or without. */
export interface LogLine {
  (message: string): void;
  (fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** What a task logs with. Every line carries run, task, cycle and attempt. */
export interface TaskLogger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}
