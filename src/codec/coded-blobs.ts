import type { CheckpointStore } from "../core/checkpoint.js";
import { checkedDigest } from "../core/store-checks.js";
import type { StoredPlace } from "../core/store-codec.js";
import type { Coder } from "./coder.js";

/** The blobs of a store, encoded, and under the names that the codec gives them. */
export class CodedBlobs {
  constructor(
    private readonly store: CheckpointStore,
    private readonly coder: Coder,
  ) {}

  /** Blobs as they are given to the store. */
  async encode(runId: string, blobs: ReadonlyMap<string, Uint8Array>): Promise<Map<string, Uint8Array>> {
    const encode = async ([digest, bytes]: readonly [string, Uint8Array]): Promise<readonly [string, Uint8Array]> => [
      this.#names(runId, digest)[0] as string,
      await this.coder.encode(bytes, placeOf(runId, digest)),
    ];
    return new Map(await Promise.all([...blobs].map(encode)));
  }

  async read(runId: string, digest: string): Promise<Uint8Array | null> {
    for (const name of this.#names(runId, checkedDigest(digest))) {
      const bytes = await this.store.readBlob(runId, name);
      if (bytes !== null) return this.coder.decode(bytes, placeOf(runId, digest));
    }
    return null;
  }

  async list(runId: string): Promise<readonly string[]> {
    const names = await this.store.blobs(runId);
    if (this.coder.codec.blobNaming === undefined) return names;
    const digests = new Set<string>();
    for (const name of names) {
      const digest = await this.#digestOf(runId, name);
      if (digest !== null) digests.add(digest);
    }
    return [...digests].sort();
  }

  async delete(runId: string, digest: string, isUnused?: () => Promise<boolean>): Promise<boolean> {
    checkedDigest(digest);
    if (this.coder.codec.blobNaming === undefined) return this.store.deleteBlob(runId, digest, isUnused);
    const held: string[] = [];
    for (const name of this.#names(runId, digest)) if (await this.#holds(runId, name, digest)) held.push(name);
    return held.length > 0 && this.#remove(runId, held, isUnused);
  }

  #names(runId: string, digest: string): readonly string[] {
    return this.coder.codec.blobNaming?.names(runId, digest) ?? [digest];
  }

  /** A name tells its digest only to who knows which key it was made with: with several, the content has to tell. */
  async #digestOf(runId: string, name: string): Promise<string | null> {
    const digests = this.coder.codec.blobNaming?.digests(runId, name) ?? [name];
    if (digests.length === 1) return digests[0] as string;
    for (const digest of digests) if (await this.#holds(runId, name, digest)) return digest;
    return null;
  }

  /**
   * Whether a name stands for this very blob. One that was written with a key that is not given any more has the name of some
   * other digest, which no checkpoint names: it must not be taken for garbage.
   */
  async #holds(runId: string, name: string, digest: string): Promise<boolean> {
    const bytes = await this.store.readBlob(runId, name);
    return bytes !== null && this.coder.fits(bytes, placeOf(runId, digest));
  }

  /** Removes a blob under all its names: whoever asks whether it is unused must find it under none. */
  #remove(runId: string, [name, ...others]: readonly string[], isUnused?: () => Promise<boolean>): Promise<boolean> {
    const isRest = others.length > 0;
    return this.store.deleteBlob(runId, name as string, isRest ? () => this.#remove(runId, others, isUnused) : isUnused);
  }
}

const placeOf = (runId: string, digest: string): StoredPlace => ({ runId, seq: 0, part: "blob", id: digest });
