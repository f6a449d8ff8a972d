import type { Clock } from "../core/clock.js";

/** Wakes somebody up once, at the earliest of the times it was given. */
export class Alarm {
  #set: { readonly at: number; readonly callOff: () => void } | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly wake: () => void,
  ) {}

  /** Sets it to a wall-clock time in milliseconds, unless it goes off earlier already. */
  set(at: number): void {
    if (this.#set !== null && this.#set.at <= at) return;
    this.#set?.callOff();
    const callOff = this.clock.after(Math.max(0, at - this.clock.now()), () => {
      this.#set = null;
      this.wake();
    });
    this.#set = { at, callOff };
  }

  callOff(): void {
    this.#set?.callOff();
    this.#set = null;
  }
}
