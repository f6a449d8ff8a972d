import { CheckpointCorruptError, LimitExceededError } from "../errors.js";
import { isForbiddenKey, READ_DEPTH_LIMIT } from "./limits.js";

/** An error for a stored document that this library has not written so; it names no values. */
export function corruptDocument(what: string): CheckpointCorruptError {
  return new CheckpointCorruptError(`stored value: ${what}; it was not written by this library or has been changed.`);
}

/** Checks parsed JSON in one walk: depth, numbers, keys that could change a prototype. Freezes it on the way if asked. */
export function verifyJson(value: unknown, freeze: boolean, depth = 0): void {
  if (typeof value === "object" && value !== null) return verifyContainer(value, freeze, depth);
  if (typeof value === "number") {
    if (value - value !== 0 || (value === 0 && 1 / value < 0)) throw corruptDocument("a number that JSON does not keep");
  } else if (typeof value !== "string" && typeof value !== "boolean" && value !== null) {
    throw corruptDocument(`a ${typeof value}, which is not JSON`);
  }
}

function verifyContainer(container: object, freeze: boolean, depth: number): void {
  if (depth >= READ_DEPTH_LIMIT) throw new LimitExceededError(`stored value: more than ${READ_DEPTH_LIMIT} levels; it cannot be read.`);
  if (Array.isArray(container)) {
    for (const part of container) verifyJson(part, freeze, depth + 1);
  } else {
    for (const key of Object.keys(container)) {
      if (isForbiddenKey(key)) throw corruptDocument(`the key "${key}", which could change a prototype`);
      verifyJson((container as Record<string, unknown>)[key], freeze, depth + 1);
    }
  }
  if (freeze) Object.freeze(container);
}
