import { randomUUID } from "node:crypto";
import type { CheckpointRecord } from "../core/checkpoint.js";
import { InvalidIdError } from "../core/errors.js";
import type { Journal } from "../core/journal.js";
import type { RunWriter } from "../core/run-writer.js";
import { checkedRecord, isSeq } from "../core/store-checks.js";
import { Turns } from "../core/turns.js";
import type { Query } from "./connections.js";
import { PostgresJournal } from "./postgres-journal.js";
import { type Claim, type LockedRun, rolledBack } from "./run-table.js";
import type { StoreTables } from "./store-tables.js";

/** Writes one run, one commit after the other. Each locks the row of the run and looks for its token there. */
export class PostgresRunWriter implements RunWriter {
  readonly runId: string;
  readonly epoch: number;
  readonly #claim: Claim;
  readonly #tables: StoreTables;
  readonly #turns = new Turns();
  /** How many checkpoints of the run the server has confirmed. */
  #puts: number;

  constructor(
    claim: Claim & LockedRun,
    readonly leaseMs: number,
    tables: StoreTables,
  ) {
    this.runId = claim.runId;
    this.epoch = claim.epoch;
    this.#claim = claim;
    this.#puts = claim.puts;
    this.#tables = tables;
  }

  renew(): Promise<void> {
    return this.#turns.take(() => this.#tables.runs.renew(this.#claim));
  }

  async put(given: CheckpointRecord): Promise<void> {
    const record = checkedRecord(given, this.runId);
    const { runId, seq, id } = record;
    const errand = { what: `storing checkpoint ${id} (seq ${seq} of run ${runId})`, runId, checkpointId: id, isSaving: true };
    await this.#turns.take(async () => {
      this.#puts = await this.#tables.database.write(errand, (query) => this.#put(query, record));
    });
  }

  /** Done again, even after the run was taken over, it finds what it has stored. */
  async #put(query: Query, record: CheckpointRecord): Promise<number> {
    const { runs, checkpoints, blobs } = this.#tables;
    const { token } = this.#claim;
    const run = await runs.lock(query, this.#claim);
    if (run !== null && (await checkpoints.add(query, record, token))) {
      // A count that was higher already is what a server has forgotten that was set back.
      if (run.puts < this.#puts) throw rolledBack(this.runId, `${run.puts} checkpoints that were put`, `${this.#puts} of them`);
      await blobs.add(query, this.runId, record.blobs);
      return run.puts + 1;
    }
    if (await checkpoints.has(query, record, token)) return run?.puts ?? this.#puts;
    return run === null ? runs.stale(query, this.#claim) : checkpoints.taken(query, record);
  }

  async beginJournal(seq: number): Promise<Journal> {
    if (!isSeq(seq)) {
      throw new InvalidIdError(`seq ${String(seq)} of a journal is not valid: expected a whole number from 1 to 2^53 - 1; count from 1.`);
    }
    const errand = { what: `beginning the journal of run ${this.runId} after seq ${seq}`, runId: this.runId, isSaving: true };
    const journal = randomUUID();
    const { runs, journals, database } = this.#tables;
    await this.#turns.take(() =>
      database.write(errand, async (query) => {
        await runs.own(query, this.#claim);
        await journals.begin(query, this.runId, journal);
      }),
    );
    return new PostgresJournal(this.#claim, seq, journal, this.#tables, this.#turns);
  }

  countResume(position: string | null): Promise<number> {
    return this.#turns.take(() => this.#tables.runs.countResume(this.#claim, position));
  }

  release(): Promise<void> {
    return this.#turns.take(() => this.#tables.runs.release(this.#claim));
  }
}
