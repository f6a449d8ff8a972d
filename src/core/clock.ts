/** Where a run gets its time from. Handed in, so that a test can own it. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970; written into data, never used to order anything. */
  now(): number;
  /** A time in milliseconds that never goes back; used to measure how long something took. */
  monotonic(): number;
  /** Calls `fire` once, `delayMs` from now at the earliest. Returns how to call it off. */
  after(delayMs: number, fire: () => void): () => void;
}

/** What the engine needs of its host besides time. */
export interface Host {
  readonly clock: Clock;
  /** A fresh id that matches the id pattern. */
  newId(): string;
  /** Lets timers, signals and I/O of the host have their turn, then calls `proceed`. */
  yieldTo(proceed: () => void): void;
  /** Calls `beat` about every so many milliseconds of real time, whatever the clock says, until it is called off. Keeps no process alive. */
  every(intervalMs: number, beat: () => void): () => void;
  /** SHA-256 of the bytes of a text (UTF-8) or a byte array, as 64 hex digits. */
  sha256(data: string | Uint8Array): string;
}
