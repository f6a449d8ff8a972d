import { quoted } from "../core/ids.js";

/** Where something stands in a text, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A value of a YAML text, and where it stands. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

interface LocatedScalar {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

interface LocatedList {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Located[];
}

interface LocatedMap {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

/** A value of a map, and where its key stands. */
export interface LocatedEntry {
  readonly place: Place;
  readonly value: Located;
}

/** What a value is, for a message. */
export function describe(node: Located): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  if (node.value === null) return "nothing";
  return typeof node.value === "string" ? quoted(node.value) : String(node.value);
}

/** The value as plain data, without its places. */
export function plainValue(node: Located): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  return Object.fromEntries(Array.from(node.entries, ([key, { value }]) => [key, plainValue(value)]));
}
