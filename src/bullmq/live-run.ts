import { RunCancelledError } from "../core/errors.js";

/** How a run is stopped in good order. */
export type StopRun = (reason: string, graceMs: number) => void;

const ENDS = "the engine of this run ends";

/** A run that an engine has taken from its queue and is at work on. */
export class LiveRun {
  readonly #cancel = new AbortController();
  #stop: StopRun = () => {};
  #graceMs: number | null = null;
  #wake: () => void = () => {};

  constructor(readonly runId: string) {}

  /** Aborted when the run is cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Whether it is to be left to other engines. */
  get isStopping(): boolean {
    return this.#graceMs !== null;
  }

  cancel(): void {
    this.#cancel.abort(new RunCancelledError(`somebody has cancelled run ${this.runId} in its queue`, { runId: this.runId }));
  }

  /** The run is about to begin, and can be stopped in this way. */
  begun(stop: StopRun): void {
    this.#stop = stop;
    if (this.#graceMs !== null) stop(ENDS, this.#graceMs);
  }

  /** Stops it in good order. */
  stop(graceMs: number): void {
    this.#graceMs = graceMs;
    this.#stop(ENDS, graceMs);
    this.#wake();
  }

  /** Waits, unless it is stopped. */
  pause(ms: number): Promise<void> {
    if (this.isStopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
