/** One movement of money. */
export interface Entry {
  readonly kind: "charge" | "refund";
  readonly id: string;
  readonly order: string;
  /** In cents. */
  readonly amount: number;
}

/** The card will not pay, however often it is asked. */
export class CardDeclinedError extends Error {
  override readonly name = "CardDeclinedError";
}

/** The provider did not answer. Whether it did what was asked, nobody knows. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly code = "ECONNRESET";
}

const DECLINED = "0002";

/**
 * A payment provider as they are: some requests get lost before it has done anything, some answers after it has. Which ones, the seed
 * decides. The same idempotency key always gets the same entry, which is booked once.
 */
export class Payments {
  readonly #byKey = new Map<string, Entry>();
  readonly #random: () => number;
  /** How often it was asked. */
  requests = 0;

  constructor(
    seed: number,
    private readonly failureRate = 0.4,
  ) {
    this.#random = mulberry32(seed);
  }

  /** All that was booked, oldest first. */
  get ledger(): readonly Entry[] {
    return [...this.#byKey.values()];
  }

  /** Takes an amount from a card. Throws `CardDeclinedError`, `NoAnswerError`. */
  async charge(key: string, order: string, card: string, amount: number): Promise<Entry> {
    if (card.endsWith(DECLINED)) throw new CardDeclinedError(`${card} was declined`);
    return this.#book(key, "charge", order, amount);
  }

  /** Gives an amount back. Throws `NoAnswerError`. */
  async refund(key: string, order: string, amount: number): Promise<Entry> {
    return this.#book(key, "refund", order, amount);
  }

  #book(key: string, kind: Entry["kind"], order: string, amount: number): Entry {
    this.requests++;
    if (this.#fails()) throw new NoAnswerError("the connection broke before the request was sent");
    const entry = this.#byKey.get(key) ?? { kind, id: `${kind}-${this.#byKey.size + 1}`, order, amount };
    this.#byKey.set(key, entry);
    if (this.#fails()) throw new NoAnswerError("the connection broke before the answer came");
    return entry;
  }

  #fails(): boolean {
    return this.#random() < this.failureRate / 2;
  }
}

/** Numbers in [0, 1) that depend on nothing but the seed. */
function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
