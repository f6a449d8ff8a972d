import type { Journal, JournalStore } from "../core/journal.js";

/** Keeps journals in this process. */
export class MemoryJournalStore implements JournalStore {
  readonly #journals = new Map<string, { readonly seq: number; readonly records: Uint8Array[] }>();

  async begin(runId: string, seq: number): Promise<Journal> {
    const records: Uint8Array[] = [];
    this.#journals.set(runId, { seq, records });
    return {
      append: async (record) => void records.push(record.slice()),
      close: async () => {},
    };
  }

  async read(runId: string, seq: number): Promise<readonly Uint8Array[]> {
    const journal = this.#journals.get(runId);
    return journal?.seq === seq ? journal.records.map((record) => record.slice()) : [];
  }

  /** Forgets the journal of a run. */
  delete(runId: string): void {
    this.#journals.delete(runId);
  }
}
