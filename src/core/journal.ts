/** Where the steps of a run are kept between two checkpoints. */
export interface JournalStore {
  /** Starts an empty journal for the steps after checkpoint `seq`, and removes the run's older ones. */
  begin(runId: string, seq: number): Promise<Journal>;
  /**
   * The records of the journal that follows checkpoint `seq`, in order; none if there is no such journal. A last record that was
   * not written to its end is left out: nobody was told that it was stored. Throws `CheckpointCorruptError` for any other damage.
   */
  read(runId: string, seq: number): Promise<readonly Uint8Array[]>;
}

/** A journal that is being written. */
export interface Journal {
  /** Appends a record; resolves when it would survive a power cut (as far as the store can). */
  append(record: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
