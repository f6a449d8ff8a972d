import type { Logger, LogLevel, LogLine, RichLogger, TaskLogger } from "../core/logger.js";

/** Says nothing: the logger of a run that was given none. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

interface LoggingTask {
  readonly runId: string;
  readonly taskId: string;
  readonly cycle: number;
  readonly attempt: number;
  readonly run: { readonly definition: { readonly name: string; readonly version: number } };
}

type Fields = Readonly<Record<string, unknown>>;

/** One for each task under way: `ctx.log` is asked for anew with every line. */
const loggers = new WeakMap<LoggingTask, TaskLogger>();

/** A logger that names run, workflow, version, task, cycle and attempt in every line. */
export function taskLogger(logger: RichLogger, task: LoggingTask): TaskLogger {
  const known = loggers.get(task);
  if (known !== undefined) return known;
  const made = loggerOf(logger, task);
  loggers.set(task, made);
  return made;
}

function loggerOf(logger: RichLogger, { runId, taskId, cycle, attempt, run }: LoggingTask): TaskLogger {
  const { name: workflow, version } = run.definition;
  const facts: Fields = { runId, workflow, version, taskId, cycle, attempt };
  const child = logger.child?.(facts);
  const line =
    (level: LogLevel): LogLine =>
    (given: Fields | Error | string, message?: string) => {
      const own = typeof given === "string" ? {} : without(facts, given instanceof Error ? { err: given } : given);
      const text = typeof given === "string" ? given : (message ?? "");
      if (child !== undefined) child[level](own, text);
      else logger[level]({ ...facts, ...own }, text);
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

/** Fields of a line, but for those that every line has: a task cannot pass for another, and no field stands in a line twice. */
function without(facts: Fields, fields: Fields): Fields {
  const names = Object.keys(fields);
  if (!names.some((name) => Object.hasOwn(facts, name))) return fields;
  return Object.fromEntries(names.filter((name) => !Object.hasOwn(facts, name)).map((name) => [name, fields[name]]));
}
