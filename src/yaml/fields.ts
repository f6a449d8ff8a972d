import { DefinitionError } from "../core/errors.js";
import { expectedNames } from "../core/expected-names.js";
import { quoted } from "../core/ids.js";
import { describe, type Located, type Place } from "./located.js";
import type { Problems } from "./problems.js";

/** The fields of a map whose keys are known. */
export class Fields {
  private constructor(
    readonly place: Place,
    private readonly entries: ReadonlyMap<string, Located>,
  ) {}

  /** `null`, and a problem, for what is no map. Keys that are not known are problems. `what` names the map. */
  static read(node: Located, known: readonly string[], what: string, problems: Problems): Fields | null {
    if (node.kind !== "map") {
      problems.add(node.place, `${what} is ${describe(node)}: expected a map with some of ${known.join(", ")}.`);
      return null;
    }
    for (const [key, { place }] of node.entries) {
      if (!known.includes(key)) problems.add(place, `${what} has no field ${quoted(key)}: ${expectedNames(key, known)}`);
    }
    return new Fields(node.place, new Map(Array.from(node.entries, ([key, { value }]) => [key, value])));
  }

  get(key: string): Located | null {
    return this.entries.get(key) ?? null;
  }
}

/** A text, or `null` and a problem. */
export function textOf(node: Located, what: string, problems: Problems): string | null {
  if (node.kind === "scalar" && typeof node.value === "string") return node.value;
  problems.add(node.place, `${what} is ${describe(node)}: expected a text; put it into quotes if it looks like something else.`);
  return null;
}

/** A flag, or `null` and a problem. */
export function flagOf(node: Located, what: string, problems: Problems): boolean | null {
  if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
  problems.add(node.place, `${what} is ${describe(node)}: expected true or false.`);
  return null;
}

/** A list, or `null` and a problem. */
export function listOf(node: Located, what: string, problems: Problems): readonly Located[] | null {
  if (node.kind === "list") return node.items;
  problems.add(node.place, `${what} is ${describe(node)}: expected a list; begin each item with "- ".`);
  return null;
}

/** Tries what checks a value by throwing; what it throws is a problem at a place. */
export function tried<Value>(check: () => Value, place: Place, problems: Problems): Value | null {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    problems.add(place, error.message);
    return null;
  }
}
