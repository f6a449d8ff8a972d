/** What a worker has done so far. */
export interface BullmqWorkerStats {
  /** Bodies that have ended. */
  readonly processed: number;
  readonly succeeded: number;
  /** Bodies that threw. */
  readonly failed: number;
  /** Bodies under way. */
  readonly running: number;
  /** Jobs that were given back, as the code of their task is missing here or is another. */
  readonly refused: number;
  /** Jobs that cannot be read. */
  readonly unreadable: number;
  /** Jobs of engines that are gone or do not own the run any more: they are not begun, and what they gave is read by nobody. */
  readonly abandoned: number;
  /** Time that bodies have taken, in milliseconds, all together. */
  readonly busyMs: number;
}

type Counts = { -readonly [Name in keyof BullmqWorkerStats]: number };

/** Counts what a worker does. */
export const newCounts = (): Counts => ({
  processed: 0,
  succeeded: 0,
  failed: 0,
  running: 0,
  refused: 0,
  unreadable: 0,
  abandoned: 0,
  busyMs: 0,
});
