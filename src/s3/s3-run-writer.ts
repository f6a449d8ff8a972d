import { CHECKPOINT_FILES, type CheckpointRecord } from "../core/checkpoint.js";
import { CairnError, CheckpointStorageError, InvalidIdError, StoreUnavailableError } from "../core/errors.js";
import type { Journal } from "../core/journal.js";
import type { RunWriter } from "../core/run-writer.js";
import { checkedRecord, isSeq, seqTaken, staleOwner } from "../core/store-checks.js";
import { BlobUpload } from "./blob-upload.js";
import { wrap } from "./envelope.js";
import { notWritten } from "./faults.js";
import type { Entry, Head } from "./head.js";
import type { Changed } from "./head-queue.js";
import { inLanes, quietly } from "./lanes.js";
import { type Acquired, leaseUntil } from "./lease.js";
import type { RunPlace } from "./run-place.js";
import { removeCheckpoint } from "./run-removal.js";
import { type OwnersCommit, S3Journal } from "./s3-journal.js";
import { Stamps } from "./stamps.js";

/**
 * Writes one run of an S3 store. Each commit replaces the head of the run, on the condition that it is as it was read: an owner
 * that was replaced finds it changed, whenever its request arrives.
 */
export class S3RunWriter implements RunWriter {
  readonly epoch: number;
  readonly #stamps: Stamps;
  readonly #nextStamp = (): string => this.#stamps.next();
  readonly #commit: OwnersCommit = (change) => this.place.queue.change(async (head) => this.#signed(await change(this.#checked(head))));

  constructor(
    private readonly place: RunPlace,
    private readonly acquired: Acquired,
    readonly leaseMs: number,
  ) {
    this.epoch = acquired.epoch;
    this.#stamps = new Stamps(acquired.epoch);
  }

  get runId(): string {
    return this.place.runId;
  }

  async renew(): Promise<void> {
    await this.#commit((head) => ({ head, value: null }));
  }

  /**
   * Stores a checkpoint with three requests, and one more for each blob: documents, hint and blobs at the same time, then the head.
   * Throws also `CommitOutcomeUnknownError`, if the answer to the last of them is lost for good.
   */
  async put(record: CheckpointRecord): Promise<void> {
    const { runId, seq, id } = checkedRecord(record, this.runId);
    const entry = { seq, id, stamp: this.#nextStamp() };
    try {
      await this.#store(entry, record);
    } catch (error) {
      if (error instanceof CairnError && error.outcome === "not-applied")
        await removeCheckpoint(this.place, this.acquired.generation, entry);
      const isFault = error instanceof StoreUnavailableError || error instanceof CheckpointStorageError;
      throw isFault ? notWritten({ runId, seq, id }, this.place.bucket.location, error) : error;
    }
  }

  async beginJournal(seq: number): Promise<Journal> {
    if (!isSeq(seq)) {
      throw new InvalidIdError(
        `seq ${String(seq)} of a journal is not valid: expected that of a checkpoint, a whole number from 1 to 2^53 - 1.`,
      );
    }
    const stamp = this.#nextStamp();
    const old = await this.#commit((head) => ({
      head: { ...head, journal: { seq, stamp, segments: [], tail: [] } },
      value: head.journal?.segments ?? [],
    }));
    const { bucket, layout } = this.place;
    await quietly(() => inLanes(old, (segment) => bucket.delete(layout.object(this.acquired.generation, "journal", segment))));
    return new S3Journal(this.place, this.#commit, stamp, this.#nextStamp);
  }

  async countResume(position: string | null): Promise<number> {
    return this.#commit((head) => {
      const count = head.resumes?.position === position ? head.resumes.count + 1 : 1;
      const resumes = position === null ? null : { position, count };
      return { head: { ...head, resumes }, value: resumes?.count ?? 0 };
    });
  }

  async release(): Promise<void> {
    const { token } = this.acquired.owner;
    await this.place.queue.change((head) => ({ head: head.owner?.token === token ? { ...head, owner: null } : head, value: null }));
  }

  async #store(entry: Entry, record: CheckpointRecord): Promise<void> {
    const { place, acquired } = this;
    const blobs = new BlobUpload(place, acquired.generation, record.blobs, this.#nextStamp);
    const before = this.#checked(await place.queue.latest());
    const uploads = [
      () => place.bucket.put(place.layout.documents(acquired.generation, entry), wrap(CHECKPOINT_FILES.map((name) => record.files[name]))),
      () => place.bucket.put(place.layout.hint(entry), new Uint8Array()),
      () => blobs.follow(before),
    ];
    await inLanes(uploads, (upload) => upload());
    await this.#commit(async (head) => {
      const other = await place.index.at(head, entry.seq);
      if (other !== null) throw seqTaken(record, `checkpoint ${other.entry.id}`);
      await blobs.follow(head);
      return { head: blobs.named(await place.index.add(head, entry, this.#nextStamp)), value: null };
    });
  }

  /** The head, if it is still ours to change. */
  #checked(head: Head): Head {
    const { token } = this.acquired.owner;
    if (head.owner?.token === token) return head;
    const found = head.owner === null ? "that it has let go of the run, or the run deleted" : `an owner in epoch ${head.epoch}`;
    throw staleOwner(this.runId, this.epoch, found);
  }

  /** Whatever the owner does says that it is alive. */
  #signed<Value>({ head, value }: Changed<Value>): Changed<Value> {
    return { head: { ...head, owner: { ...this.acquired.owner, leaseUntil: leaseUntil(this.place.bucket.now(), this.leaseMs) } }, value };
  }
}
