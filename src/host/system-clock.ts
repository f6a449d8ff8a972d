import type { Clock } from "../core/clock.js";

/** The longest delay a timer of Node takes; longer ones are waited for in parts. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The time of this machine. The only place that reads it. */
export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after(delayMs, fire) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      timer = setTimeout(() => (leftMs > LONGEST_TIMER_MS ? wait(leftMs - LONGEST_TIMER_MS) : fire()), Math.min(leftMs, LONGEST_TIMER_MS));
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
