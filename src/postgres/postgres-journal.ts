import { UsageError } from "../core/errors.js";
import type { Journal } from "../core/journal.js";
import type { Turns } from "../core/turns.js";
import type { Query } from "./connections.js";
import type { JournalPlace } from "./journal-table.js";
import { type Claim, rolledBack } from "./run-table.js";
import type { StoreTables } from "./store-tables.js";

/** Appends to the journal of a run, one record after the other, as long as its owner has the run. */
export class PostgresJournal implements Journal {
  #next: JournalPlace;
  #broken: unknown = null;

  constructor(
    private readonly claim: Claim,
    seq: number,
    journal: string,
    private readonly tables: StoreTables,
    private readonly turns: Turns,
  ) {
    this.#next = { runId: claim.runId, seq, n: 1, journal };
  }

  append(record: Uint8Array): Promise<void> {
    return this.turns.take(() => this.#append(record));
  }

  async close(): Promise<void> {
    await this.turns.take(async () => {
      this.#broken ??= new UsageError(
        `the journal of run ${this.claim.runId} after seq ${this.#next.seq} was closed: found one more record, expected none; begin a new journal.`,
      );
    });
  }

  /** After a failure nothing more is appended: a later record must not stand in the place of one that is missing. */
  async #append(record: Uint8Array): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    const place = this.#next;
    const { runId, seq, n } = place;
    const errand = { what: `appending record ${n} to the journal of run ${runId} after seq ${seq}`, runId, isSaving: true };
    try {
      await this.tables.database.write(errand, (query, isUnsure) => this.#commit(query, place, record, isUnsure));
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    this.#next = { ...place, n: n + 1 };
  }

  async #commit(query: Query, place: JournalPlace, record: Uint8Array, isUnsure: boolean): Promise<void> {
    const { runs, journals } = this.tables;
    const run = await runs.lock(query, this.claim);
    if (isUnsure && (await journals.has(query, place))) return;
    if (run === null) return runs.stale(query, this.claim);
    if (run.journal !== place.journal) throw this.#replaced();
    if (await journals.add(query, place, record)) return;
    throw rolledBack(place.runId, `${await journals.count(query, place)} records of its journal`, `${place.n - 1} of them`);
  }

  #replaced(): UsageError {
    return new UsageError(
      `the journal of run ${this.claim.runId} after seq ${this.#next.seq} was replaced: found that its owner has begun another one, expected no more records; append to that one.`,
    );
  }
}
