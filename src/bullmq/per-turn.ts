/** Collects what comes in during one turn of the loop, and hands it on at its end. */
export class PerTurn<Item> {
  #items: Item[] = [];

  constructor(private readonly handOn: (items: readonly Item[]) => void) {}

  add(item: Item): void {
    if (this.#items.length === 0) setImmediate(() => this.#flush());
    this.#items.push(item);
  }

  #flush(): void {
    const items = this.#items;
    this.#items = [];
    this.handOn(items);
  }
}
