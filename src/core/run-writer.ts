import type { CheckpointRecord } from "./checkpoint-record.js";
import type { Journal } from "./journal.js";

/**
 * The right to write one run, which one owner has at a time. It is checked inside every commit: once another has taken the run
 * over, each of these fails with `StaleOwnerError` and changes nothing that the new owner could see.
 */
export interface RunWriter {
  readonly runId: string;
  /** Grows with each acquisition of the run, from 1 on. */
  readonly epoch: number;
  /** After how many milliseconds without `renew` another may take the run over; `null`: only once this process is dead. */
  readonly leaseMs: number | null;
  /** Says that the owner is alive. Throws `StaleOwnerError`. */
  renew(): Promise<void>;
  /**
   * Stores a checkpoint whole or not at all; resolves when it would survive a power cut (as far as the store can).
   * A blob that is deleted by somebody else meanwhile is stored all the same. Throws `SequenceTakenError` if the run has this `seq`
   * already, `StaleOwnerError`, `CheckpointWriteError` if it could not be written, `InvalidIdError` for a record of another run.
   */
  put(record: CheckpointRecord): Promise<void>;
  /** Starts an empty journal for the steps after checkpoint `seq`, and removes the run's older ones. Throws `StaleOwnerError`. */
  beginJournal(seq: number): Promise<Journal>;
  /**
   * Counts a resume from `position` (any text), which another position starts anew and `null` forgets. Resolves to how many in a
   * row there have been, this one included: more than one means that the owners before have died without getting any further.
   */
  countResume(position: string | null): Promise<number>;
  /** Lets go of the run, so that another can acquire it. Does nothing if it was let go of or taken over already. */
  release(): Promise<void>;
}

/** Who has a run, as far as others are told. */
export interface RunOwner {
  readonly epoch: number;
  /** Whether it still holds the run: nobody else can acquire it. */
  readonly isAlive: boolean;
  /** For messages, as in `process 4711 on host db1`. */
  readonly description: string;
}

/** How a run is acquired. */
export interface AcquireOptions {
  /** Takes the run over even if its owner seems to be alive; that owner cannot commit any more. */
  readonly takeOver?: boolean;
}
