import type { Clock } from "../core/clock.js";
import { type Duration, toMs } from "../core/duration.js";
import { InvalidOptionError, UsageError } from "../core/errors.js";
import { DelayQueue } from "../core/queues.js";
import { hostQuiet } from "./host-quiet.js";

/** How a simulated clock starts and how patient it is. */
export interface SimulatedClockOptions {
  /** Wall-clock time at which it starts: milliseconds, ISO 8601 or a date; the first second of 2026 (UTC) unless given. */
  readonly start?: number | string | Date;
  /** Turns of the host's event loop between two timers, for what the first of them sets going; 10 unless given. */
  readonly turns?: number;
}

/** A timer that waits on a simulated clock. */
export interface PendingTimer {
  /** Wall-clock milliseconds. */
  readonly dueAt: number;
  /** Milliseconds from now. */
  readonly inMs: number;
}

/** A clock that stands still until it is told to go on. */
export interface SimulatedClock extends Clock {
  /** Lets this much time pass: fires what falls due on the way, each timer at its own time, and lets the run proceed in between. */
  advance(duration: Duration): Promise<void>;
  /** Goes on to the next timer again and again until none is left. Rejects with what still waits after `maxTimers` (10,000) of them. */
  runUntilIdle(options?: { readonly maxTimers?: number }): Promise<void>;
  /** What waits, in the order in which it will fire. */
  readonly pendingTimers: readonly PendingTimer[];
}

interface Timer {
  readonly availableAt: number;
  readonly serial: number;
  readonly fire: () => void;
}

const START = Date.UTC(2026, 0, 1);
const SHOWN = 10;

/**
 * A clock for tests: retry waits, time-outs, `ctx.sleep` and expiring values take no real time, and always the same course.
 *
 * ```ts
 * const clock = simulatedClock();
 * const running = run(training, "iris.csv", { clock });
 * await clock.advance("30s");
 * await clock.runUntilIdle();
 * await running;
 * ```
 *
 * Throws `InvalidOptionError`.
 */
export function simulatedClock(options: SimulatedClockOptions = {}): SimulatedClock {
  return new StandingClock(checkedStart(options.start ?? START), checkedCount("turns", options.turns ?? 10));
}

class StandingClock implements SimulatedClock {
  readonly #startedAt: number;
  readonly #turns: number;
  readonly #waiting = new Map<number, Timer>();
  readonly #queue = new DelayQueue<Timer>();
  #now: number;
  #serial = 0;
  /** Settles when the call before has ended: two calls at once take turns. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(startedAt: number, turns: number) {
    this.#startedAt = startedAt;
    this.#now = startedAt;
    this.#turns = turns;
  }

  // Bound, since a clock's methods may be handed on by themselves.
  readonly now = (): number => this.#now;
  readonly monotonic = (): number => this.#now - this.#startedAt;
  readonly after = (delayMs: number, fire: () => void): (() => void) => {
    const serial = ++this.#serial;
    const timer = { availableAt: this.#now + Math.max(0, delayMs), serial, fire };
    this.#waiting.set(serial, timer);
    this.#queue.push(timer);
    return () => void this.#waiting.delete(serial);
  };

  get pendingTimers(): readonly PendingTimer[] {
    const timers = [...this.#waiting.values()].sort((a, b) => a.availableAt - b.availableAt || a.serial - b.serial);
    return timers.map(({ availableAt }) => ({ dueAt: availableAt, inMs: availableAt - this.#now }));
  }

  advance(duration: Duration): Promise<void> {
    const ms = toMs(duration, "advance");
    return this.#inTurn(async () => {
      const until = this.#now + ms;
      await hostQuiet(this.#turns);
      for (let next = this.#next(); next !== null && next.availableAt <= until; next = this.#next()) await this.#fire(next);
      this.#now = until;
      await hostQuiet(this.#turns);
    });
  }

  runUntilIdle({ maxTimers = 10_000 }: { readonly maxTimers?: number } = {}): Promise<void> {
    const limit = checkedCount("maxTimers", maxTimers);
    return this.#inTurn(async () => {
      await hostQuiet(this.#turns);
      let fired = 0;
      for (let next = this.#next(); next !== null; next = this.#next()) {
        if (fired++ === limit) throw this.#endless(limit);
        await this.#fire(next);
      }
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  /** The timer that fires next; those called off are left behind on the way. */
  #next(): Timer | null {
    for (let timer = this.#queue.peek(); timer !== undefined; timer = this.#queue.peek()) {
      if (this.#waiting.has(timer.serial)) return timer;
      this.#queue.shift();
    }
    return null;
  }

  #fire(timer: Timer): Promise<void> {
    this.#queue.shift();
    this.#waiting.delete(timer.serial);
    this.#now = timer.availableAt;
    timer.fire();
    return hostQuiet(this.#turns);
  }

  #endless(limit: number): UsageError {
    const waiting = this.pendingTimers;
    const shown = waiting.slice(0, SHOWN).map(({ dueAt, inMs }) => `${new Date(dueAt).toISOString()} (in ${inMs} ms)`);
    const more = waiting.length > SHOWN ? ` and ${waiting.length - SHOWN} more` : "";
    return new UsageError(
      `runUntilIdle fired ${limit} timers and ${waiting.length} still wait: ${shown.join(", ")}${more}; ` +
        "end what sets them again and again, advance by a duration instead, or pass a higher maxTimers.",
    );
  }
}

function checkedStart(start: number | string | Date): number {
  const ms = typeof start === "number" ? start : new Date(start).getTime();
  if (Number.isFinite(ms)) return ms;
  throw new InvalidOptionError(`start of the simulated clock is ${String(start)}: expected milliseconds, an ISO 8601 text or a date.`);
}

function checkedCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidOptionError(`option ${name} of the simulated clock is ${String(value)}: expected a whole number from 1 up.`);
}
