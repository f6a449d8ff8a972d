import { InvalidOptionError } from "../core/errors.js";
import { quoted } from "../core/ids.js";

/** A value as it may stand in a message. */
export const shown = (value: unknown): string => (typeof value === "number" || typeof value === "boolean" ? String(value) : quoted(value));

/** The error of an option with a value outside its range. */
export const optionError = (what: string, found: unknown, expected: string): InvalidOptionError =>
  new InvalidOptionError(`${what} is ${shown(found)}: expected ${expected}; correct the value.`);

/** Returns the options if they are an object with known names only. */
export function checkedOptions<Options extends object>(options: unknown, known: readonly string[], what: string): Options {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidOptionError(`the options of ${what} are ${shown(options)}: expected an object; known options: ${known.join(", ")}.`);
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return options as Options;
  throw new InvalidOptionError(
    `${what} has no option ${unknown.map(quoted).join(", ")}: expected one of ${known.join(", ")}; correct or remove it.`,
  );
}

/** Returns a flag, `false` if absent. */
export function checkedFlag(value: unknown, what: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw optionError(what, value, "true or false");
}

/** Returns one of a few words, `null` if absent. */
export function checkedWord<Word extends string>(value: unknown, words: readonly Word[], what: string): Word | null {
  if (value === undefined) return null;
  if (words.includes(value as Word)) return value as Word;
  throw optionError(what, value, words.map(quoted).join(" or "));
}

/** Returns a whole number of at least 1, `null` if absent. */
export function checkedCount(value: unknown, what: string): number | null {
  if (value === undefined) return null;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw optionError(what, value, "a whole number from 1 up");
}

/** Returns one text or a list of them as a frozen list without repetition; each must match. */
export function checkedTexts(value: unknown, pattern: RegExp, what: string, expected: string): readonly string[] {
  const list: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  for (const [index, text] of list.entries()) {
    if (typeof text !== "string" || !pattern.test(text)) throw optionError(what, text, expected);
    if (list.indexOf(text) !== index) throw new InvalidOptionError(`${what} names ${quoted(text)} twice: expected each once; remove one.`);
  }
  return Object.freeze([...(list as readonly string[])]);
}
