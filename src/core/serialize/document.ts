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
  try {
    const value: unknown = superjson.deserialize(document as SuperJSONResult, { inPlace: true });
    deepFreeze(value);
    return value;
  } catch (error) {
    throw safely(error);
  }
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
  try {
    checkShape(document);
    const { json, meta } = document;
    verifyJson(json, meta === undefined);
    return meta === undefined ? PLAIN : verifyMeta(meta, json);
  } catch (error) {
    throw safely(error);
  }
}

/** Checks parsed JSON from anywhere that is to be a value as it is. */
export function verifyPlain(json: unknown, freeze: boolean): void {
  try {
    verifyJson(json, freeze);
  } catch (error) {
    throw safely(error);
  }
}

function verifyMeta(meta: unknown, json: unknown): Level {
  const check = new MetaCheck();
  check.check(meta, json);
  return check.level;
}

function checkShape(document: unknown): asserts document is StoredDocument {
  if (typeof document !== "object" || document === null || !Object.hasOwn(document, "json")) throw corruptDocument("no { json, meta }");
  for (const key in document)
    if (key !== "json" && key !== "meta" && Object.hasOwn(document, key)) throw corruptDocument("more than { json, meta }");
}

/** Nothing but a `CairnError` leaves: what superjson or a constructor throws may show values, so it is not passed on. */
function safely(error: unknown): CairnError {
  if (error instanceof CairnError) return error;
  if (error instanceof RangeError && error.message.includes("call stack"))
    return new LimitExceededError("stored value: too deep to be read.");
  return corruptDocument("a value that cannot be decoded");
}
