import type { CheckpointRecord } from "../core/checkpoint.js";
import type { Journal } from "../core/journal.js";
import type { RunWriter } from "../core/run-writer.js";
import { checkedRecord, seqTaken, staleOwner } from "../core/store-checks.js";
import { copied, copy, type MemoryRun } from "./memory-run.js";

/** Writes one run of a memory store, as long as it is its owner. */
export class MemoryRunWriter implements RunWriter {
  readonly leaseMs = null;

  constructor(
    readonly runId: string,
    readonly epoch: number,
    private readonly run: MemoryRun,
  ) {}

  async renew(): Promise<void> {
    this.check();
  }

  async put(record: CheckpointRecord): Promise<void> {
    const { runId, seq, id } = checkedRecord(record, this.runId);
    this.check();
    const { run } = this;
    const other = run.checkpoints.get(seq);
    if (other !== undefined) throw seqTaken(record, `checkpoint ${other.key.id}`);
    for (const [digest, bytes] of record.blobs) run.blobs.set(digest, copy(bytes));
    run.checkpoints.set(seq, { key: { runId, seq, id }, files: copied(record.files) });
  }

  async beginJournal(seq: number): Promise<Journal> {
    this.check();
    const journal = { seq, records: [] as Uint8Array[] };
    this.run.journal = journal;
    return {
      append: async (record) => {
        this.check();
        journal.records.push(copy(record));
      },
      close: async () => {},
    };
  }

  async countResume(position: string | null): Promise<number> {
    this.check();
    const { resumes } = this.run;
    if (position === null) this.run.resumes = null;
    else this.run.resumes = { position, count: resumes?.position === position ? resumes.count + 1 : 1 };
    return this.run.resumes?.count ?? 0;
  }

  async release(): Promise<void> {
    if (this.run.owner === this) this.run.owner = null;
  }

  private check(): void {
    const { owner, epoch } = this.run;
    if (owner !== this)
      throw staleOwner(
        this.runId,
        this.epoch,
        owner === null ? "that it has let go of the run, or the run deleted" : `an owner in epoch ${epoch}`,
      );
  }
}
