import { capture } from "../core/serialize/index.js";

/** JSON of one line, in which nothing stands that a terminal could obey. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  )}\n`;

/** A stored value as JSON: what JSON has no word for as superjson writes it, nothing as `null`. */
export const jsonValue = (value: unknown): unknown =>
  (JSON.parse(capture(value, "output").text()) as { readonly json?: unknown }).json ?? null;

/** Values by name as an object that has no prototype. */
export const jsonObject = (entries: Iterable<readonly [string, unknown]>): Readonly<Record<string, unknown>> =>
  Object.assign(Object.create(null) as object, Object.fromEntries(entries)) as Readonly<Record<string, unknown>>;
