import type { ReplicaOp } from "../core/channel-replica.js";
import type { StoredValue } from "../core/serialize/index.js";

/** An operation as a script takes it. `put` sets a value and keeps the time the key has, unless it is given one. */
export type SentOp =
  | ReplicaOp
  | { readonly kind: "put"; readonly key: string; readonly value: StoredValue; readonly expiresAt: number | null };

/** Operations as the arguments of a script, with each key once. */
export class OpArgs {
  readonly #places = new Map<string, number>();
  readonly #ops: string[] = [];
  #bytes = 0;
  #size = 0;

  /** `now`: wall-clock milliseconds by which the operations expire. The server counts a lifetime from when it gets them. */
  constructor(private readonly now: number) {}

  /** How many operations there are. */
  get size(): number {
    return this.#size;
  }

  /** About how many bytes they take. */
  get bytes(): number {
    return this.#bytes;
  }

  get keys(): readonly string[] {
    return [...this.#places.keys()];
  }

  get args(): readonly string[] {
    return [String(this.#places.size), ...this.#places.keys(), ...this.#ops];
  }

  /** The place of a key, from 1 on. */
  place(key: string): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.#places.size + 1;
    this.#places.set(key, place);
    this.#bytes += key.length;
    return place;
  }

  add(op: SentOp): void {
    const texts = textsOf(op);
    const lifetime = op.kind === "delete" ? "" : lifetimeOf(op.expiresAt, this.now);
    this.#ops.push(op.kind, String(this.place(op.key)), lifetime, String(texts.length));
    for (const text of texts) {
      this.#ops.push(text);
      this.#bytes += text.length;
    }
    this.#size++;
  }
}

/** How long something has left, as scripts take it. */
export const lifetimeOf = (expiresAt: number | null, now: number): string => (expiresAt === null ? "" : String(expiresAt - now));

/** Kind, length and text of a value that is written as a whole. */
export const wholeOf = (value: StoredValue): readonly [string, string, string] => [
  value.isArray ? "a" : "v",
  String(value.length),
  value.text(),
];

function textsOf(op: SentOp): readonly string[] {
  switch (op.kind) {
    case "delete":
      return [];
    case "set":
    case "put":
      return wholeOf(op.value);
    case "append":
      return op.items.map((item) => `i${item.text()}`);
    case "prepend":
      // Each goes before the one that was pushed before it.
      return op.items.map((item) => `i${item.text()}`).reverse();
  }
}
