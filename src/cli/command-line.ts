import { parseArgs } from "node:util";
import { InvalidOptionError } from "../core/errors.js";

/** What stands on a command line: the words, and the options by name. Kept apart, so that another parser can take its place. */
export interface CommandLine {
  readonly words: readonly string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

/** Reads a command line. Throws `InvalidOptionError` for an option that is not known or lacks its value. */
export function readCommandLine(args: readonly string[], texts: readonly string[], flags: readonly string[]): CommandLine {
  const options = Object.fromEntries([
    ...texts.map((name) => [name, { type: "string" as const }] as const),
    ...flags.map((name) => [name, { type: "boolean" as const }] as const),
  ]);
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const given = new Map(Object.entries(values));
    return {
      words: positionals,
      text: (name) => given.get(name) as string | undefined,
      flag: (name) => given.get(name) === true,
    };
  } catch (cause) {
    throw new InvalidOptionError(
      `${(cause as Error).message.split(". ")[0]}: expected ${[...texts, ...flags].map((name) => `--${name}`).join(" ")}.`,
      {
        cause,
      },
    );
  }
}
