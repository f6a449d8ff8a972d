import { toMs } from "../core/duration.js";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { Logger } from "../core/logger.js";
import type { CommandLine } from "./command-line.js";
import type { Say } from "./terminal.js";

/** Where a command finds its queue, as options of `createWorker` and others. Throws `InvalidOptionError`. */
export function placeOf(
  line: CommandLine,
  command: string,
): { readonly connection: string; readonly queue: string; readonly prefix?: string } {
  const connection = line.text("redis");
  if (connection === undefined)
    throw new InvalidOptionError(`cairn ${command} got no Redis: expected --redis redis://host:6379, or CAIRN_REDIS_URL.`);
  const queue = line.text("queue");
  if (queue === undefined) throw new InvalidOptionError(`cairn ${command} got no queue: expected --queue with the name that engines use.`);
  const prefix = line.text("prefix");
  return { connection, queue, ...(prefix === undefined ? {} : { prefix }) };
}

/** The modules that a command line names. Throws `InvalidOptionError` if there is none. */
export function modulesOf(line: CommandLine, command: string): readonly string[] {
  const modules = line.words("modules");
  if (modules.length > 0) return modules;
  throw new InvalidOptionError(`cairn ${command} got no module: expected the path of one that exports workflows.`);
}

/** An option that is a time, in whole milliseconds. Throws `InvalidOptionError`. */
export const timeOf = (line: CommandLine, name: string): number => Math.round(toMs(line.text(name) ?? "", `--${name}`));

/** An option that is a count, `undefined` if it is not given. Throws `InvalidOptionError`. */
export function countOf(line: CommandLine, name: string): number | undefined {
  const text = line.text(name);
  return text === undefined ? undefined : countIn(text, `--${name}`);
}

/** A text that is a count. Throws `InvalidOptionError`. */
export function countIn(text: string, what: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidOptionError(`${what} is ${quoted(text)}: expected a whole number from 1 up.`);
}

/** Messages without their fields: those may hold what nobody has looked at. */
export function lineLogger(command: string, say: Say): Logger {
  const line = (_: object, message: string): void => say(`cairn ${command}: ${JSON.stringify(message)}`);
  return { debug: () => {}, info: line, warn: line, error: line };
}
