import { setTimeout as delay } from "node:timers/promises";

/** How long something that failed is tried again: with pauses that grow, and not for ever. */
export class Patience {
  #turn = 0;
  readonly #endsAt: number;

  constructor(limitMs: number) {
    this.#endsAt = performance.now() + limitMs;
  }

  /** Pauses before the next attempt; resolves to `false` at once if there is to be none. */
  async pause(): Promise<boolean> {
    const pauseMs = Math.min(25 * 2 ** this.#turn++, 1_000);
    if (performance.now() + pauseMs > this.#endsAt) return false;
    await delay(pauseMs);
    return true;
  }
}
