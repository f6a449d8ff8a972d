import { RingQueue } from "./queues.js";
import { StoredValue } from "./serialize/index.js";
import { type SpecFacts, specOf } from "./spec-facts.js";
import type { TaskSpec } from "./task-spec.js";

/** How many items a task has in a pack: its serial, its id, its lineage or null, its input as plain JSON. */
export const STRIDE = 4;

/**
 * Tasks that wait as they were read from a checkpoint: checked, in the order of their serials, and made into specs only when
 * their turn comes, so that the first of ten thousand need not wait until all are made.
 */
export class Backlog {
  #items: unknown[];
  #next = 0;
  /** The spec of the next one, once somebody has looked at it. */
  #made: TaskSpec | null = null;

  constructor(
    private readonly facts: SpecFacts,
    items: readonly unknown[],
    /** Takes each spec by its serial as it leaves. */
    private readonly left: Map<number, TaskSpec>,
  ) {
    this.#items = items.slice();
  }

  get size(): number {
    return (this.#items.length - this.#next) / STRIDE;
  }

  /** The highest serial; 0 if it is empty. */
  get last(): number {
    return this.size === 0 ? 0 : (this.#items[this.#items.length - STRIDE] as number);
  }

  /** Whether something has its place in the queue between two of these. */
  isAround(order: number): boolean {
    return order > (this.#items[this.#next] as number) && order < this.last;
  }

  peek(): TaskSpec | undefined {
    if (this.size === 0) return undefined;
    this.#made ??= this.#make(this.#next);
    return this.#made;
  }

  shift(): TaskSpec | undefined {
    const spec = this.peek();
    if (spec === undefined) return undefined;
    this.left.set(spec.serial, spec);
    this.#made = null;
    this.#items.fill(undefined, this.#next + 1, this.#next + STRIDE);
    this.#next += STRIDE;
    return spec;
  }

  /** A task that has not left, by its serial. */
  find(serial: number): TaskSpec | null {
    let [low, high] = [this.#next / STRIDE, this.#items.length / STRIDE];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle * STRIDE] as number) < serial) low = middle + 1;
      else high = middle;
    }
    return this.#items[low * STRIDE] === serial ? this.#make(low * STRIDE) : null;
  }

  /** Takes out those that something newer is known of. */
  exclude(isKnown: (serial: number) => boolean): void {
    this.#items = this.#items.filter((_, place) => !isKnown(this.#items[place - (place % STRIDE)] as number));
  }

  *[Symbol.iterator](): IterableIterator<TaskSpec> {
    for (let place = this.#next; place < this.#items.length; place += STRIDE) yield this.#make(place);
  }

  #make(place: number): TaskSpec {
    const [serial, taskId, lineage, input] = this.#items.slice(place, place + STRIDE) as [number, string, string | null, unknown];
    return specOf(this.facts, serial, taskId, lineage, StoredValue.fromPlain(input));
  }
}

/** Tasks that may start, a backlog among them. */
export class ReadyQueue extends RingQueue<TaskSpec> {
  #backlog: Backlog | null = null;
  /** How many come before the backlog. */
  #ahead = 0;

  get backlog(): Backlog | null {
    return this.#backlog;
  }

  /** Puts a backlog in behind what there is, once. */
  add(backlog: Backlog): void {
    this.#backlog = backlog;
    this.#ahead = super.size;
  }

  override get size(): number {
    return super.size + (this.#backlog?.size ?? 0);
  }

  override peek(): TaskSpec | undefined {
    return (this.#ahead === 0 ? this.#backlog?.peek() : undefined) ?? super.peek();
  }

  override shift(): TaskSpec | undefined {
    if (this.#backlog === null) return super.shift();
    if (this.#ahead > 0) {
      this.#ahead--;
      return super.shift();
    }
    const spec = this.#backlog.shift() ?? super.shift();
    if (this.#backlog.size === 0) this.#backlog = null;
    return spec;
  }

  override *[Symbol.iterator](): IterableIterator<TaskSpec> {
    let ahead = this.#backlog === null ? 0 : this.#ahead;
    for (const spec of super[Symbol.iterator]()) {
      if (ahead-- === 0 && this.#backlog !== null) yield* this.#backlog;
      yield spec;
    }
    if (ahead >= 0 && this.#backlog !== null) yield* this.#backlog;
  }
}
