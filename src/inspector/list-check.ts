import { optionError } from "../authoring/option-checks.js";

/** Returns a list if it is one. Throws `InvalidOptionError`. */
export function checkedList<Item>(list: readonly Item[], what: string, expected: string): readonly Item[] {
  if (Array.isArray(list)) return list as readonly Item[];
  throw optionError(what, list, expected);
}
