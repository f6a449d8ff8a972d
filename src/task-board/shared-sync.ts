/** Lets all who want something synced at the same time share one sync, which begins after the last of them has asked. */
export class SharedSync {
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(private readonly sync: () => Promise<void>) {}

  /** Resolves when all that was written before this call is on disk. */
  done(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#running = this.#next ?? this.#running;
      this.#next = null;
      return this.sync();
    });
    return this.#next;
  }
}
