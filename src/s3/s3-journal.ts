import type { Journal } from "../core/journal.js";
import { wrap } from "./envelope.js";
import type { Head, HeadJournal } from "./head.js";
import type { Changed } from "./head-queue.js";
import type { RunPlace } from "./run-place.js";

/** How many bytes of steps stand in the head before they are moved to an object of their own. */
const TAIL_BYTES = 32_768;

/** Changes the head as long as the run is owned. */
export type OwnersCommit = <Value>(change: (head: Head) => Changed<Value> | Promise<Changed<Value>>) => Promise<Value>;

/**
 * The steps of a run since a checkpoint. A step is one request, which replaces the head that holds the last steps; steps that do
 * not wait for each other share one.
 */
export class S3Journal implements Journal {
  #broken: unknown = null;

  constructor(
    private readonly place: RunPlace,
    private readonly commit: OwnersCommit,
    private readonly stamp: string,
    private readonly nextStamp: () => string,
  ) {}

  async append(record: Uint8Array): Promise<void> {
    const bytes = new Uint8Array(record);
    await this.#whole(() => this.commit((head) => this.#whole(() => this.#append(head, bytes))));
  }

  async close(): Promise<void> {}

  /**
   * After a failure nothing more is appended: a later record must not stand in the place of one that is missing, even if they are
   * stored together.
   */
  async #whole<Value>(action: () => Promise<Value>): Promise<Value> {
    if (this.#broken !== null) throw this.#broken;
    try {
      return await action();
    } catch (error) {
      this.#broken = error;
      throw error;
    }
  }

  async #append(head: Head, record: Uint8Array): Promise<Changed<null>> {
    const { journal } = head;
    // As if it had been appended before the next journal began, which forgets this one.
    if (journal?.stamp !== this.stamp) return { head, value: null };
    return { head: { ...head, journal: await this.#with(head, journal, record) }, value: null };
  }

  async #with(head: Head, journal: HeadJournal, record: Uint8Array): Promise<HeadJournal> {
    const tail = journal.tail.map((text) => Buffer.from(text, "base64"));
    const bytes = tail.reduce((sum, { length }) => sum + length, record.length);
    if (bytes <= TAIL_BYTES) return { ...journal, tail: [...journal.tail, Buffer.from(record).toString("base64")] };
    const segment = this.nextStamp();
    await this.place.bucket.put(this.place.layout.object(head.generation ?? "", "journal", segment), wrap([...tail, record]));
    return { ...journal, segments: [...journal.segments, segment], tail: [] };
  }
}
