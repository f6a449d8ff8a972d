import { join } from "node:path";
import { CHECKPOINT_FILES, type CheckpointRecord } from "../core/checkpoint.js";
import type { Outcome } from "../core/errors.js";
import type { Journal } from "../core/journal.js";
import type { RunWriter } from "../core/run-writer.js";
import { checkedRecord } from "../core/store-checks.js";
import { BlobFolder } from "./blob-folder.js";
import type { DurableFs } from "./durable-fs.js";
import { storageFault, writeFault } from "./faults.js";
import { beginJournal } from "./file-journal.js";
import { checkedSeq, checkpointName, type RunPaths } from "./layout.js";
import type { Ownership } from "./ownership.js";
import { countResume, forgetResumes } from "./resume-count.js";
import { TakenSeqs } from "./taken-seqs.js";
import { LEASE_MS } from "./temporary-names.js";

/** Writes one run of a file store, as long as it is its owner. */
export class FileRunWriter implements RunWriter {
  readonly runId: string;
  readonly epoch: number;
  /** Only those who cannot see this process go by it: on this machine an owner has its run until it is dead. */
  readonly leaseMs = LEASE_MS;
  private readonly blobs: BlobFolder;
  private readonly seqs: TakenSeqs;

  constructor(
    private readonly calls: DurableFs,
    private readonly paths: RunPaths,
    private readonly owner: Ownership,
  ) {
    this.runId = owner.runId;
    this.epoch = owner.epoch;
    this.blobs = new BlobFolder(calls, paths, owner);
    this.seqs = new TakenSeqs(calls, paths);
  }

  async renew(): Promise<void> {
    await this.committing("renewing the right to", async () => this.owner.renew());
  }

  async put(record: CheckpointRecord): Promise<void> {
    this.seqs.take(checkedRecord(record, this.runId));
    let outcome: Outcome = "not-applied";
    try {
      await this.owner.tidy();
      await this.publish(record);
      outcome = "unknown";
      await this.blobs.mend(record);
      await this.calls.syncDirectory(this.paths.checkpoints);
    } catch (error) {
      throw await this.owner.explain(error, (cause) => writeFault(record, this.paths.checkpoints, cause, outcome));
    } finally {
      this.seqs.letGo(record);
    }
  }

  async beginJournal(seq: number): Promise<Journal> {
    return this.committing("beginning a journal of", () => beginJournal(this.calls, this.paths, this.owner, checkedSeq(seq)));
  }

  async countResume(position: string | null): Promise<number> {
    return this.committing("counting resumes of", async () => {
      if (position !== null) return countResume(this.calls, this.owner, position);
      await forgetResumes(this.calls, this.owner);
      if (!this.owner.isHeld()) throw await this.owner.stale();
      return 0;
    });
  }

  async release(): Promise<void> {
    await this.committing("letting go of", async () => this.owner.release());
  }

  /** Writes a checkpoint aside, synced, and moves it to where it is found: this fails if the run was taken over. */
  private async publish(record: CheckpointRecord): Promise<void> {
    const work = this.owner.newPath();
    try {
      this.calls.makeDirectory(work);
      await this.seqs.check(record);
      const documents = CHECKPOINT_FILES.map((name) => [join(work, `${name}.json`), record.files[name]] as const);
      await this.blobs.write(record, documents, [work]);
      this.calls.rename(work, join(this.paths.checkpoints, checkpointName(record)));
      this.seqs.added(record);
    } catch (error) {
      await this.owner.discard(work);
      throw error;
    }
  }

  private async committing<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw await this.owner.explain(error, (cause) => storageFault(what, this.paths.run, cause));
    }
  }
}
