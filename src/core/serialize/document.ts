import { SuperJSON, type SuperJSONResult } from "superjson";
import { CairnError, LimitExceededError } from "../errors.js";
import { deepFreeze } from "./freeze.js";
import { type Level, PLAIN } from "./limits.js";
import { isNullObject, PART_TYPE, Part } from "./part.js";
import { PlainBranches } from "./plain-branch.js";
import { revivePart } from "./revive.js";
import { corruptDocument, verifyJson } from "./verify.js";
import { MetaCheck } from "./verify-meta.js";

/** superjson's document: the JSON and, where that is not exact, its annotations. */
export interface StoredDocument {
  readonly json: unknown;
  readonly meta?: unknown;
}

const superjson = new SuperJSON();
superjson.registerCustom<unknown, never>(
  {
    isApplicable: (value): value is unknown => value instanceof Part || isNullObject(value),
    serialize: (value) => (value instanceof Part ? [...value] : ["null-object", { ...(value as object) }]) as never,
    deserialize: revivePart,
  },
  PART_TYPE,
);

/** The text of a copy that a walk has made. */
export function encode(copy: unknown, level: Level): string {
  try {
    return level === PLAIN ? `{"json":${JSON.stringify(copy)}}` : encodeRich(copy);
  } catch (cause) {
    throw new LimitExceededError("stored value: too large or too deep to be written; split it.", { cause });
  }
}

/** superjson notes equal NaNs and bigints as one object; that is dropped, as is any identity: a stored value is a tree. */
function encodeRich(copy: unknown): string {
  const { json, meta } = superjson.serialize(new PlainBranches().hide(copy) as never);
  return JSON.stringify(meta?.values === undefined ? { json } : { json, meta: { values: meta.values, v: 1 } });
}

/** Decodes a document that was verified or written here; uses up its `json`. The result is frozen. */
export function decode(document: StoredDocument): unknown {
  return guarded(() => {
    const value: unknown = superjson.deserialize(document as SuperJSONResult, { inPlace: true });
    deepFreeze(value);
    return value;
  });
}

/** Parses a text; the error shows nothing of it. */
export function parseDocument(text: string): StoredDocument {
  try {
    return JSON.parse(text) as StoredDocument;
  } catch {
    throw corruptDocument("no JSON");
  }
}

/** Checks a parsed document from anywhere, so that it can be decoded; freezes it if it is plain JSON. */
export function verifyDocument(document: unknown): Level {
  return guarded(() => {
    const { json, meta } = checkedShape(document);
    verifyJson(json, meta === undefined);
    if (meta === undefined) return PLAIN;
    const check = new MetaCheck();
    check.check(meta, json);
    return check.level;
  });
}

function checkedShape(document: unknown): StoredDocument {
  if (typeof document !== "object" || document === null || !Object.hasOwn(document, "json")) throw corruptDocument("no { json, meta }");
  const { length } = Object.keys(document);
  if (length !== 1 && (length !== 2 || !Object.hasOwn(document, "meta"))) throw corruptDocument("more than { json, meta }");
  return document as StoredDocument;
}

/** Nothing but a `CairnError` leaves: what superjson or a constructor throws may show values, so it is not passed on. */
function guarded<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof CairnError) throw error;
    if (error instanceof RangeError && error.message.includes("call stack"))
      throw new LimitExceededError("stored value: too deep to be read.");
    throw corruptDocument("a value that cannot be decoded");
  }
}
