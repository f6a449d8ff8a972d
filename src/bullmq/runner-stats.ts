/** What a runner has done so far. */
export interface BullmqRunnerStats {
  /** Attempts that were put into a queue. */
  readonly sent: number;
  /** Attempts that have not ended. */
  readonly pending: number;
  /** Attempts whose outcome has come. */
  readonly answered: number;
  /** Outcomes that came too late and count for nothing: of attempts that have ended, or of an earlier owner. */
  readonly stale: number;
  /** Attempts that were sent again, as their job was gone without an outcome. */
  readonly resent: number;
}

/** Counts what a runner does. */
export const newRunnerCounts = () => ({ sent: 0, answered: 0, stale: 0, resent: 0 });

export type RunnerCounts = ReturnType<typeof newRunnerCounts>;
