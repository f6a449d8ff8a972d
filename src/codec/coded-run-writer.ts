import type { CheckpointFile, CheckpointRecord } from "../core/checkpoint.js";
import type { Journal } from "../core/journal.js";
import type { RunWriter } from "../core/run-writer.js";
import { checkedRecord } from "../core/store-checks.js";
import type { CodedBlobs } from "./coded-blobs.js";
import { CodedJournal } from "./coded-journal.js";
import type { Coder } from "./coder.js";

/** Encodes what is written of a run. */
export class CodedRunWriter implements RunWriter {
  constructor(
    private readonly writer: RunWriter,
    private readonly coder: Coder,
    private readonly blobs: CodedBlobs,
  ) {}

  get runId(): string {
    return this.writer.runId;
  }

  get epoch(): number {
    return this.writer.epoch;
  }

  get leaseMs(): number | null {
    return this.writer.leaseMs;
  }

  renew(): Promise<void> {
    return this.writer.renew();
  }

  async put(record: CheckpointRecord): Promise<void> {
    const { runId, seq, id, files } = checkedRecord(record, this.runId);
    const encode = (part: CheckpointFile): Promise<Uint8Array> => this.coder.encode(files[part], { runId, seq, part, id });
    const [context, state, meta, blobs] = await Promise.all([
      encode("context"),
      encode("state"),
      encode("meta"),
      this.blobs.encode(runId, record.blobs),
    ]);
    await this.writer.put({ runId, seq, id, files: { context, state, meta }, blobs });
  }

  async beginJournal(seq: number): Promise<Journal> {
    return new CodedJournal(await this.writer.beginJournal(seq), this.coder, this.runId, seq);
  }

  countResume(position: string | null): Promise<number> {
    return this.writer.countResume(position);
  }

  release(): Promise<void> {
    return this.writer.release();
  }
}
