import type { Clock } from "../core/clock.js";

/** The time of one run: the clock may be another's too, and what the run waits for there can be called off all at once. */
export class MortalClock implements Clock {
  readonly #waiting = new Set<() => void>();
  #dead = false;

  constructor(private readonly inner: Clock) {}

  // Bound, since a clock's methods may be handed on by themselves.
  readonly now = (): number => this.inner.now();
  readonly monotonic = (): number => this.inner.monotonic();
  readonly after = (delayMs: number, fire: () => void): (() => void) => {
    if (this.#dead) return () => {};
    const forget = (): void => void this.#waiting.delete(callOff);
    const inner = this.inner.after(delayMs, () => {
      forget();
      fire();
    });
    const callOff = (): void => {
      forget();
      inner();
    };
    this.#waiting.add(callOff);
    return callOff;
  };

  /** Nothing that waits will fire, and nothing more can wait. */
  stop(): void {
    this.#dead = true;
    for (const callOff of this.#waiting) callOff();
  }
}
