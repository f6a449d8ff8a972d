import type { Journal } from "../core/journal.js";
import type { StoredPlace } from "../core/store-codec.js";
import type { Coder } from "./coder.js";

/** Where a record of a journal is. */
export const recordPlace = (runId: string, seq: number, index: number): StoredPlace => ({ runId, seq, part: "journal", id: String(index) });

/** Encodes the records of a journal, one after the other: each is bound to its number. */
export class CodedJournal implements Journal {
  #turn: Promise<void> = Promise.resolve();
  #broken: { readonly error: unknown } | null = null;
  #count = 0;

  constructor(
    private readonly journal: Journal,
    private readonly coder: Coder,
    private readonly runId: string,
    private readonly seq: number,
  ) {}

  append(record: Uint8Array): Promise<void> {
    const turn = this.#turn.then(() => this.#append(record));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.journal.close();
  }

  /** After a failure nothing more is appended: which number comes next depends on whether the record is there. */
  async #append(record: Uint8Array): Promise<void> {
    if (this.#broken !== null) throw this.#broken.error;
    try {
      await this.journal.append(await this.coder.encode(record, recordPlace(this.runId, this.seq, this.#count++)));
    } catch (error) {
      this.#broken = { error };
      throw error;
    }
  }
}
