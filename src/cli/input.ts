import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";
import type { CommandLine } from "./command-line.js";

/** The value of an option that is JSON, or `@file.json`; `undefined` if it is not given. Throws `InvalidOptionError`. */
export async function jsonInput(line: CommandLine, name: string, folder: string): Promise<unknown> {
  const text = line.text(name);
  if (text === undefined) return undefined;
  return parsed(text.startsWith("@") ? await fileText(text.slice(1), name, folder) : text, `--${name}`);
}

/** A text that is JSON. Throws `InvalidOptionError`. */
export function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // What the parser says holds parts of the input.
    throw new InvalidOptionError(`${what} is not JSON: expected a value as in '"iris.csv"' or '{"rows": 3}', or @file.json; mend it.`);
  }
}

async function fileText(path: string, name: string, folder: string): Promise<string> {
  try {
    return await readFile(resolve(folder, path), "utf8");
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw new InvalidOptionError(`--${name} names the file ${quoted(path)}, which cannot be read (${code}); mend its path.`, { cause });
  }
}
