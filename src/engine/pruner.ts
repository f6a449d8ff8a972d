import type { CheckpointStore } from "../core/checkpoint.js";
import type { KeepPolicy } from "../core/checkpoint-policy.js";
import { toErrorRecord } from "../core/error-record.js";
import type { Keepable } from "../core/retention.js";
import type { RunEventHub } from "./events.js";
import { RetentionBook, readStored } from "./retention-book.js";
import { removeUnused } from "./unused-blobs.js";

/** Prunes the checkpoints of one run while it runs. It reads what is stored once, and keeps the list from then on. */
export class Pruner {
  #book: RetentionBook | null = null;
  /** Whether it is known which blobs are needed. */
  #complete = false;
  /** Blobs to remove. */
  readonly #garbage = new Set<string>();

  constructor(
    private readonly store: CheckpointStore,
    private readonly keep: KeepPolicy,
    private readonly runId: string,
    private readonly events: RunEventHub,
    private readonly sha256: (data: string | Uint8Array) => string,
  ) {}

  /** A checkpoint has been stored: removes those that need not be kept any more. A failure is a warning, and is made good the next time. */
  async stored(checkpoint: Keepable): Promise<void> {
    const pruned: string[] = [];
    try {
      if (this.#book === null) this.#book = await this.#read();
      else this.#book.add(checkpoint);
      await this.#prune(this.#book, pruned);
      await this.#collect(this.#book);
    } catch (error) {
      const { name, message } = toErrorRecord(error);
      this.#warn(`found ${name}: ${message}; the run goes on and tries again after its next checkpoint`);
    }
    if (pruned.length > 0) this.events.emit("checkpointPruned", { runId: this.runId, checkpointIds: pruned });
  }

  #warn(why: string): void {
    const message = `checkpoints of run ${this.runId} could not all be pruned: ${why}.`;
    this.events.emit("warning", { runId: this.runId, code: "PRUNE_FAILED", message });
  }

  async #read(): Promise<RetentionBook> {
    const { checkpoints, complete } = await readStored(this.store, this.runId, this.sha256);
    const book = new RetentionBook(this.keep, checkpoints);
    this.#complete = complete;
    // What a killed writer or prune has left behind.
    if (complete) {
      const left = (await this.store.blobs(this.runId)).filter((digest) => !book.names(digest));
      await removeUnused(this.store, this.runId, left, this.sha256);
    } else {
      this.#warn("a checkpoint of it is damaged, so that the blobs of those that are pruned are left; delete what is damaged");
    }
    return book;
  }

  async #prune(book: RetentionBook, pruned: string[]): Promise<void> {
    // Without pins first: mostly there is nothing to do, and then nothing needs to be read.
    if (book.ruledOut(NONE).length === 0 && book.tooMuch(NONE) === null) return;
    const pins = new Set(await this.store.pins(this.runId));
    for (const entry of book.ruledOut(pins)) await this.#remove(book, entry, pins, pruned);
    for (let entry = book.tooMuch(pins); entry !== null; entry = book.tooMuch(pins)) await this.#remove(book, entry, pins, pruned);
  }

  async #remove(book: RetentionBook, entry: Keepable, pins: Set<string>, pruned: string[]): Promise<void> {
    if (await this.store.delete(entry)) pruned.push(entry.id);
    else if ((await this.store.pins(this.runId)).includes(entry.id)) {
      pins.add(entry.id);
      return;
    }
    const freed = book.drop(entry);
    if (this.#complete) for (const digest of freed) this.#garbage.add(digest);
  }

  async #collect(book: RetentionBook): Promise<void> {
    for (const digest of this.#garbage) {
      if (!book.names(digest)) await this.store.deleteBlob(this.runId, digest);
      this.#garbage.delete(digest);
    }
  }
}

const NONE: ReadonlySet<string> = new Set();
