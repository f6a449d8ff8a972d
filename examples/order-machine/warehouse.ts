import type { Item } from "./order.js";

/** What lies on the shelves. */
export class Warehouse {
  readonly #stock: Map<string, number>;
  readonly #taken = new Set<string>();

  constructor(stock: Readonly<Record<string, number>>) {
    this.#stock = new Map(Object.entries(stock));
  }

  /** Takes all items of a parcel, or none: gives the first that is missing, or `null`. A parcel that has been packed stays packed. */
  pack(parcel: string, items: readonly Item[]): string | null {
    if (this.#taken.has(parcel)) return null;
    const missing = items.find(({ sku, quantity }) => (this.#stock.get(sku) ?? 0) < quantity);
    if (missing !== undefined) return missing.sku;
    for (const { sku, quantity } of items) this.#stock.set(sku, (this.#stock.get(sku) ?? 0) - quantity);
    this.#taken.add(parcel);
    return null;
  }
}
