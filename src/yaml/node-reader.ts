import type { Node, Pair } from "yaml";
import { quoted } from "../core/ids.js";
import { plainText } from "../core/render-labels.js";
import { isForbiddenKey } from "../core/serialize/limits.js";
import type { Located, LocatedEntry, Place } from "./located.js";
import type { Problems } from "./problems.js";
import { yaml } from "./yaml-package.js";

const { isAlias, isMap, isScalar, isSeq } = yaml;

/** Turns the nodes of a document into located values. Every node was bounded in depth before. */
export class NodeReader {
  constructor(
    private readonly placeAt: (offset: number) => Place,
    private readonly problems: Problems,
  ) {}

  read(node: Node | null): Located {
    const place = this.#placeOf(node);
    if (node === null) return nothingAt(place);
    if (isAlias(node)) return this.#refused(place, `the alias *${node.source} stands here`, "write the value out, or give it in params");
    if (node.anchor !== undefined) this.#refused(place, `the anchor &${node.anchor} stands here`, "remove it");
    if (node.tag !== undefined) this.#refused(place, `the tag ${node.tag} stands here`, "remove it");
    if (isMap(node)) return { kind: "map", place, entries: this.#entries(node.items as readonly Pair<Node, Node | null>[]) };
    if (isSeq(node)) return { kind: "list", place, items: node.items.map((item) => this.read(item as Node | null)) };
    return this.#scalar(node, place);
  }

  #scalar(node: Node, place: Place): Located {
    const value: unknown = isScalar(node) ? node.value : null;
    if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(String(sourceOf(node))))
      return this.#refused(place, "a whole number stands here that no number can hold exactly", "put it into quotes");
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return { kind: "scalar", place, value };
    return this.#refused(place, `a ${typeof value} stands here`, "expected a text, a number, true, false or null");
  }

  #entries(pairs: readonly Pair<Node, Node | null>[]): ReadonlyMap<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>();
    for (const { key, value } of pairs) {
      const place = this.#placeOf(key);
      const name = this.#keyOf(key, place);
      const read = value === null ? nothingAt(place) : this.read(value);
      if (name === null) continue;
      if (entries.has(name))
        this.problems.add(place, `the key ${quoted(name)} stands here for the second time: expected it once; remove one.`);
      else entries.set(name, { place, value: read });
    }
    return entries;
  }

  #keyOf(key: Node, place: Place): string | null {
    if (isAlias(key) || !isScalar(key) || typeof key.value !== "string") {
      this.problems.add(place, "a key stands here that is no text: expected a text; put a number, a flag or null into quotes.");
      return null;
    }
    if (key.anchor !== undefined || key.tag !== undefined) this.#refused(place, "an anchor or a tag stands before this key", "remove it");
    if (key.value === "<<") this.#refused(place, "the merge key << stands here", "write the fields out");
    if (!isForbiddenKey(key.value)) return key.value;
    this.#refused(place, `the key ${quoted(key.value)} is reserved`, "choose another");
    return null;
  }

  #refused(place: Place, found: string, advice: string): Located {
    this.problems.add(place, `${plainText(found)}: it is not allowed in a pipeline; ${advice}.`);
    return nothingAt(place);
  }

  #placeOf(node: Node | null): Place {
    return this.placeAt(node?.range?.[0] ?? 0);
  }
}

const sourceOf = (node: Node): unknown => ("source" in node ? node.source : null);

const nothingAt = (place: Place): Located => ({ kind: "scalar", place, value: null });
