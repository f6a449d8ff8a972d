/** A first-in, first-out queue in a ring that grows: adding and taking cost the same however long it is. */
export class RingQueue<Item> {
  #ring: (Item | undefined)[] = new Array(16);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: Item): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = item;
    this.#size++;
  }

  peek(): Item | undefined {
    return this.#ring[this.#head];
  }

  shift(): Item | undefined {
    const item = this.#ring[this.#head];
    if (this.#size === 0) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return item;
  }

  *[Symbol.iterator](): IterableIterator<Item> {
    for (let i = 0; i < this.#size; i++) yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as Item;
  }

  #grow(): void {
    const ring = this.#ring;
    this.#ring = ring.slice(this.#head).concat(ring.slice(0, this.#head), new Array(ring.length));
    this.#head = 0;
  }
}

/** What can wait for a time: ordered by that time, then by serial. */
interface Waiting {
  readonly availableAt: number;
  readonly serial: number;
}

/** A binary heap of what is to happen later, soonest first. */
export class DelayQueue<Item extends Waiting> {
  readonly #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): Item | undefined {
    return this.#heap[0];
  }

  push(item: Item): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!sooner(item, heap[parent] as Item)) break;
      heap[at] = heap[parent] as Item;
      at = parent;
    }
    heap[at] = item;
  }

  shift(): Item | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  /** In no order. */
  *[Symbol.iterator](): IterableIterator<Item> {
    yield* this.#heap;
  }

  #sink(item: Item): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && sooner(heap[child + 1] as Item, heap[child] as Item)) child++;
      if (!sooner(heap[child] as Item, item)) break;
      heap[at] = heap[child] as Item;
      at = child;
    }
    heap[at] = item;
  }
}

const sooner = (a: Waiting, b: Waiting): boolean =>
  a.availableAt < b.availableAt || (a.availableAt === b.availableAt && a.serial < b.serial);
