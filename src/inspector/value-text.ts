import { inspect } from "node:util";
import { firstOf } from "./text-size.js";

const LIMIT = 1_000;

/** A value in one line, shortened. Nothing of it is called: neither getters nor methods of its own for being shown. */
export function valueText(value: unknown): string {
  const text = inspect(value, {
    depth: 4,
    maxArrayLength: 20,
    maxStringLength: 200,
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
    customInspect: false,
    getters: false,
  });
  return firstOf(text, LIMIT);
}
