import { InvalidIdError } from "./errors.js";

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const KEY_LIMIT = 512;

/** Whether a text may be used as an id. */
export const isId = (text: unknown): text is string => typeof text === "string" && ID.test(text);

/** Returns the text if it is a valid id; `what` names it in the error, as in `run id`. */
export function checkedId(text: unknown, what: string): string {
  if (isId(text)) return text;
  throw new InvalidIdError(
    `${what} ${quoted(text)} is not a valid id: expected 1 to 128 of A-Z a-z 0-9 . _ - starting with a letter or digit; choose such a name.`,
  );
}

/** Returns the name of a task or group: an id, and none that would be a dangerous key in the record of a group or join. */
export function checkedNodeName(text: unknown, what: string): string {
  const name = checkedId(text, what);
  if (name !== "constructor" && name !== "prototype") return name;
  throw new InvalidIdError(`${what} ${quoted(name)} is reserved: expected one that is no part of every object; choose another name.`);
}

/** Returns a channel key if each of its segments (between `/` or `:`) is a valid id. */
export function checkedKey(key: unknown): string {
  if (typeof key === "string" && key.length <= KEY_LIMIT && (ID.test(key) || key.split(/[/:]/).every((part) => ID.test(part)))) return key;
  throw new InvalidIdError(
    `channel key ${quoted(key)} is not valid: expected segments of A-Z a-z 0-9 . _ - starting with a letter or digit, joined by "/" or ":", at most ${KEY_LIMIT} characters in all.`,
  );
}

/** A text as it may stand in a message: quoted, escaped and short; anything but a text is named by its type. */
export function quoted(text: unknown): string {
  if (typeof text !== "string") return `(${text === null ? "null" : typeof text})`;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
