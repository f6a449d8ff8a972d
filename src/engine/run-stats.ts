/** How often and how long tasks ran in this process. */
export interface RunStats {
  /** Task instances that ended: succeeded or failed for good. */
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Task instances that needed more than one attempt. */
  readonly retried: number;
  /** Attempts beyond the first, of all tasks. */
  readonly retries: number;
  /** By task name, in the order in which they first ended. */
  readonly tasks: Readonly<Record<string, TaskStats>>;
}

/** The attempts of one task. Times in milliseconds. */
export interface TaskStats {
  readonly runs: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

interface Counted {
  runs: number;
  totalMs: number;
  longestMs: number;
}

/** Counts attempts as they end. */
export class StatsBook {
  #succeeded = 0;
  #failed = 0;
  #retried = 0;
  #retries = 0;
  readonly #tasks = new Map<string, Counted>();

  ended(name: string, durationMs: number): void {
    const counted = this.#tasks.get(name);
    if (counted === undefined) {
      this.#tasks.set(name, { runs: 1, totalMs: durationMs, longestMs: durationMs });
      return;
    }
    counted.runs++;
    counted.totalMs += durationMs;
    if (durationMs > counted.longestMs) counted.longestMs = durationMs;
  }

  succeeded(): void {
    this.#succeeded++;
  }

  failed(): void {
    this.#failed++;
  }

  retrying(failuresBefore: number): void {
    this.#retries++;
    if (failuresBefore === 0) this.#retried++;
  }

  read(): RunStats {
    const tasks: Record<string, TaskStats> = Object.create(null);
    for (const [name, counted] of this.#tasks) tasks[name] = { ...counted };
    const [succeeded, failed] = [this.#succeeded, this.#failed];
    return { total: succeeded + failed, succeeded, failed, retried: this.#retried, retries: this.#retries, tasks };
  }
}
