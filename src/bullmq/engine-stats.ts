/** What an engine has done so far. */
export interface BullmqEngineStats {
  /** Runs that have ended well. */
  readonly completed: number;
  /** Runs that have failed or were cancelled. */
  readonly failed: number;
  /** Runs under way. */
  readonly running: number;
  /** Runs that were stopped and left to other engines, as this one ends. */
  readonly handedOver: number;
  /** Runs that were given back, as their code is missing here or is another. */
  readonly refused: number;
  /** Runs that another engine has taken over, as this one gave no sign of life for too long. */
  readonly replaced: number;
  /** How often a run was put off, as its store was away or somebody else had it. */
  readonly putOff: number;
}

/** The same, to be counted up. */
export type EngineCounts = { -readonly [Name in keyof BullmqEngineStats]: number };

/** Counts what an engine does. */
export const newEngineCounts = (): EngineCounts => ({
  completed: 0,
  failed: 0,
  running: 0,
  handedOver: 0,
  refused: 0,
  replaced: 0,
  putOff: 0,
});
