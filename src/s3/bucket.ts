import { UnsafeStoreError } from "../core/errors.js";
import { refused, unavailable } from "./faults.js";
import { isTransient, type S3Answer, type S3Loss, type S3Request, type Transport } from "./transport.js";
import { parseListPage } from "./xml.js";

/** An object as it was read. */
export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** What became of one conditional write: `changed` and `busy` have not been applied, `lost` may have been. */
export type ConditionalReply =
  | { readonly kind: "stored"; readonly etag: string }
  | { readonly kind: "changed" }
  | { readonly kind: "busy" | "lost"; readonly reply: S3Answer | S3Loss };

/** The objects of one bucket. Throws `CheckpointStorageError` for what is refused, `StoreUnavailableError` for what is not answered. */
export class Bucket {
  constructor(
    private readonly transport: Transport,
    readonly location: string,
  ) {}

  /** The server's time in milliseconds since 1970, by its last answer. */
  now(): number {
    const now = this.transport.now();
    if (now !== null) return now;
    throw unsafe(this.location, "answers without the time", "a header `Date`, by which leases are judged");
  }

  async get(key: string): Promise<StoredObject | null> {
    const answer = await this.#send({ method: "GET", key }, "reading from");
    if (answer.status === 404 && answer.code !== "NoSuchBucket") return null;
    if (answer.status !== 200) throw refused("reading from", this.location, answer);
    return { bytes: answer.body, etag: this.#etagOf(answer) };
  }

  async has(key: string): Promise<boolean> {
    const answer = await this.#send({ method: "HEAD", key }, "reading from");
    if (answer.status === 404) return false;
    if (answer.status !== 200) throw refused("reading from", this.location, answer);
    return true;
  }

  /** Writes an object whose key tells its content, or that nobody else writes: it may be written twice. */
  async put(key: string, body: Uint8Array): Promise<void> {
    const answer = await this.#send({ method: "PUT", key, body }, "writing to");
    if (answer.status !== 200) throw refused("writing to", this.location, answer);
  }

  /** Tries once to replace an object that has this tag, or to create one if the tag is `null`. */
  async tryPut(key: string, body: Uint8Array, etag: string | null): Promise<ConditionalReply> {
    const headers: Record<string, string> = etag === null ? { "if-none-match": "*" } : { "if-match": etag };
    const reply = await this.transport.attempt({ method: "PUT", key, body, headers });
    if (reply.kind === "loss") return { kind: "lost", reply };
    if (reply.status === 200) return { kind: "stored", etag: this.#etagOf(reply) };
    if (reply.status === 412 || (reply.status === 404 && reply.code === "NoSuchKey")) return { kind: "changed" };
    if (reply.status === 409 || reply.status === 429) return { kind: "busy", reply };
    if (reply.status === 501) throw unsafe(this.location, "does not know conditional writes", "If-Match and If-None-Match for PUT");
    if (isTransient(reply)) return { kind: "lost", reply };
    throw refused("writing to", this.location, reply);
  }

  /** Resolves to whether that was all: after a lost answer, the same request may be carried out once more. */
  async delete(key: string): Promise<boolean> {
    const answer = await this.#send({ method: "DELETE", key }, "deleting from");
    const isGone = answer.status === 404 && answer.code !== "NoSuchBucket";
    if (answer.status !== 204 && answer.status !== 200 && !isGone) throw refused("deleting from", this.location, answer);
    return !answer.afterLoss;
  }

  /** All keys that start with a prefix, in no order; with a delimiter those before it, once each. */
  async list(prefix: string, delimiter: "/" | null = null): Promise<string[]> {
    const found: string[] = [];
    const query: Record<string, string> = { "list-type": "2", "encoding-type": "url", prefix, ...(delimiter && { delimiter }) };
    for (let next: string | null = ""; next !== null; ) {
      const answer = await this.#send(
        { method: "GET", key: "", query: next === "" ? query : { ...query, "continuation-token": next } },
        "listing",
      );
      if (answer.status !== 200) throw refused("listing", this.location, answer);
      const page = parseListPage(new TextDecoder().decode(answer.body));
      if (page === null) throw unsafe(this.location, "gives a listing that cannot be read", "an answer to ListObjectsV2");
      found.push(...(delimiter === null ? page.keys : page.prefixes));
      next = page.next;
    }
    return found;
  }

  async #send(request: S3Request, what: string): Promise<S3Answer> {
    const reply = await this.transport.send(request);
    if (reply.kind === "answer" && !isTransient(reply)) return reply;
    // What is written here has no effect until a head names it.
    throw unavailable(what, this.location, reply, request.method === "DELETE" ? "unknown" : "not-applied");
  }

  #etagOf({ headers }: S3Answer): string {
    const etag = headers.get("etag");
    if (etag !== null && etag !== "") return etag;
    throw unsafe(this.location, "answers without a tag", "a header `ETag` for each object");
  }
}

/** Says that a server cannot be trusted with checkpoints. */
export function unsafe(location: string, found: string, expected: string): UnsafeStoreError {
  return new UnsafeStoreError(
    `the server of ${location} ${found}: expected ${expected}; without it, checkpoints could be lost: use a server that supports conditional writes.`,
  );
}
