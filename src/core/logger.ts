/** Where log lines go: any logger whose methods take fields and a message, as pino's do. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** What else a logger may have, as pino's do. */
export interface RichLogger extends Logger {
  /** A logger that has these fields in every line. If there is one, each task under way gets its own. */
  child?(fields: Readonly<Record<string, unknown>>): Logger;
  /** Whether lines of a level are written at all. If it says no, those of the run itself are not even made. */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** How urgent a line is. */
export type LogLevel = keyof Logger;

/** One level of a task's log: a message, with fields or an error (which becomes the field `err`) before it or without. */
export interface LogLine {
  (message: string): void;
  (fields: Readonly<Record<string, unknown>> | Error, message: string): void;
}

/** What a task logs with. Every line carries run, workflow, version, task, cycle and attempt. */
export interface TaskLogger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

/** A text that came from elsewhere, as it may stand in a log: what a terminal could obey is written out, as in `\u{1b}`. */
export const escapedText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) => `\\u{${(found.codePointAt(0) as number).toString(16)}}`);
