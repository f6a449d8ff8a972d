import { Patience } from "../host/patience.js";
import { hostQuiet } from "./host-quiet.js";
import type { SimulatedClock } from "./simulated-clock.js";
import type { Stage } from "./stage.js";

/** For how many turns of the host nothing may happen until nothing more is expected. */
const TURNS = 10;

/** Drives a run that is held back on a stage and waits on a simulated clock: one thing at a time. */
export class Driver {
  constructor(
    private readonly stage: Stage,
    private readonly clock: SimulatedClock,
    private readonly patienceMs: number,
    /** Grows with everything that happens in the run. */
    private readonly progress: () => number,
  ) {}

  /** Lets everything happen that can happen without another body and without more time. */
  settle(): Promise<void> {
    return hostQuiet(TURNS);
  }

  /**
   * Lets the next body begin; if there is none, lets time pass to the next timer, at most until `latest` (wall-clock
   * milliseconds). Returns whether there was anything to do.
   */
  async move(latest = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (this.stage.release()) {
      await this.settle();
      return true;
    }
    const next = this.clock.pendingTimers[0];
    if (next === undefined || next.dueAt > latest) return false;
    await this.clock.advance(next.inMs);
    return true;
  }

  /** Waits in real time for what only the host knows of. Returns whether anything has happened, or it is over. */
  async wait(isOver: () => boolean): Promise<boolean> {
    const before = this.#look();
    const patience = new Patience(this.patienceMs);
    while (await patience.pause()) if (isOver() || this.#look() !== before) return true;
    return false;
  }

  #look(): string {
    return [this.progress(), this.stage.held.length, this.clock.pendingTimers.length].join();
  }
}
