import { CommitOutcomeUnknownError, StoreRolledBackError } from "../core/errors.js";
import type { Bucket } from "./bucket.js";
import { unavailable } from "./faults.js";
import { contains, type Head, NO_HEAD } from "./head.js";
import { decodeHead, encodeHead } from "./head-codec.js";
import { ATTEMPTS, pause, type S3Answer, type S3Loss } from "./transport.js";

/** A head as it was read, with the tag by which it is replaced; `null` if there is none. */
export interface StoredHead {
  readonly head: Head;
  readonly etag: string | null;
}

/** The head of one run in its bucket. */
export class HeadObject {
  constructor(
    private readonly bucket: Bucket,
    private readonly key: string,
    readonly runId: string,
  ) {}

  async read(): Promise<StoredHead> {
    const found = await this.bucket.get(this.key);
    return found === null ? { head: NO_HEAD, etag: null } : { head: decodeHead(found.bytes, this.runId), etag: found.etag };
  }

  /**
   * Replaces the head that was read by the next one; resolves to what is stored then, or to `null` if it was changed meanwhile: by
   * others, or by this very request, if something on its way has sent it twice. The same request is repeated if its answer is lost: it can be carried out only once. Throws
   * `CommitOutcomeUnknownError` if it cannot be told whether it was.
   */
  async replace(base: StoredHead, next: Head): Promise<StoredHead | null> {
    const bytes = encodeHead(next);
    let lost: S3Answer | S3Loss | null = null;
    for (let attempt = 1; ; attempt++) {
      const result = await this.#tryPut(bytes, base.etag, lost !== null);
      if (result.kind === "stored") return { head: next, etag: result.etag };
      if (result.kind === "changed") return lost === null ? null : this.#settle(base, next, null);
      if (result.kind === "lost") lost = result.reply;
      if (attempt === ATTEMPTS) {
        if (lost !== null) return this.#settle(base, next, lost);
        throw unavailable("writing to", this.bucket.location, result.reply, "not-applied");
      }
      await pause(attempt);
    }
  }

  /** A refusal says nothing of the attempts before it. */
  async #tryPut(bytes: Uint8Array, etag: string | null, isDoubtful: boolean) {
    try {
      return await this.bucket.tryPut(this.key, bytes, etag);
    } catch (error) {
      if (!isDoubtful) throw error;
      throw this.#unknown(error);
    }
  }

  /** Finds out whether a change whose answer was lost has been made. `lost` is that answer if the change could still be under way. */
  async #settle(base: StoredHead, next: Head, lost: S3Answer | S3Loss | null): Promise<StoredHead | null> {
    const found = await this.read().catch((error: unknown) => {
      throw this.#unknown(error);
    });
    const isContained = contains(found.head, next);
    if (isContained === true) return found;
    if (found.head.revision < base.head.revision)
      throw rolledBack(this.runId, this.bucket.location, found.head.revision, base.head.revision);
    const isUnderWay = lost !== null && found.head.revision === base.head.revision;
    if (isContained === "unknown" || isUnderWay) throw this.#unknown(lost?.kind === "loss" ? lost.cause : undefined);
    return null;
  }

  #unknown(cause: unknown): CommitOutcomeUnknownError {
    return new CommitOutcomeUnknownError(
      `the answer to a commit of run ${this.runId} to ${this.bucket.location} was lost, and asking again did not tell whether it was applied: expected an answer; list the run once the server can be reached.`,
      { runId: this.runId, outcome: "unknown", cause },
    );
  }
}

/** Says that a server has forgotten changes. */
export function rolledBack(runId: string, location: string, found: number, expected: number): StoreRolledBackError {
  return new StoreRolledBackError(
    `run ${runId} in ${location} was set back: found change ${found}, expected ${expected} or a later one; see who restored or emptied the bucket, and resume from what is there.`,
    { runId },
  );
}
