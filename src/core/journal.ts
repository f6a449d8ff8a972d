/** A journal that is being written: the steps of a run from one checkpoint to the next. */
export interface Journal {
  /**
   * Appends a record; resolves when it would survive a power cut (as far as the store can) and its writer still owns the run.
   * Throws `StaleOwnerError`: what was appended then may be seen by the new owner, or not.
   */
  append(record: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
